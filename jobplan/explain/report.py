"""All explanations of one plan together: what `Plan.explain()` gives."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

from jobplan.explain.causes import Cause, causes
from jobplan.explain.headroom import Headroom, headroom
from jobplan.explain.hidden import Hidden, hidden_changes
from jobplan.explain.rollout import GroupRollout, forecast_rollout
from jobplan.explain.utilisation import Use, utilisation
from jobplan.explain.whynot import WhyNot, why_not

if TYPE_CHECKING:
    from jobplan.model.job import Job
    from jobplan.placement.run import Run

Api = dict[str, Any]


class Planned(Protocol):
    """What is explained: a `jobplan.planning.Plan`."""

    @property
    def response(self) -> Api: ...
    @property
    def job(self) -> Job: ...
    @property
    def stored(self) -> Job | None: ...
    @property
    def scheduler_run(self) -> Run: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Explanation:
    """Why a plan is as it is.

    `causes`: per group, what happens and because of which fields; `hidden`: changes that the JobDiff does not show;
    `why_not`: per group that does not fit, the node × check matrix; `headroom`: per group, how many more would fit;
    `rollout`: forecasts; `utilisation`: cluster resources before and after.
    """

    causes: tuple[Cause, ...]
    hidden: tuple[Hidden, ...]
    why_not: tuple[WhyNot, ...]
    headroom: tuple[Headroom, ...]
    rollout: tuple[GroupRollout, ...]
    utilisation: tuple[Use, ...]

    def to_api(self) -> Api:
        """Plain values, one key per part."""
        return {
            "Causes": [item.to_api() for item in self.causes],
            "Hidden": [item.to_api() for item in self.hidden],
            "WhyNot": [item.to_api() for item in self.why_not],
            "Headroom": [item.to_api() for item in self.headroom],
            "Rollout": [item.to_api() for item in self.rollout],
            "Utilisation": [item.to_api() for item in self.utilisation],
        }


def explain(plan: Planned, *, with_headroom: bool = True) -> Explanation:
    """Everything that can be told about a plan; `with_headroom=False` leaves out the costly part."""
    run = plan.scheduler_run
    failed = plan.response["FailedTGAllocs"] or {}
    groups = [group.name for group in plan.job.task_groups or ()] if run.inventory.nodes and not plan.job.stop else []
    return Explanation(
        causes(plan.stored, plan.job, plan.response),
        hidden_changes(plan.stored, plan.job),
        tuple(why_not(run, name, 1 + (metric["CoalescedFailures"] or 0)) for name, metric in failed.items()),
        tuple(headroom(run, name) for name in groups) if with_headroom else (),
        forecast_rollout(plan.response, plan.job.to_api()),
        utilisation(run),
    )
