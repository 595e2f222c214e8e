"""The result of a dry run. spec: plan §3, §7.1"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from jobplan.model.job import Job
from jobplan.values.exitcode import exit_code

if TYPE_CHECKING:
    from jobplan.inventory import Inventory
    from jobplan.planning.procedure import Run

Api = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a job change will do.

    `response` is the plan response; `job` the planned job, `stored` the registered one (None: a new job), `job_api`
    the submitted API job; `now` the time of the plan. `run` keeps what the stages found out, for `explain` and for
    planning further jobs on top.
    """

    response: Api
    job: Job
    stored: Job | None
    job_api: Api
    now: dt.datetime
    inventory: Inventory
    run: Run

    def to_api(self) -> Api:
        """The plan response, as `PUT /v1/job/:id/plan` answers. spec: plan §3"""
        return self.response

    @property
    def exit_code(self) -> int:
        """Nomad's exit code: 1 when allocations are created or destroyed, else 0."""
        return exit_code(self.response)
