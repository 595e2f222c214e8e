"""Counting by property, and spread scores. spec: placement §5.9, §10.3"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.inventory import Inventory
from jobplan.inventory.jobs import JobVersion
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.placement.asks import make_ask
from jobplan.placement.cluster import Cluster
from jobplan.placement.draft import Draft
from jobplan.placement.propertyuse import PropertyUse, existing_use
from jobplan.placement.resources import Occupant
from jobplan.placement.spread import Spreads

RACK = "${meta.rack}"


def cluster(*racks: str) -> Cluster:
    """One node per rack `a`, `b`, `c`, and one without; one allocation of the job `example` per given rack."""
    nodes = [{"ID": name, "Status": "ready", "Meta": {"rack": name} if name != "-" else None} for name in "abc-"]
    allocations = [
        {"ID": f"{number}", "JobID": "example", "TaskGroup": "web", "NodeID": rack, "ClientStatus": "running",
         "AllocatedResources": {"Tasks": {}}}
        for number, rack in enumerate(racks)
    ]  # fmt: skip
    jobs = [{"ID": "example", "Version": 0, "CreateIndex": 7}]
    return Cluster(Inventory.from_api({"Nodes": nodes, "Allocations": allocations, "Jobs": jobs}))


def version(found: Cluster) -> JobVersion:
    made = found.inventory.job("default", "example")
    assert made is not None
    return made


def use(found: Cluster, draft: Draft, listed: frozenset[str] | None = None) -> PropertyUse:
    made = PropertyUse(RACK, draft, existing_use(RACK, found, version(found), "web", listed), "web", listed)
    made.refresh()
    return made


def placed(found: Cluster, number: int, rack: str) -> Occupant:
    return Occupant(None, (f"new{number}", "x", "web"), version(found), rack, None)


def test_counts_stored_and_planned() -> None:
    found = cluster("a", "a", "b", "-")
    draft = Draft(found)
    draft.place(placed(found, 1, "c"))
    made = use(found, draft)
    assert [made.used(rack) for rack in "abc"] == [2, 1, 1]
    draft.place(placed(found, 2, "c"))
    assert made.used("c") == 1, "not before the next selection"
    made.refresh()
    assert made.used("c") == 2


def test_single_cleared_value_that_is_used_again_stays_cleared() -> None:
    """Quirk 7: with two cleared, one comes back; with one, none does."""
    found = cluster("a", "b", "b")
    draft = Draft(found)
    for occupant in ("0", "1", "2"):
        draft.stop(found.occupants[occupant])
    draft.place(placed(found, 1, "a"))
    draft.place(placed(found, 2, "b"))
    made = use(found, draft)
    assert made.used("a") == 1 + 1 - 1
    assert made.used("b") == 2 + 1 - 1


def test_update_in_place_counts_twice() -> None:
    """Quirk 6."""
    found = cluster("a")
    draft = Draft(found)
    draft.place(found.occupants["0"])
    assert use(found, draft).used("a") == 2


def test_allocations_of_an_earlier_job_do_not_count() -> None:
    found = cluster("a")
    other = JobVersion({"ID": "example", "CreateIndex": 99})
    assert existing_use(RACK, found, other, None) == {}


def test_values_without_a_target_are_counted_together() -> None:
    found = cluster("a", "b", "c")
    made = use(found, Draft(found), frozenset({"a"}))
    assert (made.used("a"), made.used("*")) == (1, 2)
    assert made.fold("zzz") == "*"


def spreads(found: Cluster, *spread: dict[str, Any], count: int = 10) -> tuple[Spreads, Any]:
    group = {"Name": "web", "Count": count, "Spreads": list(spread), "Tasks": []}
    planned = build(Job, {"ID": "example", "TaskGroups": [group]})
    draft = Draft(found)
    made = Spreads(lambda target, group, listed: use(found, draft, listed))
    of_group = made.of(make_ask(planned, planned.task_groups[0]))  # type: ignore[index]
    assert of_group is not None
    of_group.refresh()
    return made, of_group


def target(value: str, percent: int) -> dict[str, Any]:
    return {"Value": value, "Percent": percent}


def test_example_with_targets() -> None:
    """spec: placement §10.3, example"""
    found = cluster()
    made, group = spreads(found, {"Attribute": RACK, "Weight": 100, "SpreadTarget": [target("a", 70), target("b", 30)]})
    scores = [made.score(group, found.nodes[rack]) for rack in "abc-"]
    assert scores == pytest.approx([6 / 7, 2 / 3, -1, -1])


def test_rest_goes_to_all_other_values() -> None:
    found = cluster()
    made, group = spreads(found, {"Attribute": RACK, "Weight": 100, "SpreadTarget": [target("a", 60)]})
    assert made.score(group, found.nodes["c"]) == pytest.approx((4 - 1) / 4)


def test_unwanted_value_gets_the_lowest_boost_so_far() -> None:
    found = cluster("b", "b", "b", "b", "b")
    made, group = spreads(found, {"Attribute": RACK, "Weight": 100, "SpreadTarget": [target("a", 0), target("b", 10)]})
    assert made.score(group, found.nodes["a"]) == -1.0
    low = made.score(group, found.nodes["b"])
    assert low == pytest.approx(1 - 6)
    assert made.score(group, found.nodes["a"]) == low


def test_example_without_targets() -> None:
    """spec: placement §10.3, example"""
    found = cluster("a", "a", "b")
    made, group = spreads(found, {"Attribute": RACK, "Weight": 100})
    assert [made.score(group, found.nodes[rack]) for rack in "abc"] == [-1.0, 1.0, 1.0]


@pytest.mark.parametrize("racks, scores", [("", [0.0, 0.0]), ("ab", [-1.0, -1.0]), ("aab", [-1.0, 1.0])])
def test_even_spread(racks: str, scores: list[float]) -> None:
    found = cluster(*racks)
    made, group = spreads(found, {"Attribute": RACK, "Weight": 100})
    assert [made.score(group, found.nodes[rack]) for rack in "ab"] == scores


def test_weights_add_up_over_groups() -> None:
    """Quirk 9."""
    found = cluster()
    made, group = spreads(found, {"Attribute": RACK, "Weight": 50, "SpreadTarget": [target("a", 100)]})
    assert made.score(group, found.nodes["a"]) == pytest.approx(0.9)
    other = build(
        Job, {"ID": "example", "TaskGroups": [{"Name": "api", "Spreads": [{"Attribute": RACK, "Weight": 50}]}]}
    )
    made.of(make_ask(other, other.task_groups[0]))  # type: ignore[index]
    assert made.score(group, found.nodes["a"]) == pytest.approx(0.45)
