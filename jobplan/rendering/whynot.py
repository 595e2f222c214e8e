"""Sections about why: causes of replacement, why groups do not fit, how many more would fit.

Plain values in (`to_api()` of the classes in `explain`), sections out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobplan.rendering.options import Options, Report
from jobplan.rendering.view import Bullets, Part, Role, Section, Span, Spans, Table, joined, literal, plain
from jobplan.values.quoting import quoted

Api = Mapping[str, Any]

MOST_NODES = 20
"""Rows of a matrix; the nearest misses come first, the others are counted."""
MOST_NAMES = 5
_UNITS = {"cpu": "MHz", "memory": "MB", "disk": "MB"}
_OUTCOME_ROLES = {
    "added": Role.FORCES_CREATE,
    "removed": Role.FORCES_DESTROY,
    "replaced": Role.FORCES_REPLACE,
    "in place": Role.FORCES_IN_PLACE,
    "unchanged": Role.MUTED,
}


def causes_section(report: Report, options: Options) -> Section | None:
    """In place or replaced, and because of which fields."""
    rows = [
        (
            (literal(quoted(cause["Group"])),),
            plain(cause["Outcome"], _OUTCOME_ROLES.get(cause["Outcome"], Role.PLAIN)),
            joined(literal(str(reason)) for reason in cause["Reasons"]),
        )
        for cause in report.causes
        if cause["Reasons"] or options.unchanged
    ]
    return (
        Section("causes", plain("Causes"), (Table(("Group", "Outcome", "Because of"), tuple(rows)),)) if rows else None
    )


def headroom_section(report: Report, _options: Options) -> Section | None:
    """How many more allocations would fit after the plan."""
    if not report.headroom:
        return None
    rows = tuple(
        (
            (literal(quoted(item["Group"])),),
            plain(
                f"{'at least ' if item['AtLeast'] else ''}{item['Count']}", Role.GOOD if item["Count"] else Role.ERROR
            ),
            _names([f"{name} ({count})" for name, count in item["Nodes"].items()]),
        )
        for item in report.headroom
    )
    return Section("headroom", plain("Headroom"), (Table(("Group", "More would fit", "On"), rows, frozenset((1,))),))


def why_not_section(report: Report, _options: Options) -> Section | None:
    """Node × check for every group that does not fit."""
    parts = tuple(_group(index, item) for index, item in enumerate(report.why_not, start=1))
    return Section("why-not", plain("Why not", Role.ERROR), parts) if parts else None


def _group(index: int, item: Api) -> Section:
    title = (Span("group "), literal(quoted(item["Group"])), Span(f": {item['Unplaced']} not placed", Role.ERROR))
    parts: list[Part] = []
    if item["Nodes"]:
        parts += _matrix(item["Nodes"])
        parts.append(Bullets(tuple(_reasons(item["Nodes"]))))
    left_out = tuple(_left_out(item["LeftOut"]))
    if left_out:
        parts.append(Section(f"why-not-{index}-left-out", plain("No candidates at all"), (Bullets(left_out),)))
    if item["Suggestions"]:
        advice = tuple(
            (literal(suggestion["Text"]), Span(": would fit on "), *_names(suggestion["Nodes"]))
            for suggestion in item["Suggestions"]
        )
        parts.append(Section(f"why-not-{index}-help", plain("Any of these would help", Role.GOOD), (Bullets(advice),)))
    return Section(f"why-not-{index}", title, tuple(parts))


# ---- the matrix ------------------------------------------------------------------------------------------------------


def _matrix(nodes: list[Api]) -> Iterator[Part]:
    """Nodes down, nearest misses first; across the checks that some node fails."""
    checks = list(dict.fromkeys(failure["Check"] for node in nodes for failure in node["Failures"]))
    with_class = any(node["NodeClass"] for node in nodes)
    rows = tuple(
        (
            (literal(node["Node"] or node["NodeID"]),),
            *(((literal(node["NodeClass"] or ""),),) if with_class else ()),
            *(_cell([failure for failure in node["Failures"] if failure["Check"] == check]) for check in checks),
        )
        for node in nodes[:MOST_NODES]
    )
    head = ("Node", *(("Class",) if with_class else ()), *checks)
    yield Table(head, rows)
    if len(nodes) > MOST_NODES:
        yield Bullets((plain(f"… and {len(nodes) - MOST_NODES} more nodes that miss by as much or more", Role.MUTED),))


def _cell(failures: list[Api]) -> Spans:
    if not failures:
        return plain("ok", Role.GOOD)
    missing = failures[0]["Missing"]
    if missing:
        return plain(f"✗ {missing} {_UNITS.get(failures[0]['Check'], '')}".rstrip() + " short", Role.ERROR)
    return plain("✗" if len(failures) == 1 else f"✗ {len(failures)}", Role.ERROR)


def _reasons(nodes: list[Api]) -> Iterator[Spans]:
    """Each distinct failure once: its text, what was wanted and found, on which nodes."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for node in nodes:
        for failure in node["Failures"]:
            if failure["Missing"]:
                text = f"wants {failure['Wanted']} {_UNITS.get(failure['Check'], '')}".rstrip()
                key = (failure["Check"], "", text, "")
            else:
                key = (failure["Check"], str(failure["Key"]), *_sides(failure))
            found.setdefault(key, []).append(_on(node, failure))
    for (check, text, sides, holder), names in found.items():
        spans: list[Span] = [Span(check, Role.HEADING), Span(": ")]
        if text and text != check:
            spans.append(literal(text))
        if sides:
            spans += [Span(", " if text and text != check else ""), literal(sides)]
        if holder:
            spans += [Span(", held by "), literal(holder)]
        yield (*spans, Span(": "), *_names(names))


def _sides(failure: Api) -> tuple[str, str]:
    wanted, actual = failure["Wanted"], failure["Actual"]
    words = []
    if wanted is not None:
        words.append(f"wants {_value(wanted)}")
    if actual is not None:
        words.append(f"finds {_value(actual)}")
    return ", ".join(words), str(failure["HeldBy"] or "")


def _value(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else str(value)


def _on(node: Api, failure: Api) -> str:
    name = str(node["Node"] or node["NodeID"])
    return f"{name} (has {failure['Actual']})" if failure["Missing"] else name


def _left_out(nodes: list[Api]) -> Iterator[Spans]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        text = ", ".join(str(failure["Key"]) for failure in node["Failures"])
        found.setdefault(text, []).append(str(node["Node"] or node["NodeID"]))
    for text, names in found.items():
        yield (literal(text), Span(": "), *_names(names))


def _names(names: list[str]) -> Spans:
    shown = list(joined(literal(name) for name in names[:MOST_NAMES]))
    if len(names) > MOST_NAMES:
        shown.append(Span(f" and {len(names) - MOST_NAMES} more"))
    return tuple(shown)
