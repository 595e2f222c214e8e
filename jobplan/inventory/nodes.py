"""Nodes as placement sees them: decoded once, normalised, frozen. spec: placement §1.1–1.6

Amounts: cpu in MHz, memory and disk in MB, bandwidth in Mbit/s. A member that placement never reads is not kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import reading
from jobplan.inventory.classes import derive_class

Json = Mapping[str, Any]

DEFAULT_POOL = "default"
MIN_DYNAMIC_PORT, MAX_DYNAMIC_PORT = 20000, 32000


@dataclasses.dataclass(frozen=True, slots=True)
class Core:
    """A processor core; `speed` in MHz."""

    id: int
    speed: int
    disabled: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Topology:
    """The processor; `override` replaces the summed speed when positive."""

    cores: tuple[Core, ...] = ()
    override: int = 0

    @property
    def total_compute(self) -> int:
        """MHz over all cores, disabled ones included. spec: placement §1.2"""
        return self.override if self.override > 0 else sum(core.speed for core in self.cores)

    @property
    def usable_cores(self) -> frozenset[int]:
        return frozenset(core.id for core in self.cores if not core.disabled)


@dataclasses.dataclass(frozen=True, slots=True)
class Network:
    """A network of the node as group and task networks see it: mode, and bandwidth of a device."""

    mode: str
    device: str
    cidr: str
    ip: str
    mbits: int


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """An address of a host network; the alias is the host network's name."""

    alias: str
    address: str
    reserved_ports: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class NodeNetwork:
    """A network interface with its addresses."""

    mode: str
    device: str
    addresses: tuple[Address, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Instance:
    """One device."""

    id: str
    healthy: bool


@dataclasses.dataclass(frozen=True, slots=True)
class DeviceGroup:
    """Devices of one vendor, type and name; an attribute is an object with Bool, Float, Int, String and Unit."""

    vendor: str
    type: str
    name: str
    instances: tuple[Instance, ...]
    attributes: Mapping[str, Json]


@dataclasses.dataclass(frozen=True, slots=True)
class NodeResources:
    """What the node has. `topology` is None only where the server itself has none and crashes on use."""

    topology: Topology | None
    memory_mb: int
    disk_mb: int
    networks: tuple[Network, ...]
    node_networks: tuple[NodeNetwork, ...]
    devices: tuple[DeviceGroup, ...]
    min_dynamic_port: int
    max_dynamic_port: int


@dataclasses.dataclass(frozen=True, slots=True)
class ReservedResources:
    """What the system keeps for itself."""

    cpu: int = 0
    cores: tuple[int, ...] = ()
    memory_mb: int = 0
    disk_mb: int = 0
    host_ports: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Capacity:
    """What allocations can use; amounts may be negative. spec: placement §1.3"""

    cpu: int
    cores: frozenset[int]
    memory_mb: int
    disk_mb: int


@dataclasses.dataclass(frozen=True, slots=True)
class Driver:
    """State of a task driver on the node."""

    detected: bool
    healthy: bool
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class NodeHostVolume:
    """A host volume on the node; a non-empty `id` marks a dynamic one."""

    name: str
    read_only: bool
    id: str


@dataclasses.dataclass(frozen=True, slots=True)
class CSINodePlugin:
    """A CSI plugin running on the node; `segments` is None without an accessible topology."""

    healthy: bool
    max_volumes: int
    segments: Mapping[str, str] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A client node. `available` is None exactly when the server would crash on asking for it."""

    id: str
    name: str = ""
    datacenter: str = ""
    node_pool: str = DEFAULT_POOL
    node_class: str = ""
    computed_class: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    meta: Mapping[str, str] = dataclasses.field(default_factory=dict)
    status: str = ""
    eligible: bool = True
    draining: bool = False
    drivers: Mapping[str, Driver | None] = dataclasses.field(default_factory=dict)
    host_volumes: Mapping[str, NodeHostVolume] = dataclasses.field(default_factory=dict)
    csi_plugins: Mapping[str, CSINodePlugin | None] = dataclasses.field(default_factory=dict)
    resources: NodeResources | None = None
    reserved: ReservedResources = ReservedResources()
    max_allocs: int = 0
    available: Capacity | None = None

    @property
    def ready(self) -> bool:
        """Can take new allocations. spec: placement §2"""
        return self.status == "ready" and not self.draining and self.eligible

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "Node") -> Node:
        """A node from the object of `GET /v1/node/:id`, normalised. spec: placement §1.4

        Nodes of the v0.6 era are converted first. Raises `InventoryError` with the place of a wrong value.
        """
        obj = reading.is_object(obj, path)
        node_id = reading.text(obj, "ID", path)
        if not node_id:
            raise InventoryError("a node must have an ID", path=path)
        resources, reserved = _resources(obj, path), _reserved(obj, path)
        draining = obj.get("DrainStrategy") is not None
        eligibility = reading.text(obj, "SchedulingEligibility", path)
        datacenter, node_class = reading.text(obj, "Datacenter", path), reading.text(obj, "NodeClass", path)
        pool = reading.text(obj, "NodePool", path) or DEFAULT_POOL
        attributes, meta = reading.texts(obj, "Attributes", path), reading.texts(obj, "Meta", path)
        if obj.get("ComputedClass") is None:
            devices = resources.devices if resources is not None else ()
            computed = derive_class(datacenter, node_class, pool, attributes, meta, devices)
        else:
            computed = reading.text(obj, "ComputedClass", path)
        return cls(
            node_id,
            reading.text(obj, "Name", path),
            datacenter,
            pool,
            node_class,
            computed,
            attributes,
            meta,
            reading.text(obj, "Status", path),
            not draining and eligibility in ("", "eligible"),
            draining,
            _drivers(obj, path),
            _host_volumes(obj, path),
            _csi_plugins(obj, path),
            resources,
            reserved,
            reading.number(obj, "NodeMaxAllocs", path),
            _available(resources, reserved),
        )


def _available(resources: NodeResources | None, reserved: ReservedResources) -> Capacity | None:
    """spec: placement §1.3"""
    if resources is None or resources.topology is None:
        return None
    return Capacity(
        resources.topology.total_compute - reserved.cpu,
        resources.topology.usable_cores - frozenset(reserved.cores),
        resources.memory_mb - reserved.memory_mb,
        resources.disk_mb - reserved.disk_mb,
    )


def _resources(obj: Json, path: str) -> NodeResources | None:
    found = reading.member(obj, "NodeResources", path)
    if found is None:
        return _old_resources(obj, path)
    path += ".NodeResources"
    topology = _topology(found, path)
    networks = _networks(found, path)
    if found.get("NodeNetworks") is None:  # spec: placement §1.4 steps 4 and 5
        node_networks = _node_networks_of(networks)
        if topology is None or not topology.cores:
            topology = Topology()
    else:
        node_networks = _node_networks(found, path)
    low, high = reading.number(found, "MinDynamicPort", path), reading.number(found, "MaxDynamicPort", path)
    return NodeResources(
        topology,
        _amount(found, "Memory", "MemoryMB", path),
        _amount(found, "Disk", "DiskMB", path),
        networks,
        node_networks,
        _devices(found, path),
        low if low > 0 else MIN_DYNAMIC_PORT,
        high if high > 0 else MAX_DYNAMIC_PORT,
    )


def _amount(obj: Json, block: str, key: str, path: str) -> int:
    found = reading.member(obj, block, path)
    return 0 if found is None else reading.number(found, key, f"{path}.{block}")


def _old_resources(obj: Json, path: str) -> NodeResources | None:
    """A node of the v0.6 era, which a current server could not use. spec: placement §1.5

    Without `Resources` either, nothing is known: placement then fails as the server does.
    """
    old = reading.member(obj, "Resources", path)
    if old is None:
        return None
    path += ".Resources"
    networks = _networks(old, path)
    return NodeResources(
        Topology(override=reading.number(old, "CPU", path)),
        reading.number(old, "MemoryMB", path),
        reading.number(old, "DiskMB", path),
        networks,
        _node_networks_of(networks),
        (),
        MIN_DYNAMIC_PORT,
        MAX_DYNAMIC_PORT,
    )


def _topology(obj: Json, path: str) -> Topology | None:
    """The topology, made up from the legacy figures when it is missing. spec: placement §1.4 step 3"""
    processors = reading.member(obj, "Processors", path)
    found = None if processors is None else reading.member(processors, "Topology", f"{path}.Processors")
    if found is not None:
        path += ".Processors.Topology"
        cores = tuple(_core(entry, place) for place, entry in reading.objects(found, "Cores", path))
        return Topology(cores, reading.number(found, "OverrideTotalCompute", path))
    legacy = reading.member(obj, "Cpu", path)
    if legacy is None:
        return None
    path += ".Cpu"
    shares, count = reading.number(legacy, "CpuShares", path), reading.number(legacy, "TotalCpuCores", path)
    if shares == 0 or count == 0:
        return None
    ids = reading.numbers(legacy, "ReservableCpuCores", path) or tuple(range(count))
    return Topology(tuple(Core(core, shares // len(ids)) for core in ids), shares)


def _core(obj: Json, path: str) -> Core:
    """The first speed that is known: base, maximum, guess. spec: placement §1.2"""
    speed = reading.number(obj, "BaseSpeed", path)
    if speed <= 0:
        speed = reading.number(obj, "MaxSpeed", path)
    if speed <= 0:
        speed = reading.number(obj, "GuessSpeed", path)
    return Core(reading.number(obj, "ID", path), speed, reading.flag(obj, "Disable", path))


def _networks(obj: Json, path: str) -> tuple[Network, ...]:
    return tuple(
        Network(
            reading.text(entry, "Mode", place),
            reading.text(entry, "Device", place),
            reading.text(entry, "CIDR", place),
            reading.text(entry, "IP", place),
            reading.number(entry, "MBits", place),
        )
        for place, entry in reading.objects(obj, "Networks", path)
    )


def _node_networks_of(networks: tuple[Network, ...]) -> tuple[NodeNetwork, ...]:
    """Interfaces from the legacy list. spec: placement §1.4 step 4"""
    return tuple(
        NodeNetwork(network.mode, network.device, (Address("default", network.ip),) if network.ip else ())
        for network in networks
    )


def _node_networks(obj: Json, path: str) -> tuple[NodeNetwork, ...]:
    return tuple(
        NodeNetwork(
            reading.text(entry, "Mode", place),
            reading.text(entry, "Device", place),
            tuple(
                Address(
                    reading.text(address, "Alias", inner),
                    reading.text(address, "Address", inner),
                    reading.text(address, "ReservedPorts", inner),
                )
                for inner, address in reading.objects(entry, "Addresses", place)
            ),
        )
        for place, entry in reading.objects(obj, "NodeNetworks", path)
    )


def _devices(obj: Json, path: str) -> tuple[DeviceGroup, ...]:
    return tuple(
        DeviceGroup(
            reading.text(entry, "Vendor", place),
            reading.text(entry, "Type", place),
            reading.text(entry, "Name", place),
            tuple(
                Instance(reading.text(instance, "ID", inner), reading.flag(instance, "Healthy", inner))
                for inner, instance in reading.objects(entry, "Instances", place)
            ),
            {
                key: reading.is_object(value, f"{place}.Attributes.{key}")
                for key, value in (reading.member(entry, "Attributes", place) or {}).items()
                if value is not None
            },
        )
        for place, entry in reading.objects(obj, "Devices", path)
    )


def _reserved(obj: Json, path: str) -> ReservedResources:
    found = reading.member(obj, "ReservedResources", path)
    if found is None:
        return _old_reserved(obj, path)
    path += ".ReservedResources"
    cpu = reading.member(found, "Cpu", path) or {}
    networks = reading.member(found, "Networks", path) or {}
    return ReservedResources(
        reading.number(cpu, "CpuShares", f"{path}.Cpu"),
        reading.numbers(cpu, "ReservedCpuCores", f"{path}.Cpu"),
        _amount(found, "Memory", "MemoryMB", path),
        _amount(found, "Disk", "DiskMB", path),
        reading.text(networks, "ReservedHostPorts", f"{path}.Networks"),
    )


def _old_reserved(obj: Json, path: str) -> ReservedResources:
    """Reserved amounts of the v0.6 era; ignored on a node that has today's resources. spec: placement §1.5"""
    old = reading.member(obj, "Reserved", path)
    if old is None or obj.get("NodeResources") is not None:
        return ReservedResources()
    path += ".Reserved"
    ports = [
        reading.number(port, "Value", inner)
        for place, network in reading.objects(old, "Networks", path)
        for inner, port in reading.objects(network, "ReservedPorts", place)
    ]
    return ReservedResources(
        reading.number(old, "CPU", path),
        (),
        reading.number(old, "MemoryMB", path),
        reading.number(old, "DiskMB", path),
        ",".join(map(str, ports)),
    )


def _drivers(obj: Json, path: str) -> dict[str, Driver | None]:
    made: dict[str, Driver | None] = {}
    for name, entry in (reading.member(obj, "Drivers", path) or {}).items():
        place = f"{path}.Drivers.{name}"
        if entry is None:
            made[name] = None
            continue
        entry = reading.is_object(entry, place)
        made[name] = Driver(
            reading.flag(entry, "Detected", place),
            reading.flag(entry, "Healthy", place),
            reading.text(entry, "HealthDescription", place),
        )
    return made


def _host_volumes(obj: Json, path: str) -> dict[str, NodeHostVolume]:
    made = {}
    for name, entry in (reading.member(obj, "HostVolumes", path) or {}).items():
        if entry is not None:
            place = f"{path}.HostVolumes.{name}"
            entry = reading.is_object(entry, place)
            made[name] = NodeHostVolume(
                reading.text(entry, "Name", place),
                reading.flag(entry, "ReadOnly", place),
                reading.text(entry, "ID", place),
            )
    return made


def _csi_plugins(obj: Json, path: str) -> dict[str, CSINodePlugin | None]:
    made: dict[str, CSINodePlugin | None] = {}
    for name, entry in (reading.member(obj, "CSINodePlugins", path) or {}).items():
        place = f"{path}.CSINodePlugins.{name}"
        if entry is None:
            made[name] = None
            continue
        entry = reading.is_object(entry, place)
        info = reading.member(entry, "NodeInfo", place) or {}
        topology = reading.member(info, "AccessibleTopology", f"{place}.NodeInfo")
        made[name] = CSINodePlugin(
            reading.flag(entry, "Healthy", place),
            reading.number(info, "MaxVolumes", f"{place}.NodeInfo"),
            None if topology is None else reading.texts(topology, "Segments", f"{place}.NodeInfo.AccessibleTopology"),
        )
    return made
