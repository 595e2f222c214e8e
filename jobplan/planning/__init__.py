"""Stage 9: the dry run.

In: a job, an inventory, the time, server settings. Out: a `Plan` whose response is what the server would answer.

    procedure.py    the steps in their order: admission, snapshot, scheduler, diff, periodic launch
    scheduling.py   reconciliation and placement for one evaluation
    annotate.py     the fate of groups and tasks, written into the diff
    response.py     the result
    following.py    the inventory after a plan, for planning further jobs on top
    many.py         many jobs, each on its own, over several processes

Nothing is persisted, nothing here decides what a stage above decides. spec: plan §2, §3, §5
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jobplan.planning.procedure import plan
from jobplan.planning.response import Plan

if TYPE_CHECKING:
    from jobplan.planning.many import Planned, plan_many

__all__ = ["Plan", "Planned", "plan", "plan_many"]


def __getattr__(name: str) -> Any:
    """What needs process pools is imported on use."""
    if name not in ("Planned", "plan_many"):
        raise AttributeError(f"module 'jobplan.planning' has no attribute {name!r}")
    return getattr(importlib.import_module("jobplan.planning.many"), name)
