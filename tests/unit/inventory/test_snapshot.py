"""The inventory as a whole. spec: interface (Loading)"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from jobplan.errors import InventoryError
from jobplan.inventory import Allocation, Inventory, JobVersion, Node
from jobplan.model.job import Job


def job(job_id: str = "shop", version: int = 0, *, index: int = 30, create: int = 20, **fields: Any) -> dict[str, Any]:
    return {
        "ID": job_id,
        "Namespace": "default",
        "Type": "service",
        "Version": version,
        "CreateIndex": create,
        "JobModifyIndex": index,
        "TaskGroups": [{"Name": "web", "Count": 1}],
        **fields,
    }


def node(node_id: str) -> dict[str, Any]:
    return {"ID": node_id, "Datacenter": "dc1", "Status": "ready"}


def allocation(alloc_id: str, on: str = "n1", **fields: Any) -> dict[str, Any]:
    return {"ID": alloc_id, "NodeID": on, "JobID": "shop", "JobVersion": 0, "TaskGroup": "web", **fields}


CLUSTER: dict[str, Any] = {
    "Nodes": [node("n2"), node("n1")],
    "Jobs": [job(version=1, index=40), job("other")],
    "OldJobVersions": [job()],
    "Allocations": [
        allocation("b", JobVersion=1),
        allocation("c", "n2"),
        allocation("a"),
        allocation("d", JobID="other"),
    ],
    "Deployments": [
        {"ID": "d2", "JobID": "shop", "CreateIndex": 5},
        {"ID": "d1", "JobID": "shop", "CreateIndex": 5},
        {"ID": "d0", "JobID": "shop", "CreateIndex": 9},
    ],
    "Now": "2026-01-02T03:04:05.000000006Z",
}


@pytest.fixture
def cluster() -> Inventory:
    return Inventory.from_api(CLUSTER)


def ids(items: Any) -> list[str]:
    return [item.id for item in items]


def test_indexes(cluster: Inventory) -> None:
    assert list(cluster.nodes) == ["n1", "n2"]
    assert ids(cluster.allocations_of("default", "shop")) == ["a", "b", "c"]
    assert ids(cluster.allocations_on("n1")) == ["a", "b", "d"]
    assert ids(cluster.deployments_of("default", "shop")) == ["d0", "d1", "d2"]
    assert [item.version for item in cluster.versions("default", "shop")] == [1, 0]
    assert cluster.now is not None
    assert cluster.now % 10**9 == 6


def test_allocations_of_one_version_share_it(cluster: Inventory) -> None:
    assert cluster.allocations["a"].version is cluster.allocations["c"].version
    assert cluster.allocations["b"].version is cluster.job("default", "shop")
    assert cluster.allocations["b"].job is cluster.allocations["b"].job


def test_empty() -> None:
    for empty in (Inventory(), Inventory.from_api({}), Inventory.from_api(dict.fromkeys(CLUSTER))):
        assert (dict(empty.nodes), dict(empty.jobs), empty.now) == ({}, {}, None)
        assert empty.allocations_of("default", "shop") == ()


def test_the_job_may_come_with_the_allocation() -> None:
    alike = [allocation(name, Job=job(), JobVersion=None) for name in "ab"]
    made = Inventory.from_api({"Allocations": [*alike, allocation("c", Job=job(Priority=70))]})
    first, second, third = made.allocations.values()
    assert first.version is second.version
    assert third.version.priority == 70


def test_an_earlier_registration_of_the_same_version() -> None:
    """A purged and registered job: the allocation belongs to the youngest job that is older than itself."""
    made = Inventory.from_api(
        {
            "Jobs": [job(create=50)],
            "OldJobVersions": [job(create=20)],
            "Allocations": [allocation("a", CreateIndex=30), allocation("b", CreateIndex=60)],
        }
    )
    assert [item.version.create_index for item in made.allocations.values()] == [20, 50]


def test_the_stored_version_may_be_listed_again() -> None:
    made = Inventory.from_api({"Jobs": [job()], "OldJobVersions": [job()]})
    assert len(made.versions("default", "shop")) == 1


def test_an_allocation_may_be_on_a_missing_node() -> None:
    made = Inventory.from_api({"Jobs": [job()], "Allocations": [allocation("a", "gone")]})
    assert ids(made.allocations_on("gone")) == ["a"]


def test_later_changes_of_the_given_job_are_not_seen() -> None:
    given = {"Jobs": [job(Priority=50)]}
    made = Inventory.from_api(given)
    given["Jobs"][0]["Priority"] = 99
    stored = made.job("default", "shop")
    assert stored is not None
    assert stored.job.priority == 50


BAD: dict[str, tuple[Any, str]] = {
    "no object": ([], ""),
    "spelling": ({"nodes": []}, "nodes"),
    "no list": ({"Nodes": {}}, "Nodes"),
    "null element": ({"Nodes": [None]}, "Nodes[0]"),
    "node twice": ({"Nodes": [node("n1"), node("n1")]}, "Nodes[1]"),
    "job twice": ({"Jobs": [job(), job(version=1)]}, "Jobs[1]"),
    "job without ID": ({"Jobs": [job("")]}, "Jobs[0]"),
    "negative version": ({"Jobs": [job(version=-1)]}, "Jobs[0]"),
    "version twice": ({"OldJobVersions": [job(), job()]}, "OldJobVersions[1]"),
    "contradictory version": ({"Jobs": [job()], "OldJobVersions": [job(index=31)]}, "OldJobVersions[0]"),
    "allocation twice": ({"Jobs": [job()], "Allocations": [allocation("a"), allocation("a")]}, "Allocations[1]"),
    "unknown job": ({"Allocations": [allocation("a")]}, "Allocations[0].JobID"),
    "unknown version": ({"Jobs": [job(version=1)], "Allocations": [allocation("a")]}, "Allocations[0].JobVersion"),
    "no job": ({"Allocations": [allocation("a", JobID="")]}, "Allocations[0]"),
    "unknown group": (
        {"Jobs": [job()], "Allocations": [allocation("a", TaskGroup="db")]},
        "Allocations[0].TaskGroup",
    ),
    "job of another ID": ({"Allocations": [allocation("a", Job=job("x"))]}, "Allocations[0]"),
    "job of another version": ({"Allocations": [allocation("a", Job=job(version=1))]}, "Allocations[0]"),
    "job of another namespace": ({"Allocations": [allocation("a", Namespace="x", Job=job())]}, "Allocations[0]"),
    "deployment twice": ({"Deployments": CLUSTER["Deployments"][:1] * 2}, "Deployments[1]"),
    "deployment without job": ({"Deployments": [{"ID": "d"}]}, "Deployments[0]"),
    "time": ({"Now": "noon"}, "Now"),
}


@pytest.mark.parametrize("case", BAD)
def test_refusals_name_the_place(case: str) -> None:
    given, place = BAD[case]
    with pytest.raises(InventoryError) as caught:
        Inventory.from_api(given)
    assert caught.value.path == place


@pytest.mark.parametrize(
    "fields, place",
    [
        ({"Priority": 1.5}, "Jobs[0]"),
        ({"TaskGroups": {}}, "Jobs[0]"),
        ({"TaskGroups": [{"Name": "web", "Count": "3"}]}, "Jobs[0].TaskGroups[0]"),
        ({"TaskGroups": [[]]}, "Jobs[0].TaskGroups[0]"),
        ({"TaskGroups": [{"Name": "web", "Tasks": [None]}]}, "Jobs[0].TaskGroups[0].Tasks[0]"),
        ({"Datacenters": [1]}, "Jobs[0].Datacenters[0]"),
        ({"Update": []}, "Jobs[0].Update"),
    ],
)
def test_a_stored_job_of_the_wrong_shape(fields: dict[str, Any], place: str) -> None:
    """Found when the job is decoded, if not before."""
    with pytest.raises(InventoryError) as caught:
        Inventory.from_api({"Jobs": [job(**fields)]}).jobs["default", "shop"].job  # noqa: B018
    assert caught.value.path == place


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps(CLUSTER), encoding="utf-8")
    assert list(Inventory.load(file).allocations) == ["a", "b", "c", "d"]
    assert Inventory.from_json("{}").allocations == {}
    for content, refusal in (
        (b"{", "is not JSON"),
        (b'{"Now": NaN}', "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"ID": "shop", "TaskGroups": []}', "is not an inventory"),
        (b"[]", "must be an object"),
    ):
        file.write_bytes(content)
        with pytest.raises(InventoryError, match=f"cluster.json: .*{refusal}"):
            Inventory.load(file)
    file.write_text('{"Nodes": [5]}')
    with pytest.raises(InventoryError, match=r"cluster.json: Nodes\[0\]") as caught:
        Inventory.load(file)
    assert caught.value.path == "Nodes[0]"
    with pytest.raises(InventoryError, match="cannot be read"):
        Inventory.load(tmp_path / "missing.json")


# ---- copies ------------------------------------------------------------------------------------------------------


def same_indexes(made: Inventory) -> bool:
    """The indexes hold exactly the allocations, in ascending order of ID."""
    everything = sorted(made.allocations)
    for index in (made.by_node, made.by_job):
        if sorted(item.id for group in index.values() for item in group) != everything:
            return False
        if any(ids(group) != sorted(ids(group)) for group in index.values()):
            return False
    return all(item is made.allocations[item.id] for group in made.by_node.values() for item in group)


def test_changed_allocations(cluster: Inventory) -> None:
    moved = dataclasses.replace(cluster.allocations["a"], node_id="n2")
    added: Allocation = dataclasses.replace(moved, id="0")
    made = cluster.with_allocations([moved, added], without=["c", "unknown"])
    assert ids(made.allocations_on("n1")) == ["b", "d"]
    assert ids(made.allocations_on("n2")) == ["0", "a"]
    assert ids(made.allocations_of("default", "shop")) == ["0", "a", "b"]
    assert list(made.allocations) == ["0", "a", "b", "d"]
    assert same_indexes(made)
    assert ids(cluster.allocations_on("n1")) == ["a", "b", "d"]


def test_drained_node(cluster: Inventory) -> None:
    given = {**CLUSTER, "Jobs": [*CLUSTER["Jobs"], job("agent", Type="system")]}
    given["Allocations"] = [
        *CLUSTER["Allocations"],
        allocation("e", JobID="agent"),
        allocation("f", DesiredStatus="stop"),
    ]
    made = Inventory.from_api(given).with_drain("n1")
    assert not made.nodes["n1"].ready
    assert {item.id for item in made.allocations.values() if item.transition.migrate} == {"a", "b", "d"}
    assert same_indexes(made)
    with pytest.raises(InventoryError):
        cluster.with_drain("n9")


def test_changed_nodes(cluster: Inventory) -> None:
    made = cluster.with_nodes([Node(id="n0")], without=["n1"])
    assert list(made.nodes) == ["n0", "n2"]


def test_stored_job_becomes_old(cluster: Inventory) -> None:
    planned = Job()
    planned.id, planned.version, planned.create_index = "shop", 2, 20
    made = cluster.with_job(JobVersion.of(planned))
    assert [item.version for item in made.versions("default", "shop")] == [2, 1, 0]
    assert made.jobs["default", "shop"].job is planned
    assert made.jobs["default", "shop"].api["ID"] == "shop"


def test_deployments_stay_in_order(cluster: Inventory) -> None:
    newer = dataclasses.replace(cluster.deployments_of("default", "shop")[1], create_index=11)
    assert ids(cluster.with_deployments([newer]).deployments_of("default", "shop")) == ["d1", "d0", "d2"]
