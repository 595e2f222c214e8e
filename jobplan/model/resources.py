"""Resources, networks and devices. spec: model §3.5"""

from __future__ import annotations

from jobplan.model.kinds import UINT64, Kind, boolean, integer, kind, mapping, nested, objects, string, values
from jobplan.model.placement_rules import Affinity, Constraint


@kind()
class NUMAResource(Kind):
    """Wish for cores of one NUMA node."""

    affinity: str = string("Affinity", zero="none")
    devices: list[str] | None = values("Devices", empty=None)


@kind()
class RequestedDevice(Kind):
    """Devices asked for, by name."""

    name: str = string("Name")
    count: int = integer("Count", UINT64, absent=1)
    constraints: list[Constraint] | None = objects("Constraints", Constraint)
    affinities: list[Affinity] | None = objects("Affinities", Affinity)


@kind(omit_zero=True)
class Port(Kind):
    """One port of a network; `to` -1 means the same as the host port."""

    label: str = string("Label")
    value: int = integer("Value")
    to: int = integer("To")
    host_network: str = string("HostNetwork")
    ignore_collision: bool = boolean("IgnoreCollision")


@kind()
class DNSConfig(Kind):
    """DNS settings of a group network."""

    servers: list[str] | None = values("Servers")
    searches: list[str] | None = values("Searches")
    options: list[str] | None = values("Options")


@kind()
class CNIConfig(Kind):
    """Arguments for a CNI plugin."""

    args: dict[str, str] | None = mapping("Args")


@kind(omit_zero=True)
class NetworkResource(Kind):
    """A network of a group (or, legacy, of a task)."""

    mode: str = string("Mode")
    device: str = string("Device", carried=False)
    cidr: str = string("CIDR")
    ip: str = string("IP")
    dns: DNSConfig | None = nested("DNS", DNSConfig)
    reserved_ports: list[Port] | None = objects("ReservedPorts", Port, by_value=True, null="zero", empty=None)
    dynamic_ports: list[Port] | None = objects("DynamicPorts", Port, by_value=True, null="zero", empty=None)
    hostname: str = string("Hostname")
    mbits: int = integer("MBits", absent=0)  # Mbit/s
    cni: CNIConfig | None = nested("CNI", CNIConfig)


@kind()
class Resources(Kind):
    """What a task asks for."""

    cpu: int = integer("CPU", absent=100)  # MHz
    cores: int = integer("Cores", absent=0)
    memory_mb: int = integer("MemoryMB", absent=300)  # MB
    memory_max_mb: int = integer("MemoryMaxMB", absent=0)  # MB
    disk_mb: int = integer("DiskMB", absent=0, carried=False)  # MB
    networks: list[NetworkResource] | None = objects("Networks", NetworkResource, empty=None)
    devices: list[RequestedDevice] | None = objects("Devices", RequestedDevice, empty=None)
    numa: NUMAResource | None = nested("NUMA", NUMAResource)
    secrets_mb: int = integer("SecretsMB", absent=0)  # MB
    iops: int = integer("IOPS", absent=0)
