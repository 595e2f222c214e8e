"""The result of a dry run. spec: plan §3, §7.1"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any, NoReturn

from jobplan.admission.pipeline import Finding
from jobplan.model.job import Job
from jobplan.values.exitcode import exit_code

if TYPE_CHECKING:
    from jobplan.explain.report import Explanation
    from jobplan.inventory import Inventory
    from jobplan.placement.run import Run as SchedulerRun
    from jobplan.planning.procedure import Run

Api = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a job change will do.

    `response` is the plan response; `job` the planned job, `stored` the registered one (None: a new job), `job_api`
    the submitted API job; `now` the time of the plan. `run` keeps what the stages found out, for `explain` and for
    planning further jobs on top. For that it cannot be pickled or copied; `Planned`, which `plan_many` gives, can.
    """

    response: Api
    job: Job
    stored: Job | None
    job_api: Api
    now: dt.datetime
    inventory: Inventory
    run: Run
    findings: tuple[Finding, ...] = ()
    """The server's warnings, for machines."""

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Plan holds the state of a scheduler: send plan.to_api(), or the results of plan_many, instead"
        )

    def to_api(self) -> Api:
        """The plan response, as `PUT /v1/job/:id/plan` answers. spec: plan §3"""
        return self.response

    @property
    def exit_code(self) -> int:
        """Nomad's exit code: 1 when allocations are created or destroyed, else 0."""
        return exit_code(self.response)

    @property
    def scheduler_run(self) -> SchedulerRun:
        """State of the scheduler's run after placement."""
        return self.run.evaluated.run

    def explain(self) -> Explanation:
        """Why the plan is as it is: causes, hidden changes, why groups do not fit, headroom, rollout, utilisation."""
        from jobplan.explain.report import explain

        return explain(self)

    def after(self) -> Inventory:
        """The inventory once the plan is carried out, for planning further jobs on top."""
        from jobplan.planning.following import after

        return after(self)
