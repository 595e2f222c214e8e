"""A registry with a clock that stands still until it is moved, and small jobs of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobplan.registry import Registry
from jobplan.testing.factories import node

START = 1_800_000_000_000_000_000
SECOND = 1_000_000_000


class Clock:
    """Nanoseconds; every look moves it by one microsecond."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 1000
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


def job(name: str = "shop", *, image: str = "shop:1", count: int = 1, **overrides: Any) -> dict[str, Any]:
    """A job of one group and one task; `group` and `task` override keys inside."""
    group, task = overrides.pop("group", {}), overrides.pop("task", {})
    resources = {"CPU": 100, "MemoryMB": 64}
    tasks = [{"Name": "server", "Driver": "docker", "Config": {"image": image}, "Resources": resources, **task}]
    return {
        "ID": name,
        "Name": name,
        "Type": "service",
        "Datacenters": ["dc1"],
        "TaskGroups": [{"Name": "web", "Count": count, "Tasks": tasks, **group}],
        **overrides,
    }


PLAIN = {"Update": {"MaxParallel": 0}}
"""A group without deployments."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> Registry:
    """One node, nothing registered."""
    made = Registry(clock=clock)
    made.add_nodes([node("one")])
    return made


@pytest.fixture(name="job")
def _job() -> Callable[..., dict[str, Any]]:
    return job
