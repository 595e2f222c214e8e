"""Implied constraints. spec: admission §5.6

First the uses of the whole job are collected by group *name* (a group whose name occurs twice is treated according to
all groups of that name); then the rows of the table are evaluated for each group, top to bottom.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from jobplan.admission.mutators.consul import consul_attribute, is_consul
from jobplan.model.group import TaskGroup
from jobplan.model.identity import Vault
from jobplan.model.job import Job
from jobplan.model.placement_rules import Constraint
from jobplan.model.services import Service
from jobplan.model.settings import Settings
from jobplan.model.task import Task

Condition = tuple[str, str, str]
"""LTarget, operand, RTarget, in the order of the specification's table."""


@dataclasses.dataclass(slots=True)
class Uses:
    """What the groups of one name use."""

    vaults: dict[str, Vault] = dataclasses.field(default_factory=dict)
    """By task name; of several groups the last that has any."""
    secrets: list[str] = dataclasses.field(default_factory=list)
    """Distinct providers in order of first use; of several groups the last that has any."""
    signals: set[str] = dataclasses.field(default_factory=set)
    numa: bool = False
    nomad_services: bool = False
    nomad_checks: bool = False
    bridge: bool = False
    transparent_proxy: bool = False
    schedule: bool = False

    def add(self, group: TaskGroup) -> None:
        """Take in one group of this name."""
        tasks, services = group.tasks or [], list(_services(group))
        self.vaults = {task.name: task.vault for task in tasks if task.vault is not None} or self.vaults
        self.secrets = list(dict.fromkeys(s.provider for task in tasks for s in task.secrets or ())) or self.secrets
        for signals in {task.name: signals for task in tasks if (signals := _signals(task))}.values():
            self.signals.update(signals)
        nomad = [service for service in services if service.provider == "nomad"]
        self.numa |= any(task.resources.numa is not None and task.resources.numa.affinity != "none" for task in tasks)
        self.nomad_services |= bool(nomad)
        self.nomad_checks |= any(service.checks for service in nomad)
        self.bridge |= any(network.mode == "bridge" for network in group.networks or ())
        self.transparent_proxy |= any(map(_is_transparent, group.services or ()))
        self.schedule |= any(task.schedule is not None for task in tasks)


def _services(group: TaskGroup) -> Iterator[Service]:
    yield from group.services or ()
    for task in group.tasks or ():
        yield from task.services or ()


def _signals(task: Task) -> list[str]:
    """Signals that the client must be able to send to the task; one may be empty."""
    signals = []
    if task.vault is not None and task.vault.change_mode == "signal":
        signals.append(task.vault.change_signal)
    if task.kill_signal != "":
        signals.append(task.kill_signal)
    signals += [template.change_signal for template in task.templates or () if template.change_mode == "signal"]
    return signals


def _is_transparent(service: Service) -> bool:
    sidecar = None if service.connect is None else service.connect.sidecar_service
    return sidecar is not None and sidecar.proxy is not None and sidecar.proxy.transparent_proxy is not None


# ---- the table ------------------------------------------------------------------------------------------------------


def _vault_rows(uses: Uses, group: TaskGroup, providers: list[str]) -> Iterator[Condition]:
    for _, vault in sorted(uses.vaults.items(), key=lambda item: item[0]):
        if vault.cluster in ("default", ""):
            yield "${attr.vault.version}", "semver", ">= 0.6.1"
        else:
            yield f"${{attr.vault.{vault.cluster}.version}}", "semver", ">= 1.11.0"


def _secret_rows(uses: Uses, group: TaskGroup, providers: list[str]) -> Iterator[Condition]:
    for provider in providers:
        yield f"${{attr.plugins.secrets.{provider}.version}}", "is_set", ""


def _signal_rows(uses: Uses, group: TaskGroup, providers: list[str]) -> Iterator[Condition]:
    if uses.signals:
        yield "${attr.os.signals}", "set_contains", ",".join(sorted(uses.signals))


def _consul_rows(services: Iterable[Service] | None) -> Iterator[Condition]:
    for service in services or ():
        if is_consul(service):
            yield consul_attribute("version", service.cluster), "semver", ">= 1.8.0"


def _if(use: str, *conditions: Condition) -> Callable[[Uses, TaskGroup, list[str]], Iterable[Condition]]:
    """These conditions when the group has the use."""

    def rows(uses: Uses, group: TaskGroup, providers: list[str]) -> Iterable[Condition]:
        return conditions if getattr(uses, use) else ()

    return rows


_CNI = tuple(
    (f"${{attr.plugins.cni.version.{plugin}}}", "semver", ">= 0.4.0")
    for plugin in ("bridge", "firewall", "host-local", "loopback", "portmap")
)

Suppression = Literal["attr", "exact"]
GROUP_ROWS: tuple[tuple[Callable[[Uses, TaskGroup, list[str]], Iterable[Condition]], Suppression], ...] = (
    # spec: admission §5.6, rows 1–8 and 10–17; row 9 goes to the tasks
    (_vault_rows, "attr"),
    (_secret_rows, "attr"),
    (
        _if("numa", ("${attr.nomad.version}", "semver", ">= 1.6.3-dev"), ("${attr.kernel.name}", "=", "linux")),
        "exact",
    ),
    (_signal_rows, "exact"),
    (_if("nomad_services", ("${attr.nomad.service_discovery}", "=", "true")), "exact"),
    (_if("nomad_checks", ("${attr.nomad.version}", "semver", ">= 1.4.0")), "exact"),
    (lambda uses, group, providers: _consul_rows(group.services), "attr"),
    (_if("bridge", *_CNI), "attr"),
    (
        _if(
            "transparent_proxy",
            ("${attr.plugins.cni.version.consul-cni}", "semver", ">= 1.4.2"),
            ("${attr.nomad.version}", "semver", ">= 1.8.0-dev"),
        ),
        "attr",
    ),
    (_if("schedule", ("${attr.nomad.version}", "semver", ">= 1.8.0-dev")), "attr"),
)


def imply_constraints(job: Job, settings: Settings) -> None:
    """`constraints`"""
    by_name: dict[str, Uses] = {}
    for group in job.task_groups or ():
        by_name.setdefault(group.name, Uses()).add(group)
    # a quirk: the providers of all groups go to every group. spec: admission §15
    providers = [provider for _, uses in sorted(by_name.items(), key=lambda item: item[0]) for provider in uses.secrets]
    for group in job.task_groups or ():
        uses = by_name[group.name]
        for rows, suppression in GROUP_ROWS:
            _append(group, rows(uses, group, providers), suppression)
        for task in group.tasks or ():
            _append(task, _consul_rows(task.services), "attr")  # row 9


def _append(owner: TaskGroup | Task, conditions: Iterable[Condition], suppression: Suppression) -> None:
    """Append what the owner's own list does not suppress; constraints of the job never do."""
    for ltarget, operand, rtarget in conditions:
        constraint, present = Constraint(ltarget, rtarget, operand), owner.constraints or []
        suppressed = (
            constraint in present
            if suppression == "exact"
            else any(other.ltarget == ltarget for other in present if other is not None)
        )
        if not suppressed:
            owner.constraints = [*present, constraint]
