"""Rules of installed packages: entry points of the group `jobplan.rules`.

An entry point names a `jobplan.rules.Rule`, some of them in a list or tuple, or a function that gives these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from jobplan.errors import ConfigError, JobplanError
from jobplan.rules.rule import SEVERITIES, Found, Options, Rule
from jobplan.rules.subject import Subject
from jobplan.rules.table import RULES

GROUP = "jobplan.rules"


def installed_rules() -> tuple[Rule, ...]:
    """The rules of all entry points, ordered by name. Raises ConfigError for one that cannot be used."""
    from importlib.metadata import entry_points

    taken = {rule.id for rule in RULES}
    made: list[Rule] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        source = f"entry point {entry.name} = {entry.value}"
        try:
            loaded = _rules(entry.load())
        except Exception as error:  # whatever somebody else's module does while it is imported
            raise ConfigError(f"cannot be loaded: {type(error).__name__}: {error}", key=GROUP, source=source) from error
        for rule in loaded:
            _check(rule, taken, source)
            taken.add(rule.id)
            made.append(dataclasses.replace(rule, condition=guarded(rule, source)))
    return tuple(made)


def _rules(loaded: Any) -> list[Any]:
    if callable(loaded) and not isinstance(loaded, Rule):
        loaded = loaded()
    return [loaded] if isinstance(loaded, Rule) else list(loaded)


def _check(rule: Any, taken: set[str], source: str) -> None:
    if not isinstance(rule, Rule):
        raise ConfigError(f"gives {type(rule).__name__}, not jobplan.rules.Rule", key=GROUP, source=source)
    if "/" not in rule.id or rule.id in taken:
        why = "is taken" if rule.id in taken else "has no group before a slash"
        raise ConfigError(f"the rule id {rule.id!r} {why}", key=GROUP, source=source)
    if rule.severity not in SEVERITIES:
        raise ConfigError(f"the severity of {rule.id} is {rule.severity!r}", key=GROUP, source=source)


def guarded(rule: Rule, source: str) -> Any:
    """The condition of a rule; whatever it raises becomes a ConfigError that names it."""

    def condition(subject: Subject, options: Options) -> Iterator[Found]:
        try:
            found: Iterable[Any] = rule.condition(subject, options) or ()
            for path, message in found:
                yield Found(str(path), str(message))
        except JobplanError:
            raise
        except Exception as error:
            raise ConfigError(f"{rule.id} failed: {type(error).__name__}: {error}", key=GROUP, source=source) from error

    return condition
