"""The placement loops: what fails, what is preferred, what stays stopped. spec: placement §3, §11, §12.4, §14"""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import jobplan
from jobplan.admission import admit
from jobplan.placement.tally import Tally

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def node(number: int, *, cpu: int = 1000, mbits: int = 1000, **more: Any) -> dict[str, Any]:
    address = f"10.0.0.{number}"
    return {
        "ID": f"n{number}",
        "Datacenter": "dc1",
        "Status": "ready",
        "ComputedClass": "v1:1",
        "Drivers": {"docker": {"Detected": True, "Healthy": True}},
        "NodeResources": {
            "Processors": {"Topology": {"Cores": [{"ID": 0, "BaseSpeed": cpu}]}},
            "Memory": {"MemoryMB": 4000},
            "Disk": {"DiskMB": 10000},
            "Networks": [
                {"Mode": "host", "Device": "eth0", "IP": address, "CIDR": f"{address}/32", "MBits": mbits},
            ],
            "NodeNetworks": [{"Mode": "host", "Addresses": [{"Alias": "default", "Address": address}]}],
        },
        **more,
    }  # fmt: skip


def group(name: str = "web", count: int = 1, cpu: int = 100, **more: Any) -> dict[str, Any]:
    task = {
        "Name": "web", "Driver": "docker", "Config": {"image": "web:1"},
        "Resources": {"CPU": cpu, "MemoryMB": 10, **more.pop("resources", {})},
    }  # fmt: skip
    return {"Name": name, "Count": count, "Tasks": [task], **more}


def job(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ID": "example", "Datacenters": ["*"], "TaskGroups": list(groups), **more}


def registered(api: dict[str, Any], version: int = 0) -> dict[str, Any]:
    """The stored form of a job, as version `version`."""
    stored = dict(admit(copy.deepcopy(api)).job.to_api())
    stored.update(Version=version, CreateIndex=10, ModifyIndex=20, JobModifyIndex=20, Status="running")
    return stored


def running(number: int, on: str, *, cpu: int = 100, job_id: str = "example", **more: Any) -> dict[str, Any]:
    return {
        "ID": f"a{number}",
        "Name": f"{job_id}.web[{number}]",
        "JobID": job_id,
        "JobVersion": 0,
        "TaskGroup": "web",
        "NodeID": on,
        "ClientStatus": "running",
        "AllocatedResources": {
            "Tasks": {"web": {"Cpu": {"CpuShares": cpu}, "Memory": {"MemoryMB": 10}}},
            "Shared": {"DiskMB": 300},
        },
        **more,
    }


def plan(api: dict[str, Any], nodes: list[dict[str, Any]], **inventory: Any) -> jobplan.Plan:
    inventory.setdefault("SchedulerConfig", {"PreemptionConfig": {"SystemSchedulerEnabled": True}})
    return jobplan.plan(api, jobplan.Inventory.from_api({"Nodes": nodes, **inventory}), now=NOW)


def homes(made: jobplan.Plan) -> list[str]:
    return [item.node_id for item in made.run.evaluated.placed]


def test_failed_group_is_counted_and_others_go_on() -> None:
    made = plan(job(group("big", 3, 5000), group("web", 2)), [node(1)])
    assert list(made.to_api()["FailedTGAllocs"]) == ["big"]
    assert made.to_api()["FailedTGAllocs"]["big"]["CoalescedFailures"] == 2
    assert homes(made) == ["n1", "n1"]


def test_destructive_update_that_fails_leaves_its_room_taken() -> None:
    """The stop is undone: another group cannot use the room. spec: placement §3 step 3.9"""
    stored = job(group("web", 1, 600))
    planned = job(group("web", 1, 5000), group("late", 1, 600))
    made = plan(planned, [node(1)], Jobs=[registered(stored)], Allocations=[running(0, "n1", cpu=600)])
    assert sorted(made.to_api()["FailedTGAllocs"]) == ["late", "web"]
    assert [item.id for item in made.run.evaluated.undone] == ["a0"]


def test_destructive_update_uses_its_own_room() -> None:
    stored, planned = job(group("web", 1, 600)), job(group("web", 1, 700))
    made = plan(planned, [node(1)], Jobs=[registered(stored)], Allocations=[running(0, "n1", cpu=600)])
    assert made.to_api()["FailedTGAllocs"] is None
    assert homes(made) == ["n1"]


def test_system_stops_stay_in_force_when_the_placement_fails() -> None:
    """Quirk 20: the room of a failed destructive update can be used by another group."""
    stored = job(group("web", 1, 600), Type="system")
    planned = job(group("web", 1, 5000), group("late", 1, 600), Type="system")
    made = plan(planned, [node(1)], Jobs=[registered(stored)], Allocations=[running(0, "n1", cpu=600)])
    assert list(made.to_api()["FailedTGAllocs"]) == ["web"]
    assert [(item.group, item.node_id) for item in made.run.evaluated.placed] == [("late", "n1")]


def test_sticky_disk_prefers_the_old_node() -> None:
    stored = job(group("web", 1, EphemeralDisk={"Sticky": True}))
    planned = job(group("web", 1, 101, EphemeralDisk={"Sticky": True}))
    nodes = [node(1), node(2), node(3)]
    # Packing would choose n1, where another allocation runs.
    other = running(9, "n1", cpu=500, job_id="other")
    jobs = [registered(stored), {"ID": "other", "Version": 0}]
    allocations = [running(0, "n2"), other]
    assert homes(plan(planned, nodes, Jobs=jobs, Allocations=allocations)) == ["n2"]
    planned["TaskGroups"][0]["EphemeralDisk"] = stored["TaskGroups"][0]["EphemeralDisk"] = {"Sticky": False}
    jobs[0] = registered(stored)
    assert homes(plan(planned, nodes, Jobs=jobs, Allocations=allocations)) == ["n1"]


def test_node_of_a_failure_is_avoided() -> None:
    """spec: placement §3 step 3.5"""
    stored = job(group("web", 1))
    ended = {"web": {"State": "dead", "Failed": True, "FinishedAt": "2026-11-24T00:00:00Z"}}
    failed = running(0, "n1", ClientStatus="failed", TaskStates=ended)
    made = plan(stored, [node(1), node(2)], Jobs=[registered(stored)], Allocations=[failed])
    assert homes(made) == ["n2"]


def test_binpack_fills_and_spread_algorithm_empties() -> None:
    config = {"SchedulerAlgorithm": "spread", "PreemptionConfig": {"SystemSchedulerEnabled": True}}
    others = {"Jobs": [{"ID": "other", "Version": 0}], "Allocations": [running(0, "n2", cpu=300, job_id="other")]}
    assert homes(plan(job(group()), [node(1), node(2)], **others)) == ["n2"]
    assert homes(plan(job(group()), [node(1), node(2)], SchedulerConfig=config, **others)) == ["n1"]


def bandwidth(mbits: int) -> dict[str, Any]:
    return {"Networks": [{"MBits": mbits}]}


def test_bandwidth_of_task_networks() -> None:
    api = job(group("web", 3, resources=bandwidth(400)))
    assert plan(api, [node(1)]).to_api()["FailedTGAllocs"]["web"]["DimensionExhausted"] == {
        "network: bandwidth exceeded": 1
    }


def test_bandwidth_of_victims_leaks_into_the_node() -> None:
    """Quirk 22: 1000 and a 500-MBit victim, taken and kept, make 2000."""
    held = {"Device": "eth0", "IP": "10.0.0.1", "MBits": 500}
    victim = running(0, "n1", cpu=900, job_id="low")
    victim["AllocatedResources"]["Tasks"]["web"]["Networks"] = [held]
    api = job(group("first", 1, 500), group("second", 1, 100, resources=bandwidth(1900)), Priority=80)
    made = plan(
        api, [node(1)], Jobs=[{"ID": "low", "Version": 0, "Priority": 10}], Allocations=[victim],
        SchedulerConfig={"PreemptionConfig": {"ServiceSchedulerEnabled": True}},
    )  # fmt: skip
    assert made.to_api()["FailedTGAllocs"] is None
    assert [item["ID"] for item in made.to_api()["Annotations"]["PreemptedAllocs"]] == ["a0"]
    alone = plan(job(group("second", 1, 100, resources=bandwidth(1900)), Priority=80), [node(1)])
    assert alone.to_api()["FailedTGAllocs"] is not None


def test_inventory_is_left_as_it_was() -> None:
    cluster = jobplan.Inventory.from_api({"Nodes": [node(1), node(2)]})
    first, second = (jobplan.plan(job(group("web", 30, 60)), cluster, now=NOW).to_api() for _ in range(2))
    assert first == second


def test_set_aside_options_are_returned_last() -> None:
    """At most three of a score of 0 or less are set aside. spec: placement §11"""
    tally = Tally(2)
    for row, score in enumerate([-0.5, 0.0, -0.1, -0.2]):
        tally.offer(row, score)
    assert not tally.full, "the fourth one was returned, the first three were not"
    tally.offer(4, -0.3)
    assert tally.full
    assert tally.finish() == 3
    short = Tally(2)
    short.offer(0, -0.5)
    short.offer(1, -0.1)
    assert short.finish() == 1


def test_first_of_equal_scores_wins() -> None:
    tally = Tally(3)
    for row in range(3):
        tally.offer(row, 0.5)
    assert tally.finish() == 0
