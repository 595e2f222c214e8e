"""Validators 3–6, 9 and 10: what the server and its edition offer. spec: admission §6.3–6.6, §6.9, §6.10"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jobplan.admission.rules.table import SPLICED, At, each, either, given, many, row, rules
from jobplan.model.identity import Vault
from jobplan.model.job import Job
from jobplan.model.settings import NamespaceSettings
from jobplan.model.task import Task

# ---- §6.3 ---------------------------------------------------------------------------------------------------------


def _tasks(job: Job) -> Iterator[Task]:
    for group in job.task_groups or ():
        yield from group.tasks or ()


def _vault_blocks(job: Job) -> list[Vault]:
    """In ascending order of group and task; the real server's order is random."""
    blocks = {
        (group.name, task.name): task.vault
        for group in job.task_groups or ()
        for task in group.tasks or ()
        if task.vault is not None
    }
    return [blocks[key] for key in sorted(blocks)]


def _unknown_vault(job: Job, at: At) -> list[str]:
    return [
        vault.cluster for vault in _vault_blocks(job) if vault.cluster != "default" or not at.settings.vault.enabled
    ]


def _vault_namespaces(job: Job) -> str:
    return ", ".join(sorted({vault.namespace for vault in _vault_blocks(job) if vault.namespace != ""}))


VAULT_JOB = rules(
    "6.3",
    given(
        lambda j: any(task.vault is not None for task in _tasks(j)),
        either(
            row("1", lambda j, at: bool(_unknown_vault(j, at)),
                "Vault {cluster!q} not enabled but used in the job", cluster=lambda j, at: _unknown_vault(j, at)[0]),
            row("2", lambda j: _vault_namespaces(j) != "",
                "multiple Vault namespaces requires Nomad Enterprise, Namespaces: {namespaces}",
                namespaces=_vault_namespaces),
            row("3", lambda j: any(vault.cluster != "default" for vault in _vault_blocks(j)),
                "non-default Vault cluster requires Nomad Enterprise"),
        ),
    ),
    first_only=True,
)  # fmt: skip

# ---- §6.4 ---------------------------------------------------------------------------------------------------------

_OTHER_CONSUL = "non-default Consul cluster requires Nomad Enterprise"

_CONSUL_SERVICES = rules(
    "6.4",
    each("service", "services", lambda s: s.provider == "consul" and s.cluster != "default", _OTHER_CONSUL),
)

_CONSUL_TASK = rules(
    "6.4",
    *_CONSUL_SERVICES.rows,
    given(
        lambda t: t.consul is not None,
        row("partition",
            lambda t, at: at.group.consul is not None
            and t.consul.partition not in ("", at.group.consul.partition) and at.group.consul.partition != "",
            "task.consul.partition {task!q} must match group.consul.partition {group!q} if both are set",
            task="consul.partition", group=lambda t, at: at.group.consul.partition if at.group.consul else ""),
        row("task", lambda t: t.consul.cluster != "default", _OTHER_CONSUL),
    ),
    first_only=True,
)  # fmt: skip

_CONSUL_GROUP = rules(
    "6.4",
    row("group", lambda g: g.consul is not None and g.consul.cluster != "default", _OTHER_CONSUL),
    *_CONSUL_SERVICES.rows,
    many("task", "tasks", _CONSUL_TASK, SPLICED),
    first_only=True,
)

CONSUL_JOB = rules("6.4", many("", "task_groups", _CONSUL_GROUP, SPLICED, enter="group"), first_only=True)

# ---- §6.5 ---------------------------------------------------------------------------------------------------------


def _capabilities(at: At) -> NamespaceSettings | None:
    return at.settings.namespaces.get(at.job.namespace)


def _refused(used: Iterable[str], enabled: tuple[str, ...], disabled: tuple[str, ...]) -> list[str]:
    return [name for name in used if name in disabled or (bool(enabled) and name not in enabled)]


def _refused_drivers(job: Job, at: At) -> list[str]:
    found = _capabilities(at)
    if found is None:
        return []
    return _refused((task.driver for task in _tasks(job)), found.enabled_task_drivers, found.disabled_task_drivers)


def _refused_modes(job: Job, at: At) -> list[str]:
    found = _capabilities(at)
    if found is None:
        return []
    modes = [network.mode or "host" for group in job.task_groups or () for network in group.networks or ()]
    return _refused(modes, found.enabled_network_modes, found.disabled_network_modes)


def _first(names: Callable[[Job, At], list[str]]) -> Callable[[Job, At], str]:
    return lambda job, at: names(job, at)[0]


NAMESPACE_JOB = rules(
    "6.5",
    row("1", lambda j, at: j.namespace != "default" and j.namespace not in at.settings.namespaces,
        "job {id!q} is in nonexistent namespace {namespace!q}"),
    row("2", lambda j, at: len(_refused_drivers(j, at)) == 1,
        "used task driver {driver!q} is not allowed in namespace {namespace!q}", driver=_first(_refused_drivers)),
    row("3", lambda j, at: len(_refused_drivers(j, at)) > 1,
        "used task drivers {drivers!lq} are not allowed in namespace {namespace!q}", drivers=_refused_drivers),
    row("4", lambda j, at: len(_refused_modes(j, at)) == 1,
        "used group network mode {mode!q} is not allowed in namespace {namespace!q}", mode=_first(_refused_modes)),
    row("5", lambda j, at: len(_refused_modes(j, at)) > 1,
        "used group network modes {modes!lq} are not allowed in namespace {namespace!q}", modes=_refused_modes),
    first_only=True,
)  # fmt: skip

# ---- §6.6 ---------------------------------------------------------------------------------------------------------

_BUILT_IN_POOLS = ("default", "all")

NODE_POOL_JOB = rules(
    "6.6",
    row("1", lambda j, at: j.node_pool not in _BUILT_IN_POOLS and j.node_pool not in at.settings.node_pools,
        "job {id!q} is in nonexistent node pool {pool!q}", pool="node_pool"),
    first_only=True,
)  # fmt: skip

# ---- §6.9, §6.10 --------------------------------------------------------------------------------------------------


def _binds_numa(task: Task) -> bool:
    numa = task.resources.numa
    return numa is not None and numa.affinity != "none"


NUMA_JOB = rules(
    "6.9",
    many("", "task_groups",
        rules("", each("1", "tasks", _binds_numa, "numa scheduling requires Nomad Enterprise")), SPLICED),
    first_only=True,
)  # fmt: skip

SCHEDULE_JOB = rules(
    "6.10",
    many("", "task_groups",
        rules("", each("1", "tasks", lambda t: t.schedule is not None, "task schedules requires Nomad Enterprise")),
        SPLICED),
    first_only=True,
)  # fmt: skip
