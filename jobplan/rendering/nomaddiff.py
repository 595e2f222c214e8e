"""The diff section of `nomad job plan`, with its colour tags still unexpanded.

Every block is aligned by two numbers: the longest field name in bytes and the longest marker of what the block holds.
Alignment counts names as they are, tags in them included.

spec: plan §7.4
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobplan.values.quoting import quoted

Node = Mapping[str, Any]

MARKERS = {
    "Added": ("[green]+[reset] ", 2),
    "Deleted": ("[red]-[reset] ", 2),
    "Edited": ("[light_yellow]+/-[reset] ", 4),
}
"""Type of an entry → marker text, its length on the screen; others have none."""

ANNOTATION_COLOURS = {
    "forces create": "[green]",
    "forces destroy": "[red]",
    "forces in-place update": "[cyan]",
    "forces create/destroy update": "[yellow]",
}

UPDATE_COLOURS = {
    "create": "[green]",
    "destroy": "[red]",
    "migrate": "[blue]",
    "in-place update": "[cyan]",
    "create/destroy update": "[yellow]",
    "canary": "[light_yellow]",
}


def job_text(diff: Node, verbose: bool) -> str:
    """The whole section of one job diff."""
    groups = _list(diff, "TaskGroups")
    name_width, marker_width = _widths(diff)
    marker_width = max([marker_width, *map(_marker_length, groups)])
    out = f"{_marker(diff)}[bold]Job: {quoted(diff.get('ID') or '')}\n"
    if verbose or diff.get("Type") == "Edited":
        out += _line_end(_block(diff, 0, name_width, marker_width))
    for group in groups:
        out += _group(group, marker_width - _marker_length(group), verbose) + "\n"
    return out


def _group(group: Node, prefix: int, verbose: bool) -> str:
    tasks = _list(group, "Tasks")
    name_width, marker_width = _widths(group)
    marker_width = max([marker_width, *map(_marker_length, tasks)])
    out = f"{_marker(group)}{' ' * prefix}[bold]Task Group: {quoted(group.get('Name') or '')}[reset]"
    out += _updates(group.get("Updates") or {})
    if verbose or group.get("Type") == "Edited":
        out += _line_end(_block(group, prefix + 2, name_width, marker_width))
    for task in tasks:
        out += _task(task, prefix + 2, marker_width - _marker_length(task), verbose) + "\n"
    return out


def _updates(updates: Mapping[str, int]) -> str:
    if not updates:
        return "[reset]\n"
    entries = [f"[reset]{UPDATE_COLOURS.get(key, '')}{updates[key]} {key}" for key in sorted(updates, key=_bytes)]
    return f" ({', '.join(entries)}[reset])\n"


def _task(task: Node, start: int, prefix: int, verbose: bool) -> str:
    out = f"{' ' * start}{_marker(task)}{' ' * prefix}[bold]Task: {quoted(task.get('Name') or '')}"
    annotations = _list(task, "Annotations")
    if annotations:
        out += f" [reset]({_annotations(annotations)})"
    kind = task.get("Type")
    if kind == "None" or (kind in ("Added", "Deleted") and not verbose):
        return out
    return f"{out}\n{_block(task, start + 2, *_widths(task))}"


def _block(owner: Node, indent: int, name_width: int, marker_width: int) -> str:
    """The fields, then the objects of `owner`, one below the other; no newline after the last."""
    lines = [
        _field(field, indent, marker_width - _marker_length(field), name_width - len(_bytes(_name(field))))
        for field in _list(owner, "Fields")
    ]
    lines += [_object(child, indent, marker_width - _marker_length(child)) for child in _list(owner, "Objects")]
    return "\n".join(lines)


def _field(field: Node, indent: int, key_prefix: int, value_prefix: int) -> str:
    out = f"{' ' * indent}{_marker(field)}{' ' * key_prefix}{_name(field)}: {' ' * value_prefix}{_value(field)}"
    annotations = _list(field, "Annotations")
    return f"{out} ({_annotations(annotations)})" if annotations else out


def _value(field: Node) -> str:
    old, new = quoted(field.get("Old") or ""), quoted(field.get("New") or "")
    match field.get("Type"):
        case "Deleted":
            return old
        case "Edited":
            return f"{old} => {new}"
        case _:
            return new


def _object(child: Node, indent: int, key_prefix: int) -> str:
    head = f"{' ' * indent}{_marker(child)}{' ' * key_prefix}{_name(child)} {{\n"
    block = _block(child, indent + key_prefix + 2, *_widths(child))
    return f"{head}{block}\n{' ' * (indent + _marker_length(child) + key_prefix)}}}"


def _annotations(annotations: Sequence[str]) -> str:
    coloured = (
        f"{ANNOTATION_COLOURS[text]}{text}[reset]" if text in ANNOTATION_COLOURS else text for text in annotations
    )
    return ", ".join(coloured)


def _widths(owner: Node) -> tuple[int, int]:
    """Longest field name in bytes, longest marker among fields and objects; 0 if there are none."""
    fields = _list(owner, "Fields")
    entries: Iterable[Node] = [*fields, *_list(owner, "Objects")]
    return (
        max((len(_bytes(_name(field))) for field in fields), default=0),
        max(map(_marker_length, entries), default=0),
    )


def _marker(entry: Node) -> str:
    return MARKERS.get(entry.get("Type") or "", ("", 0))[0]


def _marker_length(entry: Node) -> int:
    return MARKERS.get(entry.get("Type") or "", ("", 0))[1]


def _name(entry: Node) -> str:
    return entry.get("Name") or ""


def _list(owner: Node, key: str) -> list[Any]:
    """The elements under a key; null elements are passed over. spec: diff Q5, Q6"""
    return [element for element in owner.get(key) or () if element is not None]


def _line_end(block: str) -> str:
    return f"{block}\n" if block else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
