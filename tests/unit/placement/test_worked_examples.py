"""The worked examples of the specification. spec: placement §10, §12.5, §17"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import jobplan
from jobplan.placement.scores import fit_score
from jobplan.placement.select import option_limit

NOW = dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
ZERO = {
    "CPU": 0, "Cores": 0, "Devices": None, "DiskMB": 0, "IOPS": 0, "MemoryMB": 0, "MemoryMaxMB": 0, "NUMA": None,
    "Networks": None, "SecretsMB": 0,
}  # fmt: skip
OFF, ON = (
    {"PreemptionConfig": {"SystemSchedulerEnabled": True}},
    {"PreemptionConfig": {"ServiceSchedulerEnabled": True}},
)


def node(number: int, **more: Any) -> dict[str, Any]:
    """Node type N of §17."""
    address = f"10.0.0.{number}"
    return {
        "ID": f"{number:08d}-0000-4000-8000-000000000000",
        "Datacenter": "dc1",
        "ComputedClass": "v1:1",
        "Status": "ready",
        "Attributes": {"kernel.name": "linux"},
        "Meta": {"rack": "r1"},
        "Drivers": {"docker": {"Detected": True, "Healthy": True}},
        "NodeResources": {
            "Processors": {"Topology": {"Cores": [{"ID": core, "BaseSpeed": 2000} for core in (0, 1)]}},
            "Memory": {"MemoryMB": 8192},
            "Disk": {"DiskMB": 102400},
            "Networks": [{"Mode": "host", "Device": "eth0", "IP": address, "CIDR": f"{address}/32", "MBits": 1000}],
            "NodeNetworks": [{"Mode": "host", "Addresses": [{"Alias": "default", "Address": address}]}],
        },
        "ReservedResources": {
            "Cpu": {"CpuShares": 100},
            "Memory": {"MemoryMB": 256},
            "Disk": {"DiskMB": 4096},
        },
        **more,
    }


def plan(
    nodes: list[dict[str, Any]], count: int = 1, *, config: dict[str, Any] | None = OFF, memory: int = 256, **job: Any
) -> dict[str, Any]:
    """The response for a job with one group `web` of one task `web`, 500 MHz."""
    group = {
        "Name": "web",
        "Count": count,
        "Tasks": [
            {"Name": "web", "Driver": "docker", "Config": {"image": "web:1"},
             "Resources": {"CPU": 500, "MemoryMB": memory}},
        ],
        **job.pop("group", {}),
    }  # fmt: skip
    api = {"ID": "example", "Datacenters": ["*"], "TaskGroups": [group], **job}
    cluster = jobplan.Inventory.from_api({"Nodes": nodes, "SchedulerConfig": config})
    return jobplan.plan(api, cluster, now=NOW).to_api()


def failure(response: dict[str, Any], *keys: str) -> Any:
    record = response["FailedTGAllocs"]["web"]
    return [record[key] for key in keys] if keys else record


def three() -> list[dict[str, Any]]:
    return [node(number) for number in (1, 2, 3)]


def windows(target: str = "${attr.kernel.name}") -> list[dict[str, str]]:
    return [{"LTarget": target, "Operand": "=", "RTarget": "windows"}]


def test_fit_score_of_17_1() -> None:
    assert fit_score(3900, 7936, 500, 256, "binpack") / 18 == pytest.approx(0.181781, abs=1e-6)
    assert fit_score(3900, 7936, 500, 256, "spread") / 18 == pytest.approx(0.818219, abs=1e-6)
    assert fit_score(3900, 7936, 1000, 512, "binpack") / 18 == pytest.approx(0.324414, abs=1e-6)


def test_whole_record_of_17_2() -> None:
    assert failure(plan(three(), 3, Constraints=windows())) == {
        "AllocationTime": 0,
        "ClassExhausted": None,
        "ClassFiltered": None,
        "CoalescedFailures": 2,
        "ConstraintFiltered": {"${attr.kernel.name} = windows": 1, "computed class ineligible": 2},
        "DimensionExhausted": None,
        "NodePool": "default",
        "NodesAvailable": {"dc1": 3},
        "NodesEvaluated": 3,
        "NodesExhausted": 0,
        "NodesFiltered": 3,
        "NodesInPool": 3,
        "QuotaExhausted": None,
        "ResourcesExhausted": None,
        "ScoreMetaData": None,
        "Scores": None,
    }


@pytest.mark.parametrize("config", [ON, None], ids=["preemption on", "no configuration"])
def test_cached_reasons_collapse_in_the_second_selection(config: dict[str, Any] | None) -> None:
    response = plan(three(), Constraints=windows(), config=config)
    assert failure(response, "ConstraintFiltered") == [{"computed class ineligible": 3}]


@pytest.mark.parametrize("config", [OFF, ON])
def test_escaped_constraints_keep_their_reason(config: dict[str, Any]) -> None:
    response = plan(three(), Constraints=windows("${meta.unique.x}"), config=config)
    assert failure(response, "ConstraintFiltered") == [{"${meta.unique.x} = windows": 3}]
    (blocked,) = response["CreatedEvals"]
    assert blocked["EscapedComputedClass"] is True
    assert "ClassEligibility" not in blocked


def test_cpu_of_17_3() -> None:
    response = plan([node(1), node(2)], 16)
    assert failure(response, "NodesEvaluated", "NodesExhausted", "DimensionExhausted", "CoalescedFailures") == [
        2, 2, {"cpu": 2}, 1,
    ]  # fmt: skip
    assert failure(response, "ResourcesExhausted") == [{"web": {**ZERO, "CPU": 1000}}]
    assert response["CreatedEvals"][0]["ClassEligibility"] == {"v1:1": True}


def test_static_port_of_17_4() -> None:
    networks = [{"Mode": "host", "ReservedPorts": [{"Label": "http", "Value": 8080}]}]
    response = plan(three(), 5, group={"Networks": networks})
    assert failure(response, "DimensionExhausted", "CoalescedFailures", "ResourcesExhausted") == [
        {"network: reserved port collision http=8080": 3}, 1, {"web": ZERO},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "config, filtered", [(OFF, "missing drivers"), (ON, "computed class ineligible")], ids=["off", "preemption on"]
)
def test_mixed_of_17_5(config: dict[str, Any], filtered: str) -> None:
    nodes = [node(1, Drivers={}, ComputedClass="v1:2"), node(2)]
    response = plan(nodes, memory=9000, config=config)
    record = failure(response)
    assert (record["ConstraintFiltered"], record["DimensionExhausted"]) == ({filtered: 1}, {"memory": 1})
    assert (record["NodesFiltered"], record["NodesExhausted"], record["NodesEvaluated"]) == (1, 1, 2)
    assert record["ResourcesExhausted"] == {"web": {**ZERO, "MemoryMB": 9000}}


def test_no_nodes_of_17_6() -> None:
    record = failure(plan(three(), 4, Datacenters=["dc9"]))
    assert (record["NodesEvaluated"], record["NodesAvailable"], record["NodesInPool"]) == (0, {}, 0)
    assert record["CoalescedFailures"] == 3
    assert record["ConstraintFiltered"] is record["DimensionExhausted"] is record["ResourcesExhausted"] is None


def test_system_filtered_everywhere_of_17_7() -> None:
    nodes = [node(number, Drivers={}) for number in (1, 2, 3)]
    response = plan(nodes, Type="system")
    record = failure(response)
    assert (record["ConstraintFiltered"], record["NodesEvaluated"], record["NodesFiltered"]) == (
        {"missing drivers": 3}, 3, 3,
    )  # fmt: skip
    assert (record["ClassFiltered"], record["NodesAvailable"], record["NodesInPool"], record["NodePool"]) == (
        {}, None, 0, "",
    )  # fmt: skip
    assert response["CreatedEvals"] is None


def test_system_filtered_in_part_of_17_7() -> None:
    response = plan([node(1, Drivers={}), node(2), node(3, Drivers={})], Type="system")
    assert response["FailedTGAllocs"] is None
    assert response["Annotations"]["DesiredTGUpdates"]["web"]["Place"] == 1


def test_system_exhausted_of_17_7() -> None:
    response = plan([node(1, Drivers={}), node(2), node(3, Drivers={})], Type="system", memory=9000)
    record = failure(response)
    assert (record["NodesEvaluated"], record["NodesExhausted"], record["NodesFiltered"]) == (1, 1, 0)
    assert (record["DimensionExhausted"], record["NodesAvailable"], record["NodesInPool"]) == (
        {"memory": 1}, {"dc1": 3}, 3,
    )  # fmt: skip
    (blocked,) = response["CreatedEvals"]
    assert blocked["NodeID"] == node(2)["ID"]


def test_distinct_hosts_of_17_8() -> None:
    constraint = {"Operand": "distinct_hosts", "RTarget": ""}
    record = failure(plan([node(1), node(2)], 4, group={"Constraints": [constraint]}))
    assert (record["ConstraintFiltered"], record["NodesFiltered"]) == ({"distinct_hosts": 2}, 2)
    assert (record["CoalescedFailures"], record["ResourcesExhausted"]) == (1, None)


def test_distinct_property_of_17_9() -> None:
    constraint = {"LTarget": "${meta.rack}", "Operand": "distinct_property", "RTarget": "2"}
    nodes = [*three(), node(4, Meta={})]
    record = failure(plan(nodes, 3, group={"Constraints": [constraint]}))
    assert record["ConstraintFiltered"] == {
        "distinct_property: ${meta.rack}=r1 used by 2 allocs": 3,
        'missing property "${meta.rack}"': 1,
    }


@pytest.mark.parametrize("count, limit", [(0, 2), (1, 2), (4, 2), (5, 3), (8, 3), (9, 4), (17, 5), (100, 7)])
def test_option_limit_of_11(count: int, limit: int) -> None:
    assert option_limit(count, batch=False) == limit
    assert option_limit(count, batch=True) == 2
