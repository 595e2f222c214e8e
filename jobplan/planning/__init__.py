"""Stage 9: the dry run.

In: a job, an inventory, the time, server settings. Out: a `Plan` whose response is what the server would answer.

    procedure.py    the steps in their order: admission, snapshot, scheduler, diff, periodic launch
    scheduling.py   reconciliation and placement for one evaluation
    annotate.py     the fate of groups and tasks, written into the diff
    response.py     the result
    following.py    the inventory after a plan, for planning further jobs on top

Nothing is persisted, nothing here decides what a stage above decides. spec: plan §2, §3, §5
"""

from __future__ import annotations

from jobplan.planning.procedure import plan
from jobplan.planning.response import Plan

__all__ = ["Plan", "plan"]
