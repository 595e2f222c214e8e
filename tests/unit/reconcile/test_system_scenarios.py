"""The worked scenarios of system and sysbatch jobs, and their canaries. spec: reconcile §4, §7"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from jobplan.errors import PlanError
from jobplan.inventory.deployments import GroupState
from jobplan.reconcile.changes import Outcome
from jobplan.reconcile.system import finish_system

from .world import (
    CANARY,
    COMPLETE,
    MIGRATE,
    NOW,
    UNKNOWN,
    World,
    alloc,
    changed,
    deployment,
    failed,
    make_job,
    node,
    nodes,
)


def on_each(job: Any, number: int = 3, **fields: Any) -> list[Any]:
    return [alloc(job, 0, on=f"n{index}", **fields) for index in range(number)]


def system(
    *, edited: bool = False, job_type: str = "system", update: dict[str, int] | None = None, **fields: Any
) -> World:
    """A job with one allocation on each of three nodes, rolled out."""
    group = {} if update is None else {"Update": update}
    stored = make_job(job_type, groups={"web": {"Count": 1, **group}})
    job = changed(stored) if edited or fields.get("forced") else stored
    made = World(job, on_each(stored), deployment=deployment(stored))
    return dataclasses.replace(made, **fields)


def replaced(last: Any, **fields: Any) -> World:
    """The last node is another one."""
    return system(nodes=[*nodes(2), last], **fields)


def with_last(**fields: Any) -> World:
    made = system()
    old = made.allocs[2]
    return dataclasses.replace(made, allocs=[*made.allocs[:2], dataclasses.replace(old, **fields)])


def sysbatch(**fields: Any) -> World:
    made = system(job_type="sysbatch", **fields)
    return dataclasses.replace(made, allocs=[dataclasses.replace(item, **COMPLETE) for item in made.allocs])


def new(job_type: str, **fields: Any) -> World:
    return World(make_job(job_type, groups={"web": {"Count": 1}}), **fields)


def moved_out() -> World:
    """Scenario Y10: the third node is in a datacenter that the job left."""
    made = replaced(dataclasses.replace(node("n2"), datacenter="dc2"), edited=True)
    made.job.datacenters = ["dc1"]
    return made


def started() -> World:
    """Scenario Y11: four nodes, half of them canaries."""
    stored = make_job("system", groups={"web": {"Count": 1, "Update": {"Canary": 50, "MaxParallel": 2}}})
    return World(changed(stored), on_each(stored, 4), nodes(4), deployment(stored), forced=True)


def stopped() -> World:
    made = system(edited=True)
    made.job.stop = True
    return made


def renamed() -> World:
    made = system(edited=True)
    made.job.name = "Store"
    return made


SCENARIOS: dict[str, tuple[Any, dict[str, int]]] = {
    "Y1": (lambda: new("system"), {"Place": 3}),
    "Y2": (system, {"Ignore": 3, "Place": 3}),
    "Y3": (lambda: system(nodes=nodes(4)), {"Ignore": 3, "Place": 4}),
    "Y4": (lambda: system(forced=True), {"DestructiveUpdate": 3, "Place": 3}),
    "Y5": (lambda: system(edited=True), {"InPlaceUpdate": 3, "Place": 3}),
    "Y6": (
        lambda: system(edited=True, misfits=("n1",)),
        {"InPlaceUpdate": 2, "DestructiveUpdate": 1, "Place": 2},
    ),
    "Y7": (lambda: replaced(node("n2", status="down")), {"Ignore": 2, "Place": 2}),
    "Y8": (lambda: with_last(transition=MIGRATE), {"Migrate": 1, "Ignore": 2, "Place": 2}),
    "Y9 unchanged": (lambda: replaced(node("n2", eligible=False)), {"Ignore": 3, "Place": 3}),
    "Y9 changed": (
        lambda: replaced(node("n2", eligible=False), edited=True),
        {"Stop": 1, "InPlaceUpdate": 2, "Place": 2},
    ),
    "Y10": (moved_out, {"Stop": 1, "InPlaceUpdate": 2, "Place": 2}),
    "Y11": (started, {"Canary": 2, "DestructiveUpdate": 4, "Place": 4}),
    "Y12": (lambda: with_last(**failed(NOW)), {"Ignore": 2, "Place": 3}),
    "Y13": (lambda: replaced(node("n2", status="disconnected")), {"Disconnect": 1, "Ignore": 2, "Place": 2}),
    "Y14": (lambda: with_last(states=UNKNOWN), {"Reconnect": 1, "InPlaceUpdate": 1, "Ignore": 2, "Place": 3}),
    "Y15": (renamed, {"Stop": 3, "Place": 3}),
    "Y16": (stopped, {"Stop": 3}),
    "S1 filtered": (lambda: new("sysbatch", misfits=("n1",)), {"Place": 2}),
    "S1 exhausted": (lambda: new("sysbatch", exhausted=("n1",)), {"Place": 3}),
    "S2": (sysbatch, {"Ignore": 3}),
    "S3 in place": (lambda: sysbatch(edited=True), {"InPlaceUpdate": 3}),
    "S3 forced": (lambda: sysbatch(forced=True), {"DestructiveUpdate": 3}),
    "S4": (
        lambda: sysbatch(forced=True, misfits=("n0", "n1", "n2")),
        {"DestructiveUpdate": 3, "Place": 18446744073709551613},
    ),
}  # fmt: skip


def test_reconnecting_is_updated_in_place_although_nothing_changed() -> None:
    """Y14: row 5, and then §4.4."""
    made = with_last(states=UNKNOWN)
    assert [item.case for item in made.system().in_place] == ["5"]


@pytest.mark.parametrize("number", SCENARIOS)
def test_scenario(number: str) -> None:
    build, expected = SCENARIOS[number]
    assert build().web() == expected


def test_nothing_to_do_gives_no_group() -> None:
    """Scenario Y17."""
    assert new("system", nodes=[]).told() == {}


def test_lost_items_are_counted_nowhere() -> None:
    made = system(nodes=[node(f"n{index}", status="down") for index in range(3)])
    assert made.told() == {}
    assert len(made.system().stops) == 3


def test_canaries_do_not_use_up_max_parallel() -> None:
    """§4.5: all four are admitted, all are stopped before the first placement."""
    changes = started().system()
    assert [item.canary for item in changes.admitted] == [True] * 4
    assert len(changes.stops) == 4


def test_max_parallel_limits_the_queue_not_the_counter() -> None:
    changes = system(forced=True).system()
    assert (len(changes.destructive), len(changes.queue)) == (3, 1)


def test_pending_allocations_of_the_rollout_use_up_max_parallel() -> None:
    """§4.5: an ignored allocation of *Dep* without health."""
    old = make_job("system", groups={"web": {"Count": 1}})
    job = changed(old)
    fresh = alloc(job, 0, on="n0", deployment_id="d-1")
    rollout = deployment(job, "running")
    made = World(job, [fresh, *on_each(old)[1:]], deployment=rollout, forced=True)
    assert made.system().queue == ()


def test_first_deployment_is_dropped_where_something_runs_already() -> None:
    """§4.2 (a): without any earlier deployment nothing is canarying, though the items are marked."""
    made = dataclasses.replace(started(), deployment=None)
    assert made.web()["Canary"] == 2
    kept = alloc(made.job, 0, on="n0")
    with_new = dataclasses.replace(made, allocs=[kept, *made.allocs[1:]])
    assert "Canary" not in with_new.web()
    assert [item.canary for item in with_new.system().destructive] == [True] * 3


def test_first_deployment_is_dropped_with_old_clients() -> None:
    """§4.2 (b): a pre-release of 1.11.0 is lower."""
    for version, expected in (("1.11.0", 2), ("1.11.0-beta.1", None), ("not a version", 2)):
        clients = [node("n0", attributes={"nomad.version": version}), *nodes(4)[1:]]
        made = dataclasses.replace(started(), deployment=None, nodes=clients)
        assert made.web().get("Canary") == expected


def test_running_canaries_count() -> None:
    """§4.8: *e* + what may still be added."""
    old = make_job("system", groups={"web": {"Count": 1, "Update": {"Canary": 50, "MaxParallel": 5}}})
    job = changed(old)
    canary = alloc(job, 0, on="n0", health=CANARY, deployment_id="d-1")
    rollout = deployment(job, "running", web=GroupState(desired_canaries=2))
    made = World(job, [canary, *on_each(old, 4)[1:]], nodes(4), rollout, forced=True)
    # ceil(50 % of (3 destructive + 1 running)) = 2: one runs, one is added.
    assert made.web()["Canary"] == 2


def test_failed_rollout_of_an_older_version_stays_current() -> None:
    """Trap 7: it decides about canary marks."""
    made = started()
    promoted = deployment(make_job("system"), "failed", web=GroupState(promoted=True))
    assert not any(item.canary for item in dataclasses.replace(made, deployment=promoted).system().destructive)


def test_entries_on_unusable_nodes_are_skipped() -> None:
    changes = started().system()
    outcomes = [Outcome.SKIPPED] * len(changes.queue)
    assert finish_system(started().job, changes, outcomes)["web"].place == 4


@pytest.mark.parametrize("job_type", ["service", "system"])
def test_unknown_node_status_ends_the_plan(job_type: str) -> None:
    """Trap 8."""
    stored = make_job(job_type, groups={"web": {"Count": 1}})
    made = World(stored, [alloc(stored, 0)], [node("n0", status="hibernating")])
    with pytest.raises(PlanError, match="failed to process eval: unhandled node status hibernating"):
        made.counters()


def test_in_place_update_without_resources_ends_the_plan() -> None:
    """Trap 8."""
    made = system(edited=True)
    bare = [dataclasses.replace(item, resources=None) for item in made.allocs]
    with pytest.raises(PlanError, match="nil pointer"):
        dataclasses.replace(made, allocs=bare).counters()
