"""Who gives way. spec: placement §12"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import jobplan
from jobplan.placement.scores import preemption_score

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)


def node(**resources: Any) -> dict[str, Any]:
    return {
        "ID": "n1",
        "Datacenter": "dc1",
        "Status": "ready",
        "Drivers": {"docker": {"Detected": True, "Healthy": True}},
        "NodeResources": {
            "Processors": {"Topology": {"Cores": [{"ID": core, "BaseSpeed": 1000} for core in range(4)]}},
            "Memory": {"MemoryMB": 4000},
            "Disk": {"DiskMB": 10000},
            "Networks": [{"Mode": "host", "Device": "eth0", "IP": "10.0.0.1", "CIDR": "10.0.0.1/32", "MBits": 1000}],
            "NodeNetworks": [{"Mode": "host", "Addresses": [{"Alias": "default", "Address": "10.0.0.1"}]}],
            **resources,
        },
    }


def victim(name: str, *, cpu: int = 100, memory: int = 100, ports: tuple[int, ...] = (), gpus: tuple[str, ...] = (),
           job: str = "low") -> dict[str, Any]:  # fmt: skip
    network = {"IP": "10.0.0.1", "ReservedPorts": [{"Label": f"p{port}", "Value": port} for port in ports]}
    device = {"Vendor": "acme", "Type": "gpu", "Name": "x", "DeviceIDs": list(gpus)}
    return {
        "ID": name,
        "Name": f"{job}.web[0]",
        "JobID": job,
        "TaskGroup": "web",
        "NodeID": "n1",
        "ClientStatus": "running",
        "AllocatedResources": {
            "Tasks": {
                "web": {
                    "Cpu": {"CpuShares": cpu}, "Memory": {"MemoryMB": memory}, "Devices": [device] if gpus else None,
                }
            },
            "Shared": {
                "DiskMB": 10,
                "Networks": [network] if ports else None,
                "Ports": [{"Label": f"p{port}", "Value": port, "HostIP": "10.0.0.1"} for port in ports] or None,
            },
        },
    }  # fmt: skip


def preempted(
    *victims: dict[str, Any], resources: dict[str, Any], group: dict[str, Any] | None = None, **node_resources: Any
) -> tuple[list[str], dict[str, int] | None]:
    """IDs of the preempted allocations and what ran out."""
    jobs = [
        {"ID": name, "Version": 0, "Priority": priority, "TaskGroups": [{"Name": "web"}]}
        for name, priority in (("low", 20), ("lower", 10), ("near", 41))
    ]
    cluster = jobplan.Inventory.from_api({
        "Nodes": [node(**node_resources)], "Allocations": list(victims), "Jobs": jobs,
        "SchedulerConfig": {"PreemptionConfig": {"ServiceSchedulerEnabled": True}},
    })  # fmt: skip
    task = {"Name": "web", "Driver": "docker", "Config": {"image": "web:1"}, "Resources": resources}
    job = {"ID": "example", "Priority": 50, "Datacenters": ["dc1"],
           "TaskGroups": [{"Name": "web", "Count": 1, "Tasks": [task], **(group or {})}]}  # fmt: skip
    response = jobplan.plan(job, cluster, now=NOW).to_api()
    annotations = response["Annotations"]
    found = [item["ID"] for item in annotations["PreemptedAllocs"] or []]
    assert annotations["DesiredTGUpdates"]["web"]["Preemptions"] == len(found)
    failed = (response["FailedTGAllocs"] or {}).get("web")
    return found, failed and failed["DimensionExhausted"]


def test_closest_one_is_enough() -> None:
    found, failed = preempted(
        victim("big", cpu=2000), victim("fitting", cpu=1100), victim("small", cpu=800),
        resources={"CPU": 1000, "MemoryMB": 100},
    )  # fmt: skip
    assert (found, failed) == (["fitting"], None)


def test_lowest_priority_goes_first_and_superfluous_ones_are_spared() -> None:
    both = [victim("low", cpu=2000), victim("lower", cpu=2000, job="lower")]
    assert preempted(*both, resources={"CPU": 1000, "MemoryMB": 100})[0] == ["lower"]
    found, _ = preempted(
        victim("huge", cpu=3900), victim("lower", cpu=100, job="lower"), resources={"CPU": 1000, "MemoryMB": 100}
    )
    assert found == ["huge"], "the lower one was taken first, but is not needed beside the huge one"


def test_priorities_must_be_ten_apart() -> None:
    assert preempted(victim("near", cpu=4000, job="near"), resources={"CPU": 1000}) == ([], {"cpu": 1})


def test_too_little_even_so() -> None:
    assert preempted(victim("a", cpu=4000), resources={"CPU": 1000, "MemoryMB": 5000}) == ([], {"cpu": 1})


def static(*ports: int) -> dict[str, Any]:
    return {"Networks": [{"Mode": "host", "ReservedPorts": [{"Label": f"p{port}", "Value": port} for port in ports]}]}


def test_holder_of_two_asked_ports_is_listed_twice() -> None:
    """Quirk 21."""
    found, failed = preempted(victim("a", ports=(80, 81)), resources={"CPU": 100}, group=static(81, 80))
    assert (found, failed) == (["a", "a"], None)


def test_holder_that_may_stay_keeps_the_port() -> None:
    found, failed = preempted(
        victim("a", ports=(80,)), victim("b", ports=(81,), job="near"), resources={"CPU": 100}, group=static(80, 81)
    )
    assert (found, failed) == ([], {"network: reserved port collision p80=80": 1})


GPUS = [{"Vendor": "acme", "Type": "gpu", "Name": "x", "Instances": [{"ID": f"g{number}", "Healthy": True}
                                                                     for number in range(3)]}]  # fmt: skip


def test_devices() -> None:
    found, failed = preempted(
        victim("one", gpus=("g0",)), victim("two", gpus=("g1", "g2")),
        resources={"CPU": 100, "Devices": [{"Name": "gpu", "Count": 2}]}, Devices=GPUS,
    )  # fmt: skip
    assert (found, failed) == (["two"], None), "the larger one alone suffices"
    found, failed = preempted(
        victim("near", gpus=("g0", "g1"), job="near"), resources={"Devices": [{"Name": "gpu", "Count": 2}]},
        Devices=GPUS,
    )  # fmt: skip
    assert (found, failed) == ([], {"devices: no devices match request": 1})


class _At:
    """Stands for an allocation of a priority."""

    def __init__(self, priority: int) -> None:
        self.priority = priority


@pytest.mark.parametrize("priorities, score", [([20], 0.99994051), ([10, 30], 0.99993748)])
def test_score_examples(priorities: list[int], score: float) -> None:
    """spec: placement §12.5"""
    victims: Any = [_At(priority) for priority in priorities]
    assert preemption_score(victims) == pytest.approx(score, abs=1e-8)
