"""Rules about tasks: drivers, privileges, resources. Driver configuration is opaque to Nomad's server, not to us."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobplan.model.task import Task
from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Part, Subject
from jobplan.values.quoting import quoted

CONTAINER_DRIVERS = ("docker", "podman", "containerd-driver")


def named(task: Part[Task]) -> str:
    return f"task {quoted(task.item.name)}"


def containers(subject: Subject) -> Iterator[Part[Task]]:
    """The tasks whose driver runs container images."""
    return (task for task in subject.tasks() if task.item.driver in CONTAINER_DRIVERS)


def is_true(value: Any) -> bool:
    """A driver also takes the texts `true` and `1`."""
    return value is True or value in ("true", "1") or (value == 1 and isinstance(value, float))


def texts(value: Any) -> list[str]:
    """The texts of a list in a driver configuration; a single text counts as a list of one."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def blocks(value: Any) -> list[dict[str, Any]]:
    """The blocks of a driver configuration: one object, or a list of them."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# ---- drivers and privileges ------------------------------------------------------------------------------------------


def forbidden_driver(subject: Subject, options: Options) -> Iterator[Found]:
    for task in subject.tasks():
        if task.item.driver in options["drivers"]:
            yield Found(f"{task.path}/Driver", f"{named(task)} uses the forbidden driver {quoted(task.item.driver)}")


def raw_exec(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in subject.tasks():
        if task.item.driver == "raw_exec":
            yield Found(f"{task.path}/Driver", f"{named(task)} runs without isolation: its driver is raw_exec")


def privileged(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in containers(subject):
        if is_true((task.item.config or {}).get("privileged")):
            yield Found(f"{task.path}/Config/privileged", f"{named(task)} runs a privileged container")


def capabilities(subject: Subject, options: Options) -> Iterator[Found]:
    risky = {_capability(name) for name in options["capabilities"]}
    for task in subject.tasks():
        for name in texts((task.item.config or {}).get("cap_add")):
            if _capability(name) in risky:
                yield Found(f"{task.path}/Config/cap_add", f"{named(task)} gets the capability {name}")


def _capability(name: str) -> str:
    return name.lower().removeprefix("cap_")


def host_namespace(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in subject.tasks():
        for key in ("pid_mode", "ipc_mode", "userns_mode"):
            if (task.item.config or {}).get(key) == "host":
                text = f"{named(task)} shares the {key.removesuffix('_mode')} namespace of its node"
                yield Found(f"{task.path}/Config/{key}", text)


def container_socket(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in containers(subject):
        for key, source in _mounts(task.item.config or {}):
            if source.endswith(("/docker.sock", "/podman.sock", "/containerd.sock")):
                yield Found(f"{task.path}/Config/{key}", f"{named(task)} mounts {source}: it can start any container")


def _mounts(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Key and source of everything that is mounted from the node."""
    for volume in texts(config.get("volumes")):
        yield "volumes", volume.partition(":")[0]
    for key in ("mount", "mounts"):
        for block in blocks(config.get(key)):
            if isinstance(block.get("source"), str):
                yield key, block["source"]


def root_user(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in subject.tasks():
        if task.item.user.partition(":")[0] in ("root", "0"):
            yield Found(f"{task.path}/User", f"{named(task)} runs as root")


def insecure_artifact(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in subject.tasks():
        for index, artifact in enumerate(task.item.artifacts or ()):
            checked = "checksum" in (artifact.getter_options or {}) or "checksum=" in artifact.getter_source
            plain = artifact.getter_source.removeprefix("git::").startswith("http://")
            if not checked and (plain or artifact.getter_insecure):
                source = _without_query(artifact.getter_source)
                text = f"{named(task)} fetches {source} unprotected and without checksum"
                yield Found(f"{task.path}/Artifacts/{index}/GetterSource", text)


def _without_query(source: str) -> str:
    """Credentials often stand in the query or before an @."""
    head, scheme, rest = source.partition("?")[0].rpartition("://")
    return head + scheme + rest.rpartition("@")[2]


# ---- resources -------------------------------------------------------------------------------------------------------


def no_memory(subject: Subject, _options: Options) -> Iterator[Found]:
    for task, resources in _resources(subject):
        if resources.get("MemoryMB") is None:
            text = f"{named(task)} asks for no memory: it gets {task.item.resources.memory_mb} MB"
            yield Found(f"{task.path}/Resources", text)


def no_cpu(subject: Subject, _options: Options) -> Iterator[Found]:
    for task, resources in _resources(subject):
        if resources.get("CPU") is None and resources.get("Cores") is None:
            text = f"{named(task)} asks for no CPU: it gets {task.item.resources.cpu} MHz"
            yield Found(f"{task.path}/Resources", text)


def no_memory_max(subject: Subject, _options: Options) -> Iterator[Found]:
    for task, resources in _resources(subject):
        if not resources.get("MemoryMaxMB"):
            yield Found(f"{task.path}/Resources", f"{named(task)} has no memory_max")


def _resources(subject: Subject) -> Iterator[tuple[Part[Task], dict[str, Any]]]:
    return ((task, task.given.get("Resources") or {}) for task in subject.tasks())
