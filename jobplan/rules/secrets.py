"""Secrets in plain text: everybody who may read the job reads them, and so does every plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobplan.rules.keys import escaped
from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Subject
from jobplan.rules.tasks import blocks, named
from jobplan.values.quoting import quoted
from jobplan.values.secretnames import holds_credential, is_secret_name

_HARMLESS = frozenset(("", "true", "false", "null", "none", "changeme"))
_PATHS = ("/", "./", "local/", "secrets/", "${NOMAD_SECRETS_DIR}", "${NOMAD_TASK_DIR}")


def plain_secret(subject: Subject, _options: Options) -> Iterator[Found]:
    """Values of env, meta and registry logins that are named like secrets or look like credentials."""
    yield from _of_map(subject.api.get("Meta"), "/Meta", "meta of the job")
    for group in subject.groups():
        yield from _of_map(group.given.get("Meta"), f"{group.path}/Meta", f"meta of group {quoted(group.item.name)}")
    for task in subject.tasks():
        yield from _of_map(task.given.get("Meta"), f"{task.path}/Meta", f"meta of {named(task)}")
        yield from _of_map(task.given.get("Env"), f"{task.path}/Env", f"environment of {named(task)}")
        for block in blocks((task.item.config or {}).get("auth")):
            yield from _of_map(block, f"{task.path}/Config/auth", f"registry login of {named(task)}", exact=False)


def _of_map(values: Mapping[str, Any] | None, path: str, owner: str, *, exact: bool = True) -> Iterator[Found]:
    """`exact`: each value has a pointer of its own."""
    for key, value in (values or {}).items():
        if isinstance(value, str) and _is_secret(key, value):
            place = f"{path}/{escaped(key)}" if exact else path
            yield Found(place, f"{owner}: {quoted(key)} holds a secret in plain text")


def _is_secret(key: str, value: str) -> bool:
    if value.strip().lower() in _HARMLESS or "${" in value or "{{" in value:
        return False
    return holds_credential(value) or (is_secret_name(key) and not value.startswith(_PATHS))
