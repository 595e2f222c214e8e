"""The thread that does by itself what is due."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.runner import LONGEST_SLEEP, Runner
from jobplan.testing.factories import node

Job = Callable[..., dict[str, Any]]


def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_it_launches_and_retries_by_itself(registry: Registry, job: Job, clock: Any) -> None:
    runner = Runner(registry)
    runner.start()
    try:
        registry.register(job("nightly", Type="batch", Periodic={"Enabled": True, "Spec": "*/10 * * * *"}))
        large = {"Resources": {"CPU": 7000, "MemoryMB": 64}}
        registry.register(job("large", count=2, group={"Update": {"MaxParallel": 0}}, task=large))
        clock.forward(600)
        registry.add_nodes([node("two"), node("three")])
        until(lambda: len(registry.state.listed(rec.JOBS, "default", "nightly")) == 1)
        until(lambda: len(registry.state.listed(rec.ALLOCATIONS, "default", "large")) == 2)
    finally:
        runner.stop()
    assert runner._thread is not None
    assert not runner._thread.is_alive()


def test_it_sleeps_until_the_next_thing_is_due(registry: Registry, job: Job, clock: Any) -> None:
    runner = Runner(registry)
    assert runner.sleep() == LONGEST_SLEEP
    registry.register(job("soon", Type="batch", Periodic={"Enabled": True, "Spec": "* * * * *"}))
    clock.forward(30)
    assert runner.sleep() < LONGEST_SLEEP / 2
    runner.stop()


def test_a_failure_does_not_end_it(registry: Registry, job: Job, clock: Any, monkeypatch: Any) -> None:
    calls = []

    def broken() -> None:
        calls.append(1)
        raise ZeroDivisionError

    monkeypatch.setattr(registry, "run_due", broken)
    runner = Runner(registry)
    runner.start()
    try:
        until(lambda: len(calls) == 1)
        registry.register(job())
        until(lambda: len(calls) >= 2)
    finally:
        runner.stop()
