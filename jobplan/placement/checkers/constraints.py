"""Job, group and task constraints. spec: placement §5.1"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.constraints import first_failure

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.reasons import Reason
    from jobplan.placement.trial import Trial


def job_constraints(trial: Trial, node: Node) -> Reason | None:
    """spec: placement §5.1, stage 1"""
    failed = first_failure(trial.ask.job_conditions, node)
    return None if failed is None else failed.reason(node)


def group_constraints(trial: Trial, node: Node) -> Reason | None:
    """Constraints of the group, then of each task. spec: placement §5.1, stage 3"""
    failed = first_failure(trial.ask.group_conditions, node)
    return None if failed is None else failed.reason(node)
