"""The base list, pools, scheduler configuration, and columns of numbers. spec: placement §1.7, §2"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.inventory import Inventory
from jobplan.inventory.columns import UNLIMITED, Codes, NodeColumns, PerKey, datacenter_matches, find_ready
from jobplan.inventory.pools import NodePool, SchedulerConfig


def node(name: str, datacenter: str = "dc1", pool: str = "default", **more: Any) -> dict[str, Any]:
    return {"ID": name, "Datacenter": datacenter, "NodePool": pool, "Status": "ready", **more}


@pytest.mark.parametrize(
    "datacenter, pattern, expected",
    [
        ("dc12", "dc*", True),
        ("dc", "dc*", True),
        ("us-east", "*-east", True),
        ("us-east", "us-eas", False),
        ("dc1", "DC1", False),
        ("dc1", "dc?", False),
        ("a.b", "a.b", True),
        ("aXb", "a.b", False),
        ("", "", True),
        ("dc1", "", False),
        ("line\nbreak", "*", True),
    ],
)
def test_datacenter_patterns(datacenter: str, pattern: str, expected: bool) -> None:
    assert datacenter_matches(datacenter, (pattern,)) is expected


CLUSTER = Inventory.from_api(
    {
        "Nodes": [
            node("d", "dc2"),
            node("a"),
            node("c", pool="gpu"),
            node("b", Status="down"),
            node("e", "dc9", Status="down"),
        ]
    }
)


@pytest.mark.parametrize(
    "pool, patterns, ids, not_ready",
    [
        ("default", ("*",), ["a", "d"], {"b", "e"}),
        ("default", ("dc1", "dc3"), ["a"], {"b", "e"}),
        ("all", ("dc*",), ["a", "c", "d"], {"b", "e"}),
        ("", ("dc*",), ["a", "c", "d"], {"b", "e"}),
        ("gpu", ("dc1",), ["c"], set()),
        ("default", (), [], {"b", "e"}),
    ],
)
def test_base_list(pool: str, patterns: tuple[str, ...], ids: list[str], not_ready: set[str]) -> None:
    """In ascending order; nodes that are not ready are remembered in any datacenter."""
    ready = find_ready(CLUSTER, pool, patterns)
    assert [item.id for item in ready.nodes] == ids
    assert ready.not_ready == not_ready


def test_nodes_available_has_datacenters_not_patterns() -> None:
    assert find_ready(CLUSTER, "all", ("dc*",)).available == {"dc1": 2, "dc2": 1}
    assert find_ready(CLUSTER, "nope", ("*",)).available == {}


def test_scheduler_configuration() -> None:
    """No object at all: preemption everywhere. An object: what is missing is off. spec: placement §1.7"""
    absent = SchedulerConfig.from_api(None)
    assert all(absent.preempts(kind) for kind in ("service", "batch", "system", "sysbatch"))
    empty = SchedulerConfig.from_api({})
    assert not any(empty.preempts(kind) for kind in ("service", "batch", "system", "sysbatch"))
    assert (empty.algorithm, empty.feasibility_limit) == ("binpack", 100)
    wrapped = {"SchedulerConfig": {"PreemptionConfig": {"BatchSchedulerEnabled": True}, "SchedulerAlgorithm": "spread"}}
    made = SchedulerConfig.from_api(wrapped)
    assert made.preempts("batch")
    assert not made.preempts("service")
    assert made.algorithm == "spread"


def test_pools_override_what_they_set() -> None:
    config = SchedulerConfig(memory_oversubscription=True)
    settings = {"SchedulerAlgorithm": "spread", "MemoryOversubscriptionEnabled": False}
    pool = NodePool.from_api({"Name": "gpu", "SchedulerConfiguration": settings})
    assert config.in_pool(pool).algorithm == "spread"
    assert config.in_pool(pool).memory_oversubscription is False
    assert config.in_pool(NodePool("gpu")) == config
    assert config.in_pool(NodePool("all", "spread")) is config
    assert config.in_pool(None) is config


def test_columns() -> None:
    resources = {
        "Processors": {"Topology": {"Cores": [{"ID": 0, "BaseSpeed": 1000}]}},
        "Memory": {"MemoryMB": 64},
        "Disk": {"DiskMB": 8},
    }
    nodes = [
        node("a", NodeResources=resources, NodeMaxAllocs=3, ComputedClass="x", Meta={"rack": "r1"}),
        node("b", ComputedClass="y"),
        node("c", NodeResources=resources, ComputedClass="x"),
    ]
    made = NodeColumns(tuple(Inventory.from_api({"Nodes": nodes}).nodes.values()))
    assert made.cpu.tolist() == [1000, 0, 1000]
    assert made.memory.tolist() == [64, 0, 64]
    assert made.disk.tolist() == [8, 0, 8]
    assert made.slots.tolist() == [3, UNLIMITED, UNLIMITED]
    assert made.row == {"a": 0, "b": 1, "c": 2}
    assert (made.computed_classes.codes.tolist(), made.computed_classes.values) == ([0, 1, 0], ["x", "y"])
    racks = made.texts("${meta.rack}", lambda item: item.meta.get("rack"))
    assert [racks.values[code] for code in racks.codes] == ["r1", None, None]


def test_columns_refuse_what_does_not_fit() -> None:
    huge = {"Cpu": {"CpuShares": 1 << 70, "TotalCpuCores": 1}}
    nodes = tuple(Inventory.from_api({"Nodes": [node("a", NodeResources=huge)]}).nodes.values())
    with pytest.raises(OverflowError):
        NodeColumns(nodes)


def test_codes_of_nothing() -> None:
    assert Codes([]).codes.tolist() == []


def test_per_key_makes_a_value_once() -> None:
    asked: list[str] = []

    def length(key: str) -> int:
        asked.append(key)
        return len(key)

    made = PerKey(length)
    assert (made["abc"], made["abc"], asked) == (3, 3, ["abc"])
