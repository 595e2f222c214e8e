"""A job diff as nested lists: what is new is `ins`, what is gone is `del`, and a sign stands before both."""

from __future__ import annotations

from typing import Any

from jobplan.httpapi.pages.markup import Html, joined

SIGNS = {"Added": "+", "Deleted": "-", "Edited": "~", "None": " "}
Api = dict[str, Any]


def difference(diff: Api | None) -> Html:
    """The changes of a job; a paragraph if there are none."""
    if diff is None or diff["Type"] == "None":
        return Html.of("p", "No difference in the specification.", class_="muted")
    items = [*_fields(diff), *_objects(diff)]
    for group in diff.get("TaskGroups") or ():
        items += _group(group)
    return Html.of("ul", *items, class_="diff")


def _group(group: Api) -> list[Html]:
    inner = [*_fields(group), *_objects(group)]
    for task in group.get("Tasks") or ():
        if task["Type"] != "None":
            note = f" ({', '.join(task['Annotations'])})" if task.get("Annotations") else ""
            inner.append(_item(task["Type"], f"task {task['Name']}{note}", [*_fields(task), *_objects(task)]))
    updates = ", ".join(f"{number} {name}" for name, number in sorted((group.get("Updates") or {}).items()))
    if group["Type"] == "None" and not updates:
        return []
    return [_item(group["Type"], f"group {group['Name']}{f' ({updates})' if updates else ''}", inner)]


def _objects(owner: Api) -> list[Html]:
    return [
        _item(item["Type"], item["Name"], [*_fields(item), *_objects(item)])
        for item in owner.get("Objects") or ()
        if item is not None and item["Type"] != "None"
    ]


def _fields(owner: Api) -> list[Html]:
    return [_field(item) for item in owner.get("Fields") or () if item is not None and item["Type"] != "None"]


def _field(field: Api) -> Html:
    note = f" ({', '.join(field['Annotations'])})" if field.get("Annotations") else ""
    if field["Type"] == "Added":
        return Html.of("li", Html.of("ins", f"+ {field['Name']}: {field['New']}"), note)
    if field["Type"] == "Deleted":
        return Html.of("li", Html.of("del", f"- {field['Name']}: {field['Old']}"), note)
    old, new = Html.of("del", field["Old"] or '""'), Html.of("ins", field["New"] or '""')
    return Html.of("li", f"~ {field['Name']}: ", old, " → ", new, note)


def _item(kind: str, text: str, inner: list[Html]) -> Html:
    name = f"{SIGNS.get(kind, ' ')} {text}"
    shown = Html.of("ins", name) if kind == "Added" else Html.of("del", name) if kind == "Deleted" else joined(name)
    return Html.of("li", shown, Html.of("ul", *inner, class_="diff") if inner else "")
