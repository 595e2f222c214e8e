"""Volumes, mounts and the ephemeral disk. spec: model §3.3, 3.4"""

from __future__ import annotations

from jobplan.model.kinds import Kind, boolean, duration, integer, kind, nested, string, values
from jobplan.values.durations import SECOND


@kind()
class EphemeralDisk(Kind):
    """The shared disk of an allocation."""

    sticky: bool = boolean("Sticky", absent=False)
    migrate: bool = boolean("Migrate", absent=False)
    size_mb: int = integer("SizeMB", absent=300)  # MB


@kind()
class CSIMountOptions(Kind):
    """How a CSI volume is mounted."""

    fs_type: str = string("FSType")
    mount_flags: list[str] | None = values("MountFlags")


@kind()
class VolumeRequest(Kind):
    """A volume that a group asks for."""

    name: str = string("Name")
    type: str = string("Type")
    source: str = string("Source")
    read_only: bool = boolean("ReadOnly")
    sticky: bool = boolean("Sticky")
    access_mode: str = string("AccessMode")
    attachment_mode: str = string("AttachmentMode")
    mount_options: CSIMountOptions | None = nested("MountOptions", CSIMountOptions)
    per_alloc: bool = boolean("PerAlloc")


@kind()
class VolumeMount(Kind):
    """Where a task mounts a volume of its group."""

    volume: str = string("Volume", absent="")
    destination: str = string("Destination", absent="")
    read_only: bool = boolean("ReadOnly", absent=False)
    propagation_mode: str = string("PropagationMode", absent="private")
    selinux_label: str = string("SELinuxLabel", absent="")


@kind()
class TaskCSIPluginConfig(Kind):
    """Marks a task as a CSI plugin."""

    id: str = string("ID")
    type: str = string("Type")
    mount_dir: str = string("MountDir", zero="/csi")
    stage_publish_base_dir: str = string("StagePublishBaseDir", zero="/local/csi")
    health_timeout: int = duration("HealthTimeout", zero=30 * SECOND)
