"""Many jobs, each planned on its own against one cluster, over several processes.

A `Plan` holds the whole cluster and what every stage found out; sending that back from another process would cost
more than planning. So the result of each job is a `Planned`: the response and the plain values that renderers take.

Worker processes are started afresh, not forked: a fork of a process with threads, as servers are, may hang. A script
that calls `plan_many` therefore needs the usual `if __name__ == "__main__":` around its work.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import multiprocessing
import pickle
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from jobplan.errors import JobplanError, PlanError
from jobplan.inventory import Inventory
from jobplan.planning.procedure import cluster_under, moment_of, plan
from jobplan.values.exitcode import exit_code

if TYPE_CHECKING:
    from jobplan.canonical import JobLike
    from jobplan.model import ServerConfig

Api = dict[str, Any]

JOBS_PER_PROCESS = 500
"""A process more pays for itself only from about so many jobs on: it takes most of a second to start, a plan against
500 nodes one or two milliseconds."""
_ROUNDS = 4
"""Portions per process, so that one with hard jobs does not keep the others waiting."""


@dataclasses.dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one job as plain values, or the error that stands in its place; can be pickled.

    `response`: the plan response; `job_api`: the submitted API job; `stored_api`: the registered job (None: a new
    one); `now`: the time of the plan. With an `error` the response is None.
    """

    response: Api | None
    job_api: Api
    stored_api: Api | None
    now: dt.datetime
    error: JobplanError | None = None

    def to_api(self) -> Api:
        """The plan response. Raises the error of a job that has none."""
        if self.error is not None:
            raise self.error
        assert self.response is not None
        return self.response

    @property
    def exit_code(self) -> int:
        """Nomad's exit code: 0 no allocations created or destroyed, 1 some, 255 an error. spec: plan §7.1"""
        return self.error.exit_code if self.error is not None else exit_code(self.to_api())


@dataclasses.dataclass(frozen=True, slots=True)
class _World:
    """What all jobs are planned against."""

    inventory: Inventory
    diff: bool
    now: dt.datetime
    config: ServerConfig | None


def plan_many(
    jobs: Iterable[JobLike],
    inventory: Inventory | None = None,
    *,
    diff: bool = True,
    now: dt.datetime | None = None,
    config: ServerConfig | None = None,
    processes: int | None = None,
) -> list[Planned]:
    """Plan each job as if it were the only change; results in the order of the jobs.

    The arguments are those of `plan`; all jobs are planned at the same time `now`. `processes`: how many to use at
    most (default: one a processor; few jobs are planned in this process, as with 1). An error of one job does not
    disturb the others: it is found in `Planned.error`. Raises PlanError when a worker process dies.
    """
    every = list(jobs)
    cluster = cluster_under(inventory)
    world = _World(cluster, diff, moment_of(now, cluster), config)
    count = _processes(len(every), processes)
    if count <= 1:
        return _plan_all(world, every)
    portions = _portions(every, count * _ROUNDS)
    context = multiprocessing.get_context(_start_method())
    try:
        with ProcessPoolExecutor(count, context, _begin, (pickle.dumps(world),)) as pool:
            return [planned for portion in pool.map(_work, portions) for planned in portion]
    except BrokenProcessPool as error:
        raise PlanError(f"a worker process died: {error}") from None


def _processes(jobs: int, asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise PlanError(f"`processes` must be at least 1, not {asked}")
    most = multiprocessing.cpu_count() if asked is None else asked
    wanted = -(-jobs // JOBS_PER_PROCESS) if asked is None else jobs
    return min(most, wanted)


def _start_method() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _portions(items: Sequence[JobLike], count: int) -> list[list[JobLike]]:
    size = max(-(-len(items) // count), 1)
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _plan_all(world: _World, jobs: Iterable[JobLike]) -> list[Planned]:
    return [_plan_one(world, job) for job in jobs]


def _plan_one(world: _World, job: JobLike) -> Planned:
    try:
        made = plan(job, world.inventory, diff=world.diff, now=world.now, config=world.config)
    except JobplanError as error:
        return Planned(None, job if isinstance(job, dict) else job.to_api(), None, world.now, error)
    stored = None if made.stored is None else made.stored.to_api()
    return Planned(made.response, made.job_api, stored, made.now)


# ---- in a worker process ---------------------------------------------------------------------------------------------

_world: _World | None = None
"""Set once when a worker starts, never in the caller's process."""


def _begin(pickled: bytes) -> None:
    global _world
    _world = pickle.loads(pickled)


def _work(jobs: list[JobLike]) -> list[Planned]:
    assert _world is not None
    return _plan_all(_world, jobs)
