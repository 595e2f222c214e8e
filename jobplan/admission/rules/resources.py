"""Resources, devices, NUMA and logs of a task. spec: admission §7.12, §7.13"""

from __future__ import annotations

from typing import Any

from jobplan.admission.rules.placement_rules import AFFINITY, CONSTRAINT, PLACING_ONLY
from jobplan.admission.rules.table import NESTED, SPLICED, At, each, either, itself, many, one, row, rules
from jobplan.model.connect import LogConfig

# ---- devices of §7.12 ---------------------------------------------------------------------------------------------

_DEVICE_CONSTRAINT = rules(
    "7.12",
    either(
        row("device-2a", lambda c: c.operand in PLACING_ONLY,
            "Constraint {i} validation failed: using unsupported operand {operand!q}"),
        one("device-2b", itself, CONSTRAINT, "Constraint {i} validation failed: {err}"),
    ),
)  # fmt: skip

DEVICE = rules(
    "7.12",
    row("device-1", lambda d: d.name == "",
        "device name must be given as one of the following: type, vendor/type, or vendor/type/name"),
    many("device-2", "constraints", _DEVICE_CONSTRAINT, SPLICED),
    many("device-3", "affinities", AFFINITY, "Affinity {i} validation failed: {err}"),
)  # fmt: skip

# ---- §7.12 --------------------------------------------------------------------------------------------------------

_MINIMUM = rules(
    "7.12",
    row("3a", lambda r: r.cpu < 1 and r.cores == 0, "minimum CPU value is 1; got {cpu}"),
    row("3b", lambda r: r.memory_mb < 10, "minimum MemoryMB value is 10; got {memory}", memory="memory_mb"),
)


def _not_requested(device: str, at: At) -> bool:
    return all(device != requested.name for requested in at.owner.devices or ())


def _numa_devices(resources: Any) -> list[str] | None:
    return None if resources.numa is None else resources.numa.devices


RESOURCES = rules(
    "7.12",
    row("1", lambda r: r.cores > 0 and r.cpu > 0, "Task can only ask for 'cpu' or 'cores' resource, not both."),
    row("2", lambda r: r.cores < 0, "cores value ({n}) cannot be negative", n="cores"),
    one("3", itself, _MINIMUM, NESTED),
    row("4", lambda r: r.disk_mb > 0,
        "Task can't ask for disk resources, they have to be specified at the task group level."),
    many("5", "devices", DEVICE, "device {i} failed validation: {err}"),
    each("6", _numa_devices, _not_requested, "numa device {name!q} not requested as task resource", name=itself),
    row("7", lambda r: r.numa is not None and r.numa.affinity not in ("none", "prefer", "require"),
        "numa affinity must be one of none, prefer, or require"),
    row("8", lambda r: r.memory_max_mb not in (0, -1) and r.memory_max_mb < r.memory_mb,
        "MemoryMaxMB value ({max}) should be larger than MemoryMB value ({memory})",
        max="memory_max_mb", memory="memory_mb"),
    row("9", lambda r: r.secrets_mb > r.memory_mb,
        "SecretsMB value ({n}) cannot be larger than MemoryMB value ({memory})",
        n="secrets_mb", memory="memory_mb"),
    row("10", lambda r: r.secrets_mb < 0, "SecretsMB value ({n}) cannot be negative", n="secrets_mb"),
)  # fmt: skip

# ---- §7.13 --------------------------------------------------------------------------------------------------------


def _storage(log: LogConfig) -> int:
    return log.max_files * log.max_file_size_mb


LOG_CONFIG = rules(
    "7.13",
    row("1", lambda log: log.max_files < 1, "minimum number of files is 1; got {n}", n="max_files"),
    row("2", lambda log: log.max_file_size_mb < 1, "minimum file size is 1MB; got {n}", n="max_file_size_mb"),
    row("3", lambda log, at: at.group.ephemeral_disk.size_mb <= _storage(log),
        "log storage ({product} MB) must be less than requested disk capacity ({disk} MB)",
        product=_storage, disk=lambda log, at: at.group.ephemeral_disk.size_mb),
)  # fmt: skip
