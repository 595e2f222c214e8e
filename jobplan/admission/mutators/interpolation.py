"""References in Connect service names that are known at admission. spec: admission §5.4.4"""

from __future__ import annotations

import re

from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.values.letters import raised

_REFERENCE = re.compile(r"\$\{([a-zA-Z0-9_.\-]+)\}")
_UNCLEAN = re.compile(rb"[^_.a-zA-Z0-9]")


class Environment:
    """The known names of one group, fixed before any of its services changes."""

    __slots__ = ("_group", "_job", "_known")

    def __init__(self, job: Job, group: TaskGroup) -> None:
        self._job, self._group = job, group
        self._known: dict[str, str] | None = None
        if any("${" in service.name for service in group.services or ()):
            self._known = _known_names(job, group)

    def interpolate(self, name: str) -> str:
        """`name` with known references replaced; unknown ones stay as they are."""
        return name if self._known is None else _replace(name, self._known)


def _known_names(job: Job, group: TaskGroup) -> dict[str, str]:
    named = {
        "NOMAD_GROUP_NAME": group.name,
        "NOMAD_JOB_ID": job.id,
        "NOMAD_JOB_NAME": job.name,
        "NOMAD_JOB_PARENT_ID": job.parent_id,
    }
    known = {name: value for name, value in named.items() if value != ""}
    known.update({"NOMAD_REGION": job.region, "node.region": job.region, "NOMAD_ALLOC_INDEX": "0"})
    known.update(_upstreams(group))
    meta = _combined_meta(job, group.name)
    for key in sorted(meta):
        # the order in which values see each other is not defined (spec: admission §12); ascending keys here
        value = _replace(meta[key], known)
        known[f"NOMAD_META_{_cleaned(key)}"] = value
        known[f"NOMAD_META_{_cleaned(raised(key))}"] = value
    return known


def _upstreams(group: TaskGroup) -> dict[str, str]:
    known: dict[str, str] = {}
    for service in group.services or ():
        sidecar = None if service.connect is None else service.connect.sidecar_service
        if sidecar is None or sidecar.proxy is None:
            continue
        for upstream in sidecar.proxy.upstreams or ():
            port = str(upstream.local_bind_port)
            for name in (upstream.destination_name, _cleaned(upstream.destination_name)):
                known[f"NOMAD_UPSTREAM_IP_{name}"] = "127.0.0.1"
                known[f"NOMAD_UPSTREAM_PORT_{name}"] = port
                known[f"NOMAD_UPSTREAM_ADDR_{name}"] = f"127.0.0.1:{port}"
    return known


def _combined_meta(job: Job, name: str) -> dict[str, str]:
    """Job, group and nameless task; the group is the first of its name."""
    meta = dict(job.meta or {})
    for group in job.task_groups or ():
        if group.name == name:
            meta.update(group.meta or {})
            nameless = next((task for task in group.tasks or () if task.name == ""), None)
            if nameless is not None:
                meta.update(nameless.meta or {})
            break
    return meta


def _replace(text: str, known: dict[str, str]) -> str:
    return _REFERENCE.sub(lambda match: known.get(match[1], match[0]), text) if "${" in text else text


def _cleaned(name: str) -> str:
    """Every byte that may not stand in a name becomes an underscore."""
    return _UNCLEAN.sub(b"_", name.encode("utf-8", "surrogatepass")).decode("ascii")
