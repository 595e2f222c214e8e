"""Where the parts of the result come from: JSON pointer → line and column.

Decoding notes the offset of each object and of its fields by the identity of the object; the pointers are worked out at
the end, after the post-decode rules have moved objects about.
"""

from __future__ import annotations

from typing import Any

from jobplan.source.jobspec.diagnostics import Position, Source


class Places:
    """Offsets of objects and fields. Holds a reference to each object, so that identities stay valid."""

    def __init__(self) -> None:
        self._notes: dict[int, tuple[dict[str, Any], int, dict[str, int]]] = {}

    def note(self, obj: dict[str, Any], offset: int, fields: dict[str, int]) -> None:
        self._notes[id(obj)] = (obj, offset, fields)

    def mark(self, obj: dict[str, Any], name: str, offset: int) -> None:
        """The place of one more field of a noted object."""
        self._notes[id(obj)][2][name] = offset

    def same_place(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """An object that stands for another one, without its fields."""
        found = self._notes.get(id(old))
        if found is not None:
            self._notes[id(new)] = (new, found[1], {})

    def copied(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        found = self._notes.get(id(old))
        if found is not None:
            self._notes[id(new)] = (new, found[1], found[2])

    def pointers(self, root: dict[str, Any], source: Source) -> dict[str, Position]:
        """JSON pointers (RFC 6901) of everything under `root` whose place is known."""
        out: dict[str, Position] = {}

        def walk(value: Any, pointer: str) -> None:
            if isinstance(value, list):
                for i, item in enumerate(value):
                    walk(item, f"{pointer}/{i}")
                return
            if not isinstance(value, dict):
                return
            found = self._notes.get(id(value))
            if found is not None and found[0] is value:
                out[pointer] = source.position(found[1])
                for name, offset in found[2].items():
                    out.setdefault(f"{pointer}/{escaped(name)}", source.position(offset))
            for name, item in value.items():
                walk(item, f"{pointer}/{escaped(name)}")

        walk(root, "")
        return out


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def copy_tree(value: Any, places: Places) -> Any:
    """A deep copy of plain JSON data whose places stay known."""
    if isinstance(value, dict):
        new = {k: copy_tree(v, places) for k, v in value.items()}
        places.copied(value, new)
        return new
    if isinstance(value, list):
        return [copy_tree(v, places) for v in value]
    return value
