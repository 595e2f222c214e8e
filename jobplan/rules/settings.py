"""Which rules are on, how bad their findings are, and what they are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias

from jobplan.rules.keys import close_key
from jobplan.rules.rule import Options, Rule, Severity
from jobplan.rules.table import FIXED
from jobplan.schedule.lint import RULES as SCHEDULE_RULES
from jobplan.values.quoting import quoted

Level: TypeAlias = Literal["error", "warning", "note", "on", "off"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note", "on", "off")
"""A severity turns a rule on; `on` does so with the severity of its own."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Rules that are off for some files. `files`: patterns for paths below the directory of the configuration."""

    files: tuple[str, ...]
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration says about rules.

    `levels`: rule id, or the beginning of ids and a star (`schedule/*`) → level; the longest one that fits counts.
    `options`: rule id → option → value.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    options: Mapping[str, Options] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()

    def severity(self, rule: str, default: Severity, *, enabled: bool = True) -> Severity | None:
        """The severity of a rule's findings; None: it is off."""
        fitting = [pattern for pattern in self.levels if fits(pattern, rule)]
        level = self.levels[max(fitting, key=len)] if fitting else "on" if enabled else "off"
        if level == "off":
            return None
        return default if level == "on" else level

    def options_of(self, rule: Rule) -> dict[str, Any]:
        """Every option of a rule, set or default."""
        return {**rule.options, **self.options.get(rule.id, {})}

    def ignored(self, path: str) -> tuple[str, ...]:
        """The patterns of the rules that are off for a file; `path` is relative to the configuration, with `/`."""
        name = path.rpartition("/")[2]
        return tuple(
            rule
            for ignore in self.ignores
            if any(fnmatchcase(path, pattern) or fnmatchcase(name, pattern) for pattern in ignore.files)
            for rule in ignore.rules
        )


def fits(pattern: str, rule: str) -> bool:
    """Whether a rule id is the pattern, or begins as one that ends in a star."""
    return rule.startswith(pattern[:-1]) if pattern.endswith("*") else rule == pattern


def known_rules(rules: Iterable[Rule]) -> dict[str, Severity]:
    """Every id that a setting or suppression may name, but those of admission, with its usual severity."""
    return {
        **{rule.id: rule.severity for rule in rules},
        **SCHEDULE_RULES,
        **{rule: severity for rule, (severity, _) in FIXED.items()},
    }


def unknown_rule(pattern: str, known: Iterable[str]) -> str | None:
    """Why a pattern names no rule; None: it does. Ids of admission are taken as they are."""
    known = list(known)
    if pattern.startswith("admission/") or any(fits(pattern, rule) for rule in known):
        return None
    close = close_key(pattern, known)
    return f"there is no rule {quoted(pattern)}" + ("" if close is None else f"; did you mean {quoted(close)}?")


def faults(settings: Settings, rules: Iterable[Rule]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with some settings: the keys below `rules` or `ignore`, and the text."""
    by_id = {rule.id: rule for rule in rules}
    known = known_rules(by_id.values())
    for pattern in settings.levels:
        text = unknown_rule(pattern, known)
        if text is not None:
            yield ("rules", pattern), text
    for rule, options in settings.options.items():
        for name, value in options.items():
            text = _option_fault(by_id.get(rule), rule, name, value)
            if text is not None:
                yield ("rules", rule, name), text
    for index, ignore in enumerate(settings.ignores):
        for pattern in ignore.rules:
            text = unknown_rule(pattern, known)
            if text is not None:
                yield ("ignore", str(index), "rules"), text


def _option_fault(rule: Rule | None, rule_id: str, name: str, value: Any) -> str | None:
    if rule is None or name not in rule.options:
        known = [] if rule is None else list(rule.options)
        close = close_key(name, known)
        hint = "" if close is None else f"; did you mean {quoted(close)}?"
        return f"the rule {quoted(rule_id)} has no option {quoted(name)}{hint}"
    default = rule.options[name]
    if isinstance(default, list):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return None
        return "must be a list of texts"
    if type(value) is type(default):
        return None
    return f"must be {_TYPES.get(type(default), type(default).__name__)}"


_TYPES = {bool: "true or false", int: "a whole number", str: "a text", float: "a number with a point"}
