"""Laws over random sequences of requests."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobplan.errors import JobplanError
from jobplan.inventory import Inventory
from jobplan.registry import Dispatch, Registry, Scaling
from jobplan.registry import records as rec
from jobplan.registry.store import MemoryStore
from jobplan.testing.factories import node

NAMES = st.sampled_from(["a", "b", "A"])
CLIENT = st.sampled_from(["running", "running", "failed", "complete", "lost", "unknown", "pending"])


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, Any]:
    """Small jobs of every type, with rollouts, canaries, preemption and too much to ask."""
    kind = draw(st.sampled_from(["service", "service", "batch", "system", "sysbatch"]))
    resources = {"CPU": draw(st.sampled_from([100, 2500])), "MemoryMB": 64}
    task = {"Name": "t", "Driver": "docker", "Config": {"image": draw(st.sampled_from("12"))}, "Resources": resources}
    group: dict[str, Any] = {
        "Name": draw(st.sampled_from(["g", "h"])),
        "Count": draw(st.integers(0, 3)),
        "Tasks": [task],
    }
    if kind in ("service", "system"):
        canaries = draw(st.sampled_from([0, 0, 1])) if kind == "service" else 0
        deadline = draw(st.sampled_from([0, 600 * 10**9]))
        group["Update"] = {
            "MaxParallel": draw(st.integers(0, 2)),
            "Canary": canaries,
            "AutoPromote": canaries > 0 and draw(st.booleans()),
            "AutoRevert": draw(st.booleans()),
            "ProgressDeadline": deadline,
        }
    job = {"ID": draw(NAMES), "Type": kind, "Datacenters": ["dc1"], "Priority": draw(st.sampled_from([10, 90]))}
    if kind == "batch" and draw(st.booleans()):
        job["ParameterizedJob"] = {}
    return {**job, "TaskGroups": [group]}


def _report(registry: Registry, place: int, status: str) -> None:
    allocations = list(registry.state.tables[rec.ALLOCATIONS].values())
    if allocations:
        chosen = allocations[place % len(allocations)]
        update: dict[str, Any] = {"ClientStatus": status}
        if chosen.deployment_id:
            update["DeploymentStatus"] = {"Healthy": status == "running", "Timestamp": "2027-01-15T08:00:00Z"}
        registry.report([(chosen, update)])


Step = Callable[[Registry], Any]
REGISTER: st.SearchStrategy[Step] = jobs().map(lambda job: lambda registry: registry.register(job))
REPORT: st.SearchStrategy[Step] = st.tuples(st.integers(0, 50), CLIENT).map(
    lambda given: lambda registry: _report(registry, *given)
)
ONE_JOB: st.SearchStrategy[Step] = st.tuples(st.integers(0, 8), NAMES, st.integers(0, 3)).map(
    lambda given: lambda registry: CHANGES[given[0] % len(CHANGES)](registry, given[1], given[2])
)
CHANGES: tuple[Callable[[Registry, str, int], Any], ...] = (
    lambda registry, name, number: registry.stop("default", name, purge=number == 0),
    lambda registry, name, number: registry.revert("default", name, number),
    lambda registry, name, number: registry.scale("default", name, Scaling("g", number)),
    lambda registry, name, number: registry.evaluate("default", name, forced=number > 1),
    lambda registry, name, number: registry.set_stability("default", name, number, True),
    lambda registry, name, number: registry.tag("default", name, "x", version=number),
    lambda registry, name, number: registry.dispatch("default", name, Dispatch()),
    lambda registry, name, number: registry.collect_garbage(forced=True),
    lambda registry, name, number: registry.retry_blocked(),
)
STEPS = st.lists(st.one_of(REGISTER, REPORT, ONE_JOB), max_size=25)


def seen(inventory: Inventory) -> dict[str, Any]:
    """All that the engine can see, as plain values."""
    return {
        "jobs": {key: dict(item.api) for key, item in inventory.jobs.items()},
        "old": {key: [dict(item.api) for item in items] for key, items in inventory.old_versions.items() if items},
        "allocations": {key: dict(item.api) for key, item in inventory.allocations.items()},
        "by_job": {key: [item.id for item in items] for key, items in inventory.by_job.items() if items},
        "by_node": {key: [item.id for item in items] for key, items in inventory.by_node.items() if items},
        "deployments": {
            key: [dict(item.api) for item in items] for key, items in inventory.deployments.items() if items
        },
        "nodes": list(inventory.nodes),
        "order": [list(inventory.jobs), list(inventory.allocations)],
    }


class Remembering(MemoryStore):
    """Keeps what was written, as the records themselves."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Any, Any]] = {table: {} for table in rec.TABLES}

    def write(self, changed: Any, index: int, table_index: Any) -> None:
        for (table, key), record in changed.items():
            if record is None:
                self.tables[table].pop(key, None)
            else:
                self.tables[table][key] = record


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_registry_stays_whole(steps: list[Step]) -> None:
    """Whatever is asked in whatever order: only deliberate errors, what is kept is what is there, indexes only grow,
    counters never fall below zero, a job's current version is in its history, and the engine's view is the same as
    one made from scratch."""
    store = Remembering()
    ticks = itertools.count(1_800_000_000 * 10**9, 40 * 10**9)
    registry = Registry(store, clock=lambda: next(ticks))
    registry.configure({"SchedulerConfig": {"PreemptionConfig": {"ServiceSchedulerEnabled": True}}})
    registry.add_nodes([node("one", cpu=5000), node("two", cpu=5000)])
    for step in steps:
        before = registry.state.index
        with contextlib.suppress(JobplanError):
            step(registry)
        assert registry.state.index >= before
        assert store.tables == registry.state.tables
    state = registry.state
    for summary in state.tables[rec.SUMMARIES].values():
        counts = [*summary["Children"].values(), *(n for group in summary["Summary"].values() for n in group.values())]
        assert min(counts) >= 0
    for key, version in state.tables[rec.JOBS].items():
        if key[1] not in ("a", "A"):  # their histories overwrite each other. spec: api §5.1
            assert state.get(rec.VERSIONS, *rec.version_key(*key, version.version)) is version
    assert {item["Status"] for item in state.tables[rec.EVALUATIONS].values()} <= {
        "complete",
        "canceled",
        "blocked",
        "pending",
    }
    incremental = seen(registry.inventory())
    for table, records in state.tables.items():
        state._dirty[table] = set(records)
    state._inventory = Inventory()
    state._dirty["owners of deployments"] = set(incremental["deployments"])
    assert seen(registry.inventory()) == incremental
