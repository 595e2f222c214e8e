"""Garbage collection. spec: api §5.11"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobplan.registry import Registry
from jobplan.registry import records as rec

Job = Callable[..., dict[str, Any]]
HOURS = 3600


def finish(registry: Registry, status: str = "complete") -> None:
    registry.report([(item, {"ClientStatus": status}) for item in registry.state.tables[rec.ALLOCATIONS].values()])


def names(registry: Registry) -> list[str]:
    return sorted(key[1] for key in registry.state.tables[rec.JOBS])


def test_a_finished_batch_job_goes_after_four_hours(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(job("once", Type="batch"))
    registry.register(job("server"))
    finish(registry)
    clock.forward(3.9 * HOURS)
    registry.collect_garbage()
    assert names(registry) == ["once", "server"]
    clock.forward(0.2 * HOURS)
    registry.collect_garbage()
    # A dead service that nobody has stopped stays for ever.
    assert names(registry) == ["server"]
    assert registry.state.get(rec.JOBS, "default", "server").job.status in ("dead", "pending", "running")


def test_a_tagged_version_keeps_the_job(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(job("once", Type="batch"))
    registry.tag("default", "once", "keep")
    finish(registry)
    clock.forward(9 * HOURS)
    registry.collect_garbage(forced=True)
    assert names(registry) == ["once"]


def test_what_is_at_work_stays(registry: Registry, job: Job) -> None:
    registry.register(job("once", Type="batch"))
    registry.collect_garbage(forced=True)
    assert names(registry) == ["once"]
    assert len(registry.inventory().allocations) == 1


def test_old_evaluations_go_with_their_allocations(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(job("server", group={"Update": {"MaxParallel": 0}}))
    registry.register(job("server", image="shop:2", group={"Update": {"MaxParallel": 0}}))
    stopped = [item for item in registry.state.tables[rec.ALLOCATIONS].values() if item.desired_status == "stop"]
    registry.report([(item, {"ClientStatus": "complete"}) for item in stopped])
    clock.forward(1.1 * HOURS)
    removed = registry.collect_garbage()
    assert (removed["allocations"], removed["jobs"]) == (1, 0)
    assert len(registry.state.tables[rec.SPECS]) == 1
    assert registry.state.get(rec.JOBS, "default", "server").job.status == "running"
