"""The diff of a plan response as lines and sections for people: what changed, and little else.

Compared with Nomad's own text: lists and texts are aligned, durations and sizes readable, unchanged parts collapsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobplan.rendering.humanise import value_text
from jobplan.rendering.linediff import changes, marked, replaced_lines, text_lines, whole_lines
from jobplan.rendering.options import Options
from jobplan.rendering.ordinary import ZERO, is_ordinary
from jobplan.rendering.regroup import MISSING, Entry, Missing, Side, Value, regroup
from jobplan.rendering.view import Block, Line, Mark, Part, Role, Section, Span, Spans, literal, plain
from jobplan.values.counts import counted
from jobplan.values.quoting import quoted

Api = Mapping[str, Any]

MARKS: dict[str, Mark] = {"Added": "+", "Deleted": "-", "Edited": "~"}
MARK_ROLES: dict[Mark, Role] = {"+": Role.ADDED, "-": Role.REMOVED, "~": Role.EDITED}

ANNOTATION_ROLES = {
    "forces create": Role.FORCES_CREATE,
    "forces destroy": Role.FORCES_DESTROY,
    "forces in-place update": Role.FORCES_IN_PLACE,
    "forces create/destroy update": Role.FORCES_REPLACE,
}

UPDATE_ROLES = {
    "create": Role.FORCES_CREATE,
    "canary": Role.FORCES_CREATE,
    "destroy": Role.FORCES_DESTROY,
    "migrate": Role.FORCES_REPLACE,
    "create/destroy update": Role.FORCES_REPLACE,
    "in-place update": Role.FORCES_IN_PLACE,
    "ignore": Role.MUTED,
}

# The field that tells one object of a kind from its siblings.
LABELS = {
    "Action": "Name",
    "Artifact": "GetterSource",
    "Check": "Name",
    "Device": "Name",
    "Dynamic Port": "Label",
    "Identity": "Name",
    "Secret": "Name",
    "Service": "Name",
    "Static Port": "Label",
    "Template": "DestPath",
    "Upstreams": "DestinationName",
    "Volume": "Name",
    "VolumeMount": "Destination",
}
# Objects that are one statement.
SENTENCES = {"Constraint": ("LTarget", "Operand", "RTarget"), "Affinity": ("LTarget", "Operand", "RTarget", "Weight")}

_SHORT = 72  # an edit whose two values are longer together takes two lines
_WIDEST_NAME = 28


def diff_parts(diff: Api, options: Options) -> list[Part]:
    """The changes of the job itself, then a section per group that is not unchanged."""
    lines = _Lines(options)
    lines.owner("", diff, 0)
    parts: list[Part] = [Block(tuple(lines.out))] if lines.out else []
    groups = diff.get("TaskGroups") or []
    shown = [group for group in groups if options.unchanged or not _is_idle(group)]
    parts += [group_section(group, options, number) for number, group in enumerate(shown, start=1)]
    if len(shown) < len(groups):
        names = ", ".join(quoted(group.get("Name") or "") for group in groups if _is_idle(group))
        rest = Line(" ", 0, (Span(f"… {counted(len(groups) - len(shown), 'group')} unchanged: {names}", Role.MUTED),))
        parts.append(Block((rest,)))
    return parts


def group_section(group: Api, options: Options, number: int) -> Section:
    """One task group: its updates in the title, its fields, objects and tasks below.

    Of what is deleted only the names are shown, as nobody has to review the rest.
    """
    lines = _Lines(options)
    if group.get("Type") == "Deleted" and not options.unchanged:
        count = [field for field in group.get("Fields") or [] if (field or {}).get("Name") == "Count"]
        lines.owner("", {"Type": "Deleted", "Fields": count}, 0)
    else:
        lines.owner("", group, 0)
    unchanged = 0
    for task in group.get("Tasks") or []:
        if task.get("Type") == "None" and not options.unchanged:
            unchanged += 1
        else:
            lines.task(task)
    if unchanged:
        lines.add(" ", 0, (Span(f"… {counted(unchanged, 'task')} unchanged", Role.MUTED),))
    mark = _mark(group)
    head = (Span(f"{mark} " if mark != " " else "", MARK_ROLES.get(mark, Role.PLAIN)), Span("group ", Role.HEADING))
    name = literal(quoted(group.get("Name") or ""), Role.HEADING)
    title = (*head, name, *update_spans(group.get("Updates") or {}))
    return Section(f"group-{number}", title, (Block(tuple(lines.out)),) if lines.out else (), folded=True)


def update_spans(updates: Mapping[str, int]) -> Spans:
    """`  2 create, 1 ignore`, each with its role."""
    spans: list[Span] = []
    for key in sorted(updates):
        spans += [
            Span(", " if spans else "  "),
            Span(f"{signed(updates[key])} {key}", UPDATE_ROLES.get(key, Role.PLAIN)),
        ]
    return tuple(spans)


def signed(counter: int) -> int:
    """A counter that was taken below zero and wrapped, as what it means. spec: plan §3.2"""
    return counter - (1 << 64) if counter >= 1 << 63 else counter


def _is_idle(group: Api) -> bool:
    """Whether nothing is worth showing: every group of a changed job is at least updated in place."""
    return group.get("Type") == "None" and set(group.get("Updates") or {}) <= {"ignore", "in-place update"}


class _Lines:
    """Collects the lines of one block."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.out: list[Line] = []

    def add(self, mark: Mark, depth: int, spans: Spans) -> None:
        self.out.append(Line(mark, depth, spans))

    def task(self, task: Api) -> None:
        mark = _mark(task)
        annotations = _annotations(task.get("Annotations") or ())
        name = literal(quoted(task.get("Name") or ""), Role.HEADING)
        self.add(mark, 0, (Span("task ", Role.HEADING), name, *annotations))
        if mark != "-" or self.options.unchanged:
            self.owner("", task, 1)

    def owner(self, name: str, owner: Api, depth: int) -> None:
        """Fields and objects of a job, group, task or object called `name`, then how much was left out."""
        entries = regroup(name, (field for field in owner.get("Fields") or [] if field is not None))
        label = LABELS.get(name)
        entries = [entry for entry in entries if entry.name != label or _side_mark(entry.old, entry.new) == "~"]
        whole = owner.get("Type") in ("Added", "Deleted")
        shown = [entry for entry in entries if self._is_shown(entry, whole)]
        hidden = len(entries) - len(shown)
        width = min(_WIDEST_NAME, max((len(entry.name) for entry in shown if _is_scalar(entry)), default=0))
        for entry in shown:
            self.entry(name, entry, depth, width)
        ordinary: list[str] = []
        for child in owner.get("Objects") or []:
            if child is None:
                continue
            if self.options.unchanged or not (child.get("Type") == "None" or (whole and is_ordinary(child))):
                self.object(child, depth)
            elif whole:
                ordinary.append(child.get("Name") or "")
            else:
                hidden += 1
        left_out = [f"{hidden} {'at zero or empty' if whole else 'unchanged'}"] if hidden else []
        left_out += [f"as usual: {', '.join(ordinary)}"] if ordinary else []
        if left_out:
            self.add(" ", depth, (Span(f"… {'; '.join(left_out)}", Role.MUTED),))

    def _is_shown(self, entry: Entry, whole: bool) -> bool:
        if self.options.unchanged:
            return True
        if whole and _is_scalar(entry):
            return (entry.new if entry.old is MISSING else entry.old) not in ZERO
        return not entry.is_unchanged

    def object(self, child: Api, depth: int) -> None:
        name, mark = child.get("Name") or "", _mark(child)
        fields = [field for field in child.get("Fields") or [] if field is not None]
        if name in SENTENCES:
            values = {field.get("Name"): field.get("New") or field.get("Old") or "" for field in fields}
            words = " ".join(values.get(key, "") for key in SENTENCES[name]).strip()
            self.add(mark, depth, (Span(f"{name}  "), Span(quoted(words), MARK_ROLES.get(mark, Role.PLAIN))))
            return
        if fields and all(field.get("Name") == name for field in fields):
            self.add(mark, depth, (Span(name),))
            self.string_set(fields, depth + 1)
            return
        label = next((f.get("New") or f.get("Old") for f in fields if f.get("Name") == LABELS.get(name)), None)
        title = (Span(name), Span(" "), literal(quoted(label))) if label else (Span(name),)
        self.add(mark, depth, title)
        self.owner(name, child, depth + 1)

    def string_set(self, fields: Sequence[Api], depth: int) -> None:
        unchanged = 0
        for field in fields:
            mark = _mark(field)
            if mark == " " and not self.options.unchanged:
                unchanged += 1
                continue
            value = field.get("Old") if mark == "-" else field.get("New")
            self.add(mark, depth, (Span(quoted(value or ""), MARK_ROLES.get(mark, Role.PLAIN)),))
        self._left_out(unchanged, depth)

    def _left_out(self, unchanged: int, depth: int) -> None:
        if unchanged:
            self.add(" ", depth, (Span(f"… {unchanged} unchanged", Role.MUTED),))

    def entry(self, owner: str, entry: Entry, depth: int, width: int = 0) -> None:
        """One field: on a line if it fits, else its name and the difference below."""
        old, new = entry.old, entry.new
        name, after = entry.name, _annotations(entry.annotations)
        mark = _side_mark(old, new)
        if _is_text(old) or _is_text(new):
            self.add(mark, depth, (Span(name), *after))
            self.text(old, new, depth + 1)
        elif not _is_scalar(entry):
            self.add(mark, depth, (Span(name), *after))
            self.value(old, new, depth + 1)
        else:
            self._scalar(mark, owner, entry, depth, width)

    def _scalar(self, mark: Mark, owner: str, entry: Entry, depth: int, width: int) -> None:
        old = value_text(owner, entry.name, entry.old) if isinstance(entry.old, str) else ""
        new = value_text(owner, entry.name, entry.new) if isinstance(entry.new, str) else ""
        after = _annotations(entry.annotations)
        name = Span(f"{entry.name.ljust(width)}  ")
        if mark == "~" and len(old) + len(new) > _SHORT:
            self.add(mark, depth, (Span(entry.name), *after))
            self.out += replaced_lines([old], [new], depth + 1)
        elif mark == "~":
            before, now = marked(old, new) or ((Span(old, Role.REMOVED),), (Span(new, Role.ADDED),))
            self.add(mark, depth, (name, *before, Span(" → ", Role.MUTED), *now, *after))
        else:
            role = MARK_ROLES.get(mark, Role.PLAIN)
            self.add(mark, depth, (name, Span(old if mark == "-" else new, role), *after))

    def text(self, old: Side, new: Side, depth: int) -> None:
        """Texts of several lines."""
        if isinstance(old, str) and isinstance(new, str):
            if old == new:
                self.out += whole_lines(new, depth, " ")
            else:
                self.out += text_lines(old, new, depth, self.options.context)
        else:
            for side, mark in ((old, "-"), (new, "+")):
                if isinstance(side, str):
                    self.out += whole_lines(side, depth, "-" if mark == "-" else "+")

    def value(self, old: Side, new: Side, depth: int) -> None:
        """Maps and lists, rebuilt from flattened fields."""
        if isinstance(old, dict | Missing) and isinstance(new, dict | Missing):
            self._maps(old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {}, depth)
        elif isinstance(old, list | Missing) and isinstance(new, list | Missing):
            self._lists(old if isinstance(old, list) else [], new if isinstance(new, list) else [], depth)
        else:
            self._whole(old, "-", depth)
            self._whole(new, "+", depth)

    def _maps(self, old: Mapping[str, Value], new: Mapping[str, Value], depth: int) -> None:
        entries = [
            Entry(key, old.get(key, MISSING), new.get(key, MISSING))
            for key in [*old, *(key for key in new if key not in old)]
        ]
        entries.sort(key=lambda entry: entry.name)
        shown = [entry for entry in entries if self.options.unchanged or not entry.is_unchanged]
        width = min(_WIDEST_NAME, max((len(entry.name) for entry in shown if _is_scalar(entry)), default=0))
        for entry in shown:
            self.entry("Config", entry, depth, width)
        self._left_out(len(entries) - len(shown), depth)

    def _lists(self, old: Sequence[Value], new: Sequence[Value], depth: int) -> None:
        """Aligned, so that one inserted element is one line."""
        context = len(old) + len(new) if self.options.unchanged else self.options.context
        steps = changes([_key(item) for item in old], [_key(item) for item in new])
        for index, step in enumerate(steps):
            before, after = old[step.old_start : step.old_end], new[step.new_start : step.new_end]
            if step.equal:
                self._equal_run(before, 0 if index == 0 else context, 0 if step is steps[-1] else context, depth)
            elif len(before) == len(after) and not all(isinstance(item, str) for item in (*before, *after)):
                for left, right in zip(before, after):
                    self._element(left, right, depth)
            elif all(isinstance(item, str) for item in (*before, *after)):
                self.out += replaced_lines([quoted(str(i)) for i in before], [quoted(str(i)) for i in after], depth)
            else:
                for item in before:
                    self._whole(item, "-", depth)
                for item in after:
                    self._whole(item, "+", depth)

    def _equal_run(self, items: Sequence[Value], head: int, tail: int, depth: int) -> None:
        if len(items) <= head + tail:
            head, tail = len(items), 0
        for item in items[:head]:
            self._whole(item, " ", depth)
        self._left_out(len(items) - head - tail, depth)
        for item in items[len(items) - tail :]:
            self._whole(item, " ", depth)

    def _element(self, old: Value, new: Value, depth: int) -> None:
        if isinstance(old, str) and isinstance(new, str):
            self.out += replaced_lines([quoted(old)], [quoted(new)], depth)
        else:
            self.add("~", depth, plain("·", Role.MUTED))
            self.value(old, new, depth + 1)

    def _whole(self, item: Side, mark: Mark, depth: int) -> None:
        """A value that is on one side only, or unchanged."""
        if isinstance(item, Missing):
            return
        role = MARK_ROLES.get(mark, Role.PLAIN)
        if isinstance(item, str):
            self.add(mark, depth, (Span(quoted(item), role),))
            return
        self.add(mark, depth, plain("·", Role.MUTED))
        pairs = item.items() if isinstance(item, dict) else ((str(i), value) for i, value in enumerate(item))
        for key, value in pairs:
            if isinstance(value, str):
                self.add(mark, depth + 1, (Span(f"{key}  "), Span(quoted(value), role)))
            else:
                self.add(mark, depth + 1, (Span(key),))
                self._whole(value, mark, depth + 2)


def _annotations(annotations: Iterable[str]) -> Spans:
    spans: list[Span] = []
    for text in annotations:
        spans += [Span(", " if spans else "  ("), Span(text, ANNOTATION_ROLES.get(text, Role.PLAIN))]
    return (*spans, Span(")")) if spans else ()


def _mark(entry: Api) -> Mark:
    return MARKS.get(entry.get("Type") or "", " ")


def _side_mark(old: Side, new: Side) -> Mark:
    if old is MISSING:
        return "+"
    if new is MISSING:
        return "-"
    return " " if old == new else "~"


def _is_scalar(entry: Entry) -> bool:
    return not isinstance(entry.old, dict | list) and not isinstance(entry.new, dict | list)


def _is_text(side: Side) -> bool:
    return isinstance(side, str) and "\n" in side.removesuffix("\n")


def _key(item: Value) -> str:
    return json.dumps(item, sort_keys=True)
