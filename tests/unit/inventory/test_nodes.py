"""Decoding and normalising nodes. spec: placement §1.1–1.6"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.errors import InventoryError
from jobplan.inventory.nodes import Address, Capacity, Core, Driver, Network, Node, NodeNetwork, Topology


def node(**more: Any) -> Node:
    return Node.from_api({"ID": "n1", **more})


def resources(**more: Any) -> Any:
    found = node(NodeResources=more).resources
    assert found is not None
    return found


def test_defaults() -> None:
    made = node()
    assert (made.node_pool, made.eligible, made.draining, made.ready) == ("default", True, False, False)
    assert made.resources is None
    assert made.available is None


@pytest.mark.parametrize(
    "fields, ready",
    [
        ({"Status": "ready"}, True),
        ({"Status": "ready", "SchedulingEligibility": "eligible", "Drain": True}, True),
        ({"Status": "ready", "SchedulingEligibility": "ineligible"}, False),
        ({"Status": "ready", "SchedulingEligibility": "eligible", "DrainStrategy": {"Deadline": 0}}, False),
        ({"Status": "initializing"}, False),
    ],
)
def test_ready(fields: dict[str, Any], ready: bool) -> None:
    """spec: placement §1.4 step 2, §2"""
    assert node(**fields).ready is ready


def test_capacity() -> None:
    """Disabled cores count as compute but cannot be used; override and reserve are taken off. spec: placement §1.3"""
    cores = [
        {"ID": 0, "BaseSpeed": 1000, "MaxSpeed": 9},
        {"ID": 1, "MaxSpeed": 2000},
        {"ID": 2, "GuessSpeed": 500, "Disable": True},
        {"ID": 3, "BaseSpeed": 100},
    ]
    made = node(
        NodeResources={
            "Processors": {"Topology": {"Cores": cores, "OverrideWitholdCompute": 77}},
            "Memory": {"MemoryMB": 100},
            "Disk": {"DiskMB": 10},
        },
        ReservedResources={
            "Cpu": {"CpuShares": 600, "ReservedCpuCores": [3]},
            "Memory": {"MemoryMB": 1},
            "Disk": {"DiskMB": 20},
        },
    )
    assert made.available == Capacity(3000, frozenset({0, 1}), 99, -10)


@pytest.mark.parametrize(
    "cpu, topology",
    [
        ({"CpuShares": 4000, "TotalCpuCores": 2}, Topology((Core(0, 2000), Core(1, 2000)), 4000)),
        (
            {"CpuShares": 4000, "TotalCpuCores": 4, "ReservableCpuCores": [1, 3]},
            Topology((Core(1, 2000), Core(3, 2000)), 4000),
        ),
        ({"CpuShares": 4000}, None),
        ({"TotalCpuCores": 4}, None),
    ],
)
def test_topology_from_legacy_figures(cpu: dict[str, Any], topology: Topology | None) -> None:
    """spec: placement §1.4 step 3"""
    assert resources(Cpu=cpu, NodeNetworks=[]).topology == topology


def test_missing_interfaces_come_from_the_networks() -> None:
    """Steps 4 and 5; the second step makes a topology without cores an empty one. spec: placement §1.4"""
    networks = [{"Mode": "host", "Device": "eth0", "IP": "10.0.0.1", "MBits": 5}, {"Mode": "bridge"}]
    made = resources(Networks=networks, Processors={"Topology": {"OverrideTotalCompute": 7}})
    assert made.node_networks == (
        NodeNetwork("host", "eth0", (Address("default", "10.0.0.1"),)),
        NodeNetwork("bridge", ""),
    )
    assert made.topology == Topology()
    kept = resources(NodeNetworks=[], Processors={"Topology": {"OverrideTotalCompute": 7}})
    assert kept.topology == Topology((), 7)


def test_dynamic_port_range() -> None:
    made = resources(MinDynamicPort=0, MaxDynamicPort=-1)
    assert (made.min_dynamic_port, made.max_dynamic_port) == (20000, 32000)
    assert resources(MinDynamicPort=5).min_dynamic_port == 5


def test_node_of_the_v0_6_era() -> None:
    """spec: placement §1.5"""
    network = {"Device": "eth0", "IP": "10.0.0.9", "CIDR": "10.0.0.9/32", "MBits": 100}
    made = node(
        Resources={"CPU": 2000, "MemoryMB": 500, "DiskMB": 50, "Networks": [network]},
        Reserved={
            "CPU": 100,
            "MemoryMB": 1,
            "DiskMB": 2,
            "Networks": [{"ReservedPorts": [{"Value": 22}, {"Value": 80}]}],
        },
        Attributes={"driver.docker": "1"},
    )
    assert made.available == Capacity(1900, frozenset(), 499, 48)
    assert made.reserved.host_ports == "22,80"
    assert made.resources is not None
    assert made.resources.networks == (Network("", "eth0", "10.0.0.9/32", "10.0.0.9", 100),)
    assert made.resources.node_networks == (NodeNetwork("", "eth0", (Address("default", "10.0.0.9"),)),)


def test_null_drivers_are_told_apart() -> None:
    assert node(Drivers={"a": None, "b": {"Detected": True}}).drivers == {"a": None, "b": Driver(True, False)}


def test_stored_class_is_kept_even_when_empty() -> None:
    assert node(ComputedClass="v1:5").computed_class == "v1:5"
    assert node(ComputedClass="").computed_class == ""


def test_derived_class_sees_what_the_server_sees() -> None:
    """spec: placement §1.6"""
    device = {
        "Vendor": "a",
        "Type": "gpu",
        "Name": "x",
        "Instances": [{"ID": "1"}],
        "Attributes": {"unique.n": {"Int": 1}},
    }
    base: dict[str, Any] = {
        "Datacenter": "dc1",
        "Attributes": {"os": "linux", "unique.host": "a"},
        "NodeResources": {"Devices": [device]},
    }
    same: dict[str, Any] = {
        "Attributes": {"os": "linux", "unique.host": "b"},
        "Name": "other",
        "Status": "down",
        "Drivers": {"docker": {"Healthy": False}},
        "NodeResources": {"Devices": [{**device, "Instances": None, "Attributes": None}], "Disk": {"DiskMB": 3}},
    }
    classes = {node(**base).computed_class, node(**{**base, **same}).computed_class}
    assert len(classes) == 1
    changes: list[dict[str, Any]] = [
        {"Datacenter": "dc2"},
        {"NodePool": "gpu"},
        {"NodeClass": "big"},
        {"Meta": {"rack": "1"}},
        {"Attributes": {"os": "windows"}},
        {"NodeResources": {"Devices": []}},
    ]
    classes.update(node(**{**base, **change}).computed_class for change in changes)
    assert len(classes) == len(changes) + 1
    assert all(name.startswith("v1:") for name in classes)


@pytest.mark.parametrize(
    "fields, text",
    [
        ({"ID": None}, "Nodes[3]: a node must have an ID"),
        ({"Name": 5}, "Nodes[3]: Name must be a string, not int"),
        ({"NodeMaxAllocs": "x"}, "Nodes[3]: NodeMaxAllocs must be an integer, not str"),
        ({"Attributes": {"a": 1}}, "Nodes[3].Attributes: a must be a string, not int"),
        ({"Drivers": {"docker": 1}}, "Nodes[3].Drivers.docker: must be an object, not int"),
        (
            {"NodeResources": {"Networks": [None, {"MBits": "1"}]}},
            "Nodes[3].NodeResources.Networks[1]: MBits must be an integer, not str",
        ),
        (
            {"NodeResources": {"Processors": {"Topology": {"Cores": [{"ID": 1.5}]}}}},
            "Nodes[3].NodeResources.Processors.Topology.Cores[0]: ID must be an integer, not float",
        ),
    ],
)
def test_errors_name_the_place(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(InventoryError) as caught:
        Node.from_api({"ID": "n1", **fields}, path="Nodes[3]")
    assert str(caught.value) == text


def test_not_an_object() -> None:
    with pytest.raises(InventoryError, match="must be an object, not list"):
        Node.from_api([])
