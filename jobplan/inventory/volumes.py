"""Registered volumes: host volumes made at run time, CSI volumes, sticky claims. spec: placement §5.6, §5.7"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jobplan.inventory import reading

DEFAULT_NAMESPACE = "default"


@dataclasses.dataclass(frozen=True, slots=True)
class Capability:
    """A pair that a volume was registered for."""

    access_mode: str
    attachment_mode: str


@dataclasses.dataclass(frozen=True, slots=True)
class HostVolume:
    """A dynamic host volume."""

    id: str
    name: str
    namespace: str
    node_id: str
    state: str
    capabilities: tuple[Capability, ...]

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "HostVolume") -> HostVolume:
        """A volume from the object of `GET /v1/volume/host/:id`."""
        obj = reading.is_object(obj, path)
        return cls(
            reading.text(obj, "ID", path),
            reading.text(obj, "Name", path),
            reading.text(obj, "Namespace", path) or DEFAULT_NAMESPACE,
            reading.text(obj, "NodeID", path),
            reading.text(obj, "State", path),
            _capabilities(obj, path),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class StickyClaim:
    """An allocation's claim on a dynamic host volume that its group wants back. spec: placement §5.6 step 4"""

    namespace: str
    job_id: str
    group: str
    allocation_id: str
    volume_id: str

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "TaskGroupHostVolumeClaim") -> StickyClaim:
        obj = reading.is_object(obj, path)
        return cls(
            reading.text(obj, "Namespace", path) or DEFAULT_NAMESPACE,
            reading.text(obj, "JobID", path),
            reading.text(obj, "TaskGroupName", path),
            reading.text(obj, "AllocID", path),
            reading.text(obj, "VolumeID", path),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class CSIVolume:
    """A CSI volume with its claims; `topologies` lists the segments of each place where it can be reached."""

    id: str
    namespace: str
    plugin_id: str
    access_mode: str
    capabilities: tuple[Capability, ...]
    schedulable: bool
    exhausted: bool
    topologies: tuple[Mapping[str, str], ...]
    write_allocations: tuple[str, ...]

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "CSIVolume") -> CSIVolume:
        """A volume from the object of `GET /v1/volume/csi/:id`.

        `Schedulable` counts as captured: the server derives it from the health of the plugin. spec: placement §5.7
        """
        obj = reading.is_object(obj, path)
        schedulable = obj.get("Schedulable") is None or reading.flag(obj, "Schedulable", path)
        if reading.flag(obj, "ControllerRequired", path) and reading.number(obj, "ControllersHealthy", path) <= 0:
            schedulable = False
        return cls(
            reading.text(obj, "ID", path),
            reading.text(obj, "Namespace", path) or DEFAULT_NAMESPACE,
            reading.text(obj, "PluginID", path),
            reading.text(obj, "AccessMode", path),
            _capabilities(obj, path),
            schedulable,
            obj.get("ResourceExhausted") not in (None, "", "0001-01-01T00:00:00Z"),
            tuple(reading.texts(entry, "Segments", place) for place, entry in reading.objects(obj, "Topologies", path)),
            tuple(reading.member(obj, "WriteAllocs", path) or ()),
        )


def _capabilities(obj: reading.Json, path: str) -> tuple[Capability, ...]:
    return tuple(
        Capability(reading.text(entry, "AccessMode", place), reading.text(entry, "AttachmentMode", place))
        for place, entry in reading.objects(obj, "RequestedCapabilities", path)
    )
