"""Allocations from API objects. spec: placement §1.8, reconcile §2.3"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.errors import InventoryError
from jobplan.inventory import Inventory
from jobplan.inventory.allocations import Allocation
from jobplan.inventory.times import ZERO_TIME, format_instant, parse_instant

JOB = {"ID": "shop", "Type": "service", "Version": 2, "CreateIndex": 5, "JobModifyIndex": 9, "TaskGroups": None}


def read(**fields: Any) -> Allocation:
    obj = {"ID": "a", "JobID": "shop", "JobVersion": 2, "TaskGroup": "web", "NodeID": "n", **fields}
    return Inventory.from_api({"Jobs": [JOB], "Allocations": [obj]}).allocations["a"]


def test_null_is_the_zero_value() -> None:
    made = read(
        DesiredTransition=None, DeploymentStatus=None, RescheduleTracker=None, AllocStates=None, TaskStates=None
    )
    assert (made.transition.migrate, made.health, made.tracker, made.states, made.task_states) == (
        False, None, None, (), {},
    )  # fmt: skip


def test_an_empty_event_list_is_not_null() -> None:
    """spec: reconcile §2.7"""
    assert read(RescheduleTracker={"Events": None}).tracker != read(RescheduleTracker={"Events": []}).tracker


def test_health_has_three_values() -> None:
    found = [read(DeploymentStatus={"Healthy": value}).health for value in (True, False, None)]
    assert [item.healthy for item in found if item is not None] == [True, False, None]


def test_resources() -> None:
    made = read(
        AllocatedResources={
            "Tasks": {
                "main": {
                    "Cpu": {"CpuShares": 500, "ReservedCores": [1, 2]},
                    "Memory": {"MemoryMB": 64, "MemoryMaxMB": 128},
                    "Devices": [{"Vendor": "v", "Type": "gpu", "Name": "x", "DeviceIDs": ["d1"]}],
                }
            },
            "TaskLifecycles": {"main": {"Hook": "prestart", "Sidecar": True}},
            "Shared": {"DiskMB": 300, "Ports": [{"Label": "http", "Value": 8080, "HostIP": "10.0.0.1"}]},
        }
    ).resources
    assert made is not None
    task = made.tasks["main"]
    assert (task.cpu, task.cores, task.memory_mb, task.memory_max_mb) == (500, (1, 2), 64, 128)
    assert (task.hook, task.sidecar, task.devices[0].ids) == ("prestart", True, ("d1",))
    assert (made.disk_mb, made.ports[0].value) == (300, 8080)


def test_resources_as_older_servers_wrote_them() -> None:
    made = read(
        TaskResources={"main": {"CPU": 500, "MemoryMB": 64, "Networks": [{"ReservedPorts": [{"Value": 80}]}]}},
        SharedResources={"DiskMB": 10},
    ).resources
    assert made is not None
    assert (made.tasks["main"].cpu, made.disk_mb) == (500, 10)
    assert made.tasks["main"].networks[0].reserved_ports[0].value == 80


def test_no_resources_at_all() -> None:
    assert read().resources is None


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "ID": ({"ID": None}, "Allocations[0]"),
    "group": ({"TaskGroup": ""}, "Allocations[0]"),
    "status": ({"ClientStatus": 3}, "Allocations[0]"),
    "transition": ({"DesiredTransition": {"Migrate": "yes"}}, "Allocations[0].DesiredTransition"),
    "time": ({"AllocStates": [{"Time": "yesterday"}]}, "Allocations[0].AllocStates[0].Time"),
    "task state": ({"TaskStates": {"main": []}}, "Allocations[0].TaskStates.main"),
    "cpu": (
        {"AllocatedResources": {"Tasks": {"main": {"Cpu": {"CpuShares": -1}}}}},
        "Allocations[0].AllocatedResources.Tasks.main",
    ),
    "disk": ({"AllocatedResources": {"Shared": {"DiskMB": -1}}}, "Allocations[0].AllocatedResources.Shared"),
    "score": ({"Metrics": {"ScoreMetaData": [{"NormScore": "1"}]}}, "Allocations[0].Metrics.ScoreMetaData[0]"),
    "cores": (
        {"AllocatedResources": {"Tasks": {"main": {"Cpu": {"ReservedCores": ["1"]}}}}},
        "Allocations[0].AllocatedResources.Tasks.main",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_refusals_name_the_place(case: str) -> None:
    fields, place = BAD[case]
    with pytest.raises(InventoryError) as caught:
        read(**fields)
    assert caught.value.path == place


@pytest.mark.parametrize(
    "text, expected",
    [
        (None, ZERO_TIME),
        ("0001-01-01T00:00:00Z", ZERO_TIME),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.000000002Z", 1_000_000_002),
        ("1970-01-01T01:00:00.5+01:00", 500_000_000),
        ("1970-01-01T00:00:00.1234567899Z", 123_456_789),
        ("1969-12-31T23:59:59.9Z", -100_000_000),
    ],
)
def test_instants(text: str | None, expected: int) -> None:
    assert parse_instant(text, "Now") == expected


@pytest.mark.parametrize("text", ["1970-02-30T00:00:00Z", "1970-01-01", "1970-01-01T25:00:00Z", 5, "", True])
def test_no_instants(text: Any) -> None:
    with pytest.raises(InventoryError):
        parse_instant(text, "Now")


@pytest.mark.parametrize("ns", [0, 1, 1_500_000_000, -100_000_000, 1_800_000_000_123_000_000])
def test_instants_come_back(ns: int) -> None:
    text = format_instant(ns)
    assert parse_instant(text, "") == ns
    assert not text.endswith("0Z") or "." not in text
