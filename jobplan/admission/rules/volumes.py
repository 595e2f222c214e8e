"""Volume requests of a group and mounts of a task. spec: admission §7.8, §7.31"""

from __future__ import annotations

from typing import Any

from jobplan.admission.rules.table import At, given, row, rules, select
from jobplan.model.volumes import VolumeRequest

# ---- §7.8 ---------------------------------------------------------------------------------------------------------

_HOST_ACCESS = (
    "single-node-reader-only", "single-node-writer", "single-node-single-writer", "single-node-multi-writer", "",
)  # fmt: skip


def _uses_canaries(volume: VolumeRequest, at: At) -> bool:
    return at.group.update is not None and at.group.update.canary > 0


def _access(mode: str) -> Any:
    return lambda v: v.access_mode == mode


def _writable(mode: str) -> Any:
    return lambda v: v.access_mode == mode and not v.read_only


def _shared(mode: str) -> Any:
    """Several allocations of the group would use the same volume."""
    return lambda v, at: v.access_mode == mode and at.group.count > 1 and not v.per_alloc


_HOST = (
    row("host-5", lambda v: v.mount_options is not None, "host volumes cannot have mount options"),
    row("host-6", _writable("single-node-reader-only"), "single-node-reader-only volumes must be read-only"),
    row("host-7", lambda v: v.access_mode not in _HOST_ACCESS,
        "host volumes cannot be mounted with {mode} access mode", mode="access_mode"),
)  # fmt: skip
_CSI = (
    row("csi-5", lambda v: v.attachment_mode == "", "CSI volumes must have an attachment mode"),
    row("csi-6", lambda v: v.attachment_mode == "block-device" and v.mount_options is not None,
        "block devices cannot have mount options"),
    row("csi-7", _access(""), "CSI volumes must have an access mode"),
    row("csi-8", _writable("single-node-reader-only"), "single-node-reader-only volumes must be read-only"),
    row("csi-9", _shared("single-node-reader-only"),
        "volume with single-node-reader-only access mode allows only one reader"),
    row("csi-10", _shared("single-node-writer"),
        "volume with single-node-writer access mode allows only one reader or writer"),
    row("csi-11", _writable("multi-node-reader-only"), "multi-node-reader-only volumes must be read-only"),
    given(
        lambda v: not v.read_only,
        row("csi-12", _shared("multi-node-single-writer"),
            "volume with multi-node-single-writer access mode allows only one writer"),
    ),
)  # fmt: skip

VOLUME = rules(
    "7.8",
    row("1", lambda v: v.source == "", "volume has an empty source"),
    row("2", lambda v, at: v.per_alloc and at.job.type in ("system", "sysbatch"),
        "volume cannot be per_alloc for system or sysbatch jobs"),
    row("3", lambda v, at: v.per_alloc and _uses_canaries(v, at),
        "volume cannot be per_alloc when canaries are in use"),
    row("4", lambda v: v.per_alloc and v.sticky, "volume cannot be per_alloc and sticky at the same time"),
    select("type", {"host": _HOST, "csi": _CSI}),
)  # fmt: skip

# ---- §7.31 --------------------------------------------------------------------------------------------------------

VOLUME_MOUNT = rules(
    "7.31",
    row("1", lambda m: m.volume == "", "volume mount references an empty volume"),
    row("2", lambda m: m.propagation_mode not in ("", "private", "host-to-task", "bidirectional"),
        "volume mount has an invalid propagation mode: {mode!q}", mode="propagation_mode"),
    row("3", lambda m: m.selinux_label not in ("", "z", "Z"),
        'volume mount has an invalid SELinux label: "{label}"', label="selinux_label"),
)  # fmt: skip
