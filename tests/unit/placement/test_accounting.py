"""Flattening, ports, occupancy and the draft. spec: placement §8, §9"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.errors import PlanError
from jobplan.inventory import Inventory
from jobplan.inventory.allocations import AllocatedResources, AllocatedTask
from jobplan.placement.asks import NetworkAsk, PortAsk
from jobplan.placement.cluster import Cluster
from jobplan.placement.draft import Draft
from jobplan.placement.occupancy import occupancy
from jobplan.placement.ports import NodePorts, PortIndex, parse_ports
from jobplan.placement.resources import Usage, flatten, with_updated_tasks


def test_flatten_example() -> None:
    """spec: placement §8.2, example"""
    tasks = [
        AllocatedTask(1000, 100, hook="prestart"),
        AllocatedTask(50, 64, hook="prestart", sidecar=True),
        AllocatedTask(500, 256),
        AllocatedTask(200, 400, hook="poststop"),
    ]
    assert flatten(tasks, 300) == Usage(1050, 400, 300)


def test_cores_are_never_shared_between_phases() -> None:
    tasks = [AllocatedTask(2000, 10, cores=(0,), hook="prestart"), AllocatedTask(2000, 20, cores=(1,))]
    assert flatten(tasks, 0) == Usage(4000, 20, 0, frozenset({0, 1}))


def test_update_in_place_keeps_what_was_given() -> None:
    held = AllocatedResources({"web": AllocatedTask(4000, 64, cores=(2, 3))}, 300)
    updated = with_updated_tasks(held, {"web": AllocatedTask(100, 128), "new": AllocatedTask(5, 5)}, 400)
    assert updated.tasks["web"] == AllocatedTask(4000, 128, cores=(2, 3))
    assert updated.tasks["new"].cpu == 5
    assert updated.disk_mb == 400


@pytest.mark.parametrize(
    "text, ports", [("", []), ("22", [22]), ("22, 80", [22, 80]), ("8000-8002,1", [8000, 8001, 8002, 1])]
)
def test_port_lists(text: str, ports: list[int]) -> None:
    assert parse_ports(text) == ports


@pytest.mark.parametrize("text", [",", "22,", "x", "0", "65537", "9-8", "1-2-3", "-5", "+5", "1 - 2"])
def test_port_lists_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no ports?:"):
        parse_ports(text)


def index(reserved: dict[str, set[int]] | None = None, *, low: int = 100, high: int = 102) -> PortIndex:
    frozen = {ip: frozenset(ports) for ip, ports in (reserved or {}).items()}
    aliases = {"default": ("10.0.0.1", "fd00::1"), "public": ("8.8.8.8",)}
    base = NodePorts(frozen, aliases, (("eth0", "10.0.0.1/31"),), {"eth0": 100}, low, high)
    return PortIndex(base)


def asked(*static: int, dynamic: int = 0, alias: str = "default", mbits: int = 0) -> NetworkAsk:
    return NetworkAsk(
        "host",
        mbits,
        tuple(PortAsk(f"s{port}", port, 0, alias, False) for port in static),
        tuple(PortAsk(f"d{number}", 0, -1, alias, False) for number in range(dynamic)),
    )


def offer(ports: PortIndex, ask: NetworkAsk, avoid: frozenset[int] = frozenset()) -> Any:
    return ports.offer_group(ask, lambda port: port.host_network, avoid)


def test_two_addresses_of_one_alias_share_a_static_port() -> None:
    """Quirk 16."""
    ports = index()
    assert [offer(ports, asked(80))[0].host_ip for _ in range(2)] == ["10.0.0.1", "fd00::1"]
    assert offer(ports, asked(80)) == "reserved port collision s80=80"


def test_errors_of_group_networks() -> None:
    assert offer(index(), asked(70000)) == "invalid port 70000 (out of range)"
    assert offer(index(), asked(80, alias="nope")) == "no addresses available for nope network"
    assert offer(index(), asked(dynamic=1, alias="nope")) == "no addresses available for nope network"
    assert offer(index(), asked(dynamic=4, alias="public")) == "dynamic port selection failed"


def test_dynamic_ports_take_every_free_number_once() -> None:
    ports = index({"8.8.8.8": {101}})
    made = offer(ports, asked(dynamic=2, alias="public"))
    assert sorted(port.value for port in made) == [100, 102]
    assert [port.to for port in made] == [port.value for port in made]
    assert offer(ports, asked(dynamic=1, alias="public")) == "dynamic port selection failed"


def test_dynamic_ports_leave_static_ones_alone_while_they_can() -> None:
    ports = index()
    avoid = frozenset({102})
    numbers = [offer(ports, asked(dynamic=1, alias="public"), avoid)[0].value for _ in range(3)]
    assert numbers == [101, 100, 102]


def test_task_networks() -> None:
    """spec: placement §9.3"""
    ports = index({"10.0.0.0": {80}})
    assert ports.offer_task(asked(80, mbits=60), frozenset()).ip == "10.0.0.1"  # type: ignore[union-attr]
    assert ports.offer_task(asked(80), frozenset()) == "reserved port collision s80=80"
    assert ports.offer_task(asked(mbits=50), frozenset()) == "bandwidth exceeded"
    nothing = PortIndex(NodePorts({}, {}, (("eth0", "no address"),), {"eth0": 100}, 1, 2))
    assert nothing.offer_task(asked(80), frozenset()) == "no networks available"


NODE = {
    "ID": "n1",
    "Status": "ready",
    "NodeResources": {
        "Processors": {"Topology": {"Cores": [{"ID": 0, "BaseSpeed": 1000}]}},
        "NodeNetworks": [{"Addresses": [{"Alias": "default", "Address": "10.0.0.1"}]}],
    },
}


def allocation(name: str, *, cpu: int = 100, port: int = 0, **more: Any) -> dict[str, Any]:
    ports = [{"Label": "p", "Value": port, "HostIP": "10.0.0.1"}] if port else None
    return {
        "ID": name,
        "JobID": "other",
        "TaskGroup": "web",
        "NodeID": "n1",
        "AllocatedResources": {
            "Tasks": {"web": {"Cpu": {"CpuShares": cpu, "ReservedCores": [0]}, "Memory": {"MemoryMB": 1}}},
            "Shared": {"Ports": ports},
        },
        **more,
    }


def cluster(*allocations: dict[str, Any]) -> Cluster:
    jobs = [{"ID": "other", "Version": 0}]
    return Cluster(Inventory.from_api({"Nodes": [NODE], "Allocations": list(allocations), "Jobs": jobs}))


def test_terminal_allocations_free_their_room() -> None:
    found = cluster(
        allocation("a"), allocation("b", ClientStatus="complete"), allocation("c", DesiredStatus="stop")
    ).occupancies["n1"]
    assert list(found.occupants) == ["a", "c"]
    assert found.cpu == 200
    assert found.shares_core


def test_collisions_are_noted() -> None:
    assert not cluster(allocation("a", port=80)).occupancies["n1"].ports.collided
    assert cluster(allocation("a", port=80), allocation("b", port=80)).occupancies["n1"].ports.collided


def test_allocation_without_resources_crashes_the_fit_stage() -> None:
    found = cluster(allocation("a", AllocatedResources=None)).occupancies["n1"]
    with pytest.raises(PlanError, match="nil pointer dereference"):
        found.check()


def test_draft_stops_places_and_takes_back() -> None:
    made = cluster(allocation("a", port=80), allocation("b", port=81))
    draft = Draft(made)
    first = made.occupants["a"]
    draft.stop(first)
    assert list(draft.occupancy("n1").occupants) == ["b"]
    assert not draft.occupancy("n1").ports.in_use("10.0.0.1", 80)
    draft.undo_stop(first)
    assert draft.occupancy("n1").ports.in_use("10.0.0.1", 80)
    draft.preempt(made.occupants["b"])
    assert list(draft.occupancy("n1").occupants) == ["a"]
    assert list(made.occupancies["n1"].occupants) == ["a", "b"], "the cluster itself never changes"


def test_waiting_failed_allocation_blocks_its_cores_only() -> None:
    """Quirk 19: it is in the plan as an attribute update. spec: placement §8.1"""
    made = cluster(allocation("a", ClientStatus="failed"))
    draft = Draft(made)
    draft.place(made.occupants["a"])
    found = draft.occupancy("n1")
    assert (found.cpu, found.cores, found.held_cores) == (0, frozenset(), frozenset({0}))
    assert list(found.occupants) == ["a"]


def test_ports_of_a_copy_are_its_own() -> None:
    made = cluster(allocation("a", port=80))
    stored = made.occupancies["n1"]
    copy = stored.copy()
    extra = cluster(allocation("b", port=81)).occupants["b"]
    copy.add(extra)
    assert copy.ports.in_use("10.0.0.1", 81)
    assert not stored.ports.in_use("10.0.0.1", 81)
    assert occupancy(stored.ports.base, [extra]).ports.in_use("10.0.0.1", 81)
