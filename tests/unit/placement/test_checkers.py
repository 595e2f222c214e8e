"""Single checks, through whole selections. spec: placement §5, §7"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.admission import admit_job
from jobplan.canonical import load_job
from jobplan.inventory import Inventory
from jobplan.inventory.nodes import Node
from jobplan.model.job import Job
from jobplan.model.settings import DEFAULT_SETTINGS
from jobplan.placement.checkers.drivers import runs_driver
from jobplan.placement.reasons import FILTERED, Reason, Trace
from jobplan.placement.run import Run


def node(name: str = "n1", *, modes: tuple[str, ...] = ("host",), **more: Any) -> dict[str, Any]:
    return {
        "ID": name,
        "Status": "ready",
        "Drivers": {"docker": {"Detected": True, "Healthy": True}},
        "ComputedClass": "v1:1",
        "NodeResources": {
            "Processors": {"Topology": {"Cores": [{"ID": 0, "BaseSpeed": 4000}]}},
            "Memory": {"MemoryMB": 8000},
            "Disk": {"DiskMB": 8000},
            "Networks": [{"Mode": mode} for mode in modes],
            "NodeNetworks": [{"Addresses": [{"Alias": "default", "Address": "10.0.0.1"}]}],
        },
        **more,
    }


def job(*groups: dict[str, Any], **more: Any) -> Job:
    task = {"Name": "web", "Driver": "docker", "Config": {"image": "web:1"}, "Resources": {"CPU": 100}}
    api = {
        "ID": "example",
        "Datacenters": ["*"],
        "TaskGroups": [{"Name": f"g{number}", "Tasks": [task], **group} for number, group in enumerate(groups)],
        **more,
    }
    return admit_job(load_job(api), DEFAULT_SETTINGS).job


def reasons(planned: Job, nodes: list[dict[str, Any]], *groups: str, **inventory: Any) -> list[str]:
    """The keys under which nodes are filtered, in order; one selection per group, the first group by default."""
    run = Run(planned, Inventory.from_api({"Nodes": nodes, "SchedulerConfig": {}, **inventory}))
    found: list[str] = []
    for name in groups or ("g0",):
        for place in run.inventory.nodes.values():
            ask = run.ask(planned, run.groups[name])
            selection = run.selection(run.trial(ask, f"example.{name}[0]"), scored=False)
            selection.try_node(place)
            metrics = selection.metrics
            found.extend([*(metrics.constraint_filtered or {}), *(metrics.dimension_exhausted or {})] or ["fits"])
    return found


@pytest.mark.parametrize(
    "drivers, attributes, expected",
    [
        ({"docker": {"Detected": True, "Healthy": True}}, {}, True),
        ({"docker": {"Detected": True, "Healthy": False}}, {"driver.docker": "1"}, False),
        ({"docker": None}, {"driver.docker": "1"}, False),
        ({}, {"driver.docker": "t"}, True),
        ({}, {"driver.docker": "yes"}, False),
        ({}, {}, False),
    ],
)
def test_drivers(drivers: Any, attributes: dict[str, str], expected: bool) -> None:
    made = Node.from_api({"ID": "n1", "Drivers": drivers, "Attributes": attributes})
    assert runs_driver(made, "docker") is expected


BRIDGE = {"Networks": [{"Mode": "bridge"}]}


def test_group_without_network_inherits_the_one_before() -> None:
    """Quirk 2. spec: placement §5.4"""
    nodes = [node("n1", Attributes={"kernel.name": "linux", "plugins.cni.version.bridge": "1.4.0"})]
    planned = job({}, BRIDGE)
    assert reasons(planned, nodes, "g0") == ["fits"]
    assert reasons(planned, nodes, "g1", "g0")[-1] == "missing network"


def test_clients_before_0_12_need_no_bridge() -> None:
    """The implied CNI constraint is left out of this job on purpose."""
    planned = job({})
    planned.task_groups[0].networks = job(BRIDGE).task_groups[0].networks  # type: ignore[index]

    def on(version: str) -> list[str]:
        return reasons(planned, [node(Attributes={"nomad.version": version})])

    assert on("0.11.3") == ["fits"]
    assert on("0.11.3-beta1") == on("1.0.0") == on("") == ["missing network"]


@pytest.mark.parametrize(
    "host_network, key",
    [
        ("public", 'missing host network "public" for port "p"'),
        ("${meta.net}", 'missing host network "lan" for port "p"'),
        ("${meta.nope}", 'invalid host network "${meta.nope}" template for port "p"'),
        ("default", "fits"),
    ],
)
def test_host_networks(host_network: str, key: str) -> None:
    networks = [{"Mode": "host", "DynamicPorts": [{"Label": "p", "HostNetwork": host_network}]}]
    assert reasons(job({"Networks": networks}), [node(Meta={"net": "lan"})]) == [key]


def host_volume(**more: Any) -> dict[str, Any]:
    return {"Volumes": {"v": {"Type": "host", "Source": "data", **more}}}


MISSING = "missing compatible host volumes"


@pytest.mark.parametrize(
    "mounted, ask, key",
    [
        ({}, {}, MISSING),
        ({"data": {"ReadOnly": False}}, {}, "fits"),
        ({"data": {"ReadOnly": True}}, {}, MISSING),
        ({"data": {"ReadOnly": True}}, {"ReadOnly": True}, "fits"),
        ({"data[0]": {}}, {"PerAlloc": True}, "fits"),
        ({"data": {}}, {"PerAlloc": True}, MISSING),
        ({"data": {"ID": "gone"}}, {}, MISSING),
    ],
)
def test_host_volumes(mounted: dict[str, Any], ask: dict[str, Any], key: str) -> None:
    assert reasons(job(host_volume(**ask)), [node(HostVolumes=mounted)]) == [key]


@pytest.mark.parametrize(
    "modes, state, ask, key",
    [
        (["single-node-writer"], "ready", {}, "fits"),
        (["single-node-writer"], "pending", {}, MISSING),
        (["single-node-reader-only"], "ready", {}, MISSING),
        (["single-node-reader-only"], "ready", {"ReadOnly": True}, "fits"),
        (["single-node-multi-writer"], "ready", {"AccessMode": "single-node-multi-writer"}, "fits"),
        (["single-node-writer"], "ready", {"AttachmentMode": "block-device"}, MISSING),
    ],
)
def test_dynamic_host_volumes(modes: list[str], state: str, ask: dict[str, Any], key: str) -> None:
    volume = {
        "ID": "vol-1", "Name": "data", "NodeID": "n1", "State": state,
        "RequestedCapabilities": [{"AccessMode": mode, "AttachmentMode": "file-system"} for mode in modes],
    }  # fmt: skip
    planned = job({})
    planned.task_groups[0].volumes = job(host_volume()).task_groups[0].volumes  # type: ignore[index]
    request = planned.task_groups[0].volumes["v"]  # type: ignore[index]
    request.read_only = ask.get("ReadOnly", False)
    request.access_mode, request.attachment_mode = ask.get("AccessMode", ""), ask.get("AttachmentMode", "")
    assert reasons(planned, [node(HostVolumes={"data": {"ID": "vol-1"}})], HostVolumes=[volume]) == [key]


def csi(**plugin: Any) -> dict[str, Any]:
    info = {"MaxVolumes": 1, "AccessibleTopology": {"Segments": {"zone": "a"}}}
    return {"CSINodePlugins": {"ebs": {"Healthy": True, "NodeInfo": info, **plugin}}}


def csi_volume(**more: Any) -> dict[str, Any]:
    mode = {"AccessMode": "single-node-writer", "AttachmentMode": "file-system"}
    return {"ID": "disk", "PluginID": "ebs", "Schedulable": True, "RequestedCapabilities": [mode], **more}


@pytest.mark.parametrize(
    "volumes, plugins, key",
    [
        ([], csi(), "missing CSI volume(s) disk"),
        ([csi_volume()], {}, "CSI plugin ebs is missing from client n1"),
        ([csi_volume()], csi(Healthy=False), "CSI plugin ebs is unhealthy on client n1"),
        ([csi_volume()], csi(NodeInfo={}), "CSI plugin ebs has the maximum number of volumes on client n1"),
        ([csi_volume(Topologies=[{"Segments": {"zone": "b"}}])], csi(), "did not meet topology requirement"),
        ([csi_volume(Topologies=[{"Segments": {"zone": "a"}}])], csi(), "fits"),
        ([csi_volume(Schedulable=False)], csi(), "CSI volume disk is unschedulable or is read-only"),
        ([csi_volume(AccessMode="multi-node-reader-only")], csi(), "CSI volume disk is unschedulable or is read-only"),
        (
            [csi_volume(AccessMode="single-node-writer", WriteAllocs={"gone": None})],
            csi(),
            "CSI volume disk has exhausted its available writer claims and is claimed by a garbage collected "
            "allocation gone; waiting for claim to be released",
        ),
        ([csi_volume(AccessMode="multi-node-multi-writer", WriteAllocs={"gone": None})], csi(), "fits"),
    ],
)
def test_csi_volumes(volumes: list[dict[str, Any]], plugins: dict[str, Any], key: str) -> None:
    request = {
        "Type": "csi", "Source": "disk", "AccessMode": "single-node-writer", "AttachmentMode": "file-system",
    }  # fmt: skip
    assert reasons(job({"Volumes": {"v": request}}), [node(**plugins)], CSIVolumes=volumes) == [key]


def test_class_verdict_outlives_the_node_that_made_it() -> None:
    """Driver health is no part of the class, but its check is cached (quirk 8). spec: placement §7"""
    nodes = [node("a", Drivers={}), node("b")]
    assert reasons(job({}), nodes) == ["missing drivers", "computed class ineligible"]
    assert reasons(job({}), nodes[::-1]) == ["missing drivers", "computed class ineligible"], "in order of ID"
    assert reasons(job({}), [node("a"), node("b", Drivers={})]) == ["fits", "fits"]


def test_job_verdict_counts_for_the_next_group() -> None:
    windows = [{"LTarget": "${attr.kernel.name}", "Operand": "=", "RTarget": "windows"}]
    found = reasons(job({}, {}, Constraints=windows), [node()], "g0", "g1")
    assert found == ["${attr.kernel.name} = windows", "computed class ineligible"]


def test_trace_gets_the_facts() -> None:
    class Collect(Trace):
        seen: list[tuple[str, str, Reason]] = []  # noqa: RUF012 - one test

        def rejected(self, node: Node, stage: str, reason: Reason) -> None:
            self.seen.append((node.id, stage, reason))

    planned = job({"Constraints": [{"LTarget": "${meta.rack}", "Operand": "=", "RTarget": "r1"}]})
    run = Run(planned, Inventory.from_api({"Nodes": [node(Meta={"rack": "r2"})]}), trace=Collect())
    run.selection(run.trial(run.ask(planned, run.groups["g0"]), "x"), scored=False).try_node(run.inventory.nodes["n1"])
    assert Collect.seen == [("n1", FILTERED, Reason("${meta.rack} = r1", "${meta.rack}", "r1", "r2"))]
