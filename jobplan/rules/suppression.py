"""Findings that somebody has looked at and accepted, with a reason.

    # jobplan: ignore[task/raw-exec] needs the device nodes of the host      HCL: on the line, or on lines above it
    meta { "jobplan.ignore" = "task/raw-exec needs the device nodes" }       Meta of job, group or task: all below it

Several rules stand between the brackets (in Meta: before the reason) with commas; a star at the end stands for
anything. More Meta keys that begin with `jobplan.ignore.` work alike. Without a reason nothing is suppressed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobplan.rules.checking import Finding
from jobplan.rules.keys import escaped
from jobplan.rules.settings import Settings, fits, unknown_rule
from jobplan.rules.table import FIXED

META_KEY = "jobplan.ignore"
_COMMENT = re.compile(r"(?:#|//|/\*)[ \t]*jobplan:[ \t]*ignore\[([^][\n]*)\][ \t]*:?([^\n]*)")
_BLANK_OR_COMMENT = re.compile(r"[ \t]*(?:(?:#|//)[^\n]*|/\*(?:[^*\n]|\*(?!/))*\*/[ \t]*)?\r?")
_UNSUPPRESSIBLE = ("job/unreadable", "suppression/*")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One suppression. A comment has a `place` (line, column) and a `target` line, Meta a `path` and a `scope`."""

    rules: tuple[str, ...]
    reason: str
    place: tuple[int, int] | None = None
    target: int = 0
    path: str = ""
    scope: str = ""

    def covers(self, finding: Finding, line: int) -> bool:
        if any(fits(pattern, finding.rule) for pattern in _UNSUPPRESSIBLE):
            return False
        if not any(fits(pattern, finding.rule) for pattern in self.rules):
            return False
        if self.place is not None:
            return line in (self.place[0], self.target)
        return finding.path == self.scope or finding.path.startswith(f"{self.scope}/")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kept`: findings that are left; those about comments come with their line and column. `suppressed`: the rest."""

    kept: tuple[tuple[Finding, tuple[int, int] | None], ...]
    suppressed: tuple[Finding, ...]


def suppress(
    findings: Iterable[Finding],
    suppressions: Sequence[Suppression],
    line_of: Callable[[str], int],
    settings: Settings,
    known: Iterable[str],
) -> Outcome:
    """Apply suppressions. `line_of`: JSON pointer → line, 0 unknown; `known`: every rule id but those of admission."""
    used: set[int] = set()
    kept: list[tuple[Finding, tuple[int, int] | None]] = []
    suppressed: list[Finding] = []
    for finding in findings:
        line = line_of(finding.path) if suppressions else 0
        covering = [i for i, item in enumerate(suppressions) if item.covers(finding, line)]
        used.update(covering)
        if any(suppressions[i].reason for i in covering):
            suppressed.append(finding)
        else:
            kept.append((finding, None))
    for index, item in enumerate(suppressions):
        for rule, text in _remarks(item, index in used, settings, list(known)):
            severity = settings.severity(rule, FIXED[rule][0])
            if severity is not None:
                kept.append((Finding(rule, severity, text, item.path), item.place))
    return Outcome(tuple(kept), tuple(suppressed))


def _remarks(item: Suppression, used: bool, settings: Settings, known: list[str]) -> Iterator[tuple[str, str]]:
    unknown = [text for rule in item.rules if (text := unknown_rule(rule, known)) is not None]
    if not item.rules:
        unknown = ["a suppression names the rules it is for: ignore[task/raw-exec]"]
    for text in unknown:
        yield "suppression/unknown-rule", text
    names = ", ".join(item.rules)
    if not item.reason:
        yield "suppression/no-reason", f"the suppression of {names or 'rules'} gives no reason, so it has no effect"
    elif not used and not unknown and any(settings.levels.get(rule) != "off" for rule in item.rules):
        yield "suppression/unused", f"nothing to suppress here for {names}"


# ---- reading ---------------------------------------------------------------------------------------------------------


def in_comments(text: str) -> list[Suppression]:
    """The suppressions in the comments of an HCL text."""
    if "jobplan:" not in text:
        return []
    lines = text.split("\n")
    starts = [0] + [match.end() for match in re.finditer("\n", text)]
    made: list[Suppression] = []
    target = 0
    for match in _outside_literals(text, _COMMENT.finditer(text)):
        line = bisect_right(starts, match.start())
        if line > target:  # otherwise this comment stands above the same code as the last one
            target = _target(lines, line)
        reason = match[2].partition("*/")[0] if match[0].startswith("/*") else match[2]
        place = (line, match.start() - starts[line - 1] + 1)
        made.append(Suppression(_rules(match[1]), reason.strip(), place, target))
    return made


def _outside_literals(text: str, matches: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The matches that begin in a comment: what looks like one inside a string or heredoc is none."""
    from jobplan.source.jobspec.diagnostics import Source
    from jobplan.source.jobspec.lexer import NEWLINE, Lexer

    found = Lexer(Source(text, "")).scan()
    tokens = sorted((token for token in found if token.kind != NEWLINE), key=lambda token: token.start)
    starts = [token.start for token in tokens]
    for match in matches:
        before = bisect_right(starts, match.start()) - 1
        if before < 0 or tokens[before].end <= match.start():
            yield match


def _target(lines: Sequence[str], line: int) -> int:
    """The line itself, or the first one with code after a line that holds nothing but the comment."""
    while line < len(lines) and _BLANK_OR_COMMENT.fullmatch(lines[line - 1]):
        line += 1
    return line


def in_meta(api: dict[str, Any]) -> list[Suppression]:
    """The suppressions in the Meta of a job, its groups and tasks."""
    made = list(_of_meta(api.get("Meta"), ""))
    for index, group in enumerate(api.get("TaskGroups") or ()):
        path = f"/TaskGroups/{index}"
        made.extend(_of_meta((group or {}).get("Meta"), path))
        for number, task in enumerate((group or {}).get("Tasks") or ()):
            made.extend(_of_meta((task or {}).get("Meta"), f"{path}/Tasks/{number}"))
    return made


def _of_meta(meta: dict[str, Any] | None, scope: str) -> Iterator[Suppression]:
    for key, value in (meta or {}).items():
        if key == META_KEY or key.startswith(f"{META_KEY}."):
            rules, _, reason = str(value or "").strip().partition(" ")
            yield Suppression(_rules(rules), reason.strip(), path=f"{scope}/Meta/{escaped(key)}", scope=scope)


def _rules(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
