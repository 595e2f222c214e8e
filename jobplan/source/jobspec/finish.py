"""What happens to a decoded job: moves and the few defaults that parsing applies.

spec: jobspec §11
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobplan.source.jobspec import schema
from jobplan.source.jobspec.decode import Decoded
from jobplan.source.jobspec.places import Places, copy_tree

_FIVE_SECONDS = 5_000_000_000

_VAULT_DEFAULTS = {"Env": True, "DisableFile": False, "ChangeMode": "restart"}
_TEMPLATE_DEFAULTS = {"ChangeMode": "restart", "Perms": "0644", "Splay": _FIVE_SECONDS, "ErrMissingKey": False}
_SCRIPT_DEFAULTS = {"Timeout": _FIVE_SECONDS, "FailOnError": False, "RunOnFirstRender": False}


def finish(decoded: Decoded, places: Places) -> dict[str, Any]:
    """Apply the post-decode rules in place, in the order of the specification (rule 1 is done while decoding)."""
    job = decoded.job
    _spec_type(job)  # rule 2
    job_vault = decoded.vaults[0] if decoded.vaults else None
    if job_vault is not None:
        _fill(job_vault, _VAULT_DEFAULTS)  # rule 3
    if decoded.tasks:  # rule 4
        groups = [_group_of(task, places) for task in decoded.tasks]
        job["TaskGroups"] = groups + (job["TaskGroups"] or [])
    for group in job["TaskGroups"] or ():
        for network in group["Networks"] or ():
            _split_ports(network)  # rule 5
        for task in group["Tasks"] or ():
            _finish_task(task, job_vault, places)
    _share_secrets(decoded, places)  # rule 10
    return job


def _spec_type(job: dict[str, Any]) -> None:
    periodic = job["Periodic"]
    if periodic is not None and (periodic["Spec"] is not None or periodic["Specs"] is not None):
        periodic["SpecType"] = "cron"


def _group_of(task: dict[str, Any], places: Places) -> dict[str, Any]:
    group = {**schema.TASK_GROUP.absent, "Name": task["Name"], "Tasks": [task]}
    places.same_place(task, group)
    return group


def _fill(obj: dict[str, Any], defaults: dict[str, Any]) -> None:
    for name, value in defaults.items():
        if obj[name] is None:
            obj[name] = value


def _finish_task(task: dict[str, Any], job_vault: dict[str, Any] | None, places: Places) -> None:
    if task["Resources"] is not None:
        for network in task["Resources"]["Networks"] or ():
            _split_ports(network)
    for template in task["Templates"] or ():  # rule 6
        _fill(template, _TEMPLATE_DEFAULTS)
        script = template["ChangeScript"]
        if script is not None:
            _fill(script, {"Args": [], **_SCRIPT_DEFAULTS})
    if task["Vault"] is not None:
        _fill(task["Vault"], _VAULT_DEFAULTS)  # rule 7
    elif job_vault is not None:
        task["Vault"] = copy_tree(job_vault, places)  # rule 8
    _default_identity(task)  # rule 9


def _split_ports(network: dict[str, Any]) -> None:
    ports = network["DynamicPorts"]
    if not ports:
        return
    network["ReservedPorts"] = [p for p in ports if p["Value"] > 0] or None
    network["DynamicPorts"] = [p for p in ports if p["Value"] <= 0] or None


def _default_identity(task: dict[str, Any]) -> None:
    for i, identity in enumerate(task["Identities"] or ()):
        if identity["Name"] in ("", "default"):
            task["Identity"] = task["Identities"].pop(i)
            return


def _share_secrets(decoded: Decoded, places: Places) -> None:
    for group, task in _tasks(decoded.job):
        shared = decoded.group_secrets.get(id(group))
        if shared:
            own = task["Secrets"]
            task["Secrets"] = own + copy_tree(own, places) if own else copy_tree(shared, places)
    if decoded.secrets:
        for _, task in _tasks(decoded.job):
            task["Secrets"] = (task["Secrets"] or []) + copy_tree(decoded.secrets, places)


def _tasks(job: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for group in job["TaskGroups"] or ():
        for task in group["Tasks"] or ():
            yield group, task
