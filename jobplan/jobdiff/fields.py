"""Fields and string sets. spec: diff §2.4–§2.6"""

from __future__ import annotations

from collections.abc import Iterable

from jobplan.jobdiff.flatten import Flat, scalar_text
from jobplan.jobdiff.tree import ADDED, DELETED, EDITED, NONE, DiffType, FieldDiff, Fields, ObjectDiff


def field_diff(name: str, old: str, new: str, contextual: bool) -> FieldDiff | None:
    """FIELD: a missing path counts as the empty text. spec: diff §2.4"""
    if old == new:
        return FieldDiff(NONE, name, old, new) if contextual else None
    return FieldDiff(ADDED if old == "" else DELETED if new == "" else EDITED, name, old, new)


def field_list(old: Flat, new: Flat, contextual: bool) -> Fields:
    """FIELDS: one field per path of either side, sorted by name. spec: diff §2.5"""
    if not contextual and old == new:
        return None
    found: list[FieldDiff | None] = []
    for path in sorted(old.keys() | new.keys()):
        field = field_diff(path, old.get(path, ""), new.get(path, ""), contextual)
        if field is not None:
            found.append(field)
    return found or None


def type_of_fields(fields: Fields) -> DiffType:
    """What the fields of an object say about it; `None`: nothing changed. spec: diff §2.8"""
    types = {field.type for field in fields or () if field is not None}
    if EDITED in types or {ADDED, DELETED} <= types:
        return EDITED
    return ADDED if ADDED in types else DELETED if DELETED in types else NONE


def string_set(
    name: str, old: Iterable[str | int] | None, new: Iterable[str | int] | None, contextual: bool
) -> ObjectDiff | None:
    """STRSET: order and multiplicity do not count. spec: diff §2.6"""
    before, after = {scalar_text(item) for item in old or ()}, {scalar_text(item) for item in new or ()}
    if before == after and not contextual:
        return None
    fields = [field_diff(name, item, "", contextual) for item in before - after]
    fields += [field_diff(name, "", item, contextual) for item in after - before]
    if contextual:
        fields += [FieldDiff(NONE, name, item, item) for item in before & after]
    # A changed empty element leaves null, without context. spec: diff Q6
    fields.sort(key=field_order)
    removed, added = not before <= after, not after <= before
    if not removed and not added:
        return ObjectDiff(NONE, name, fields) if fields else None
    return ObjectDiff(EDITED if removed and added else ADDED if added else DELETED, name, fields)


def field_order(field: FieldDiff | None) -> tuple[str, ...]:
    """The sort key of fields; null comes first. spec: diff §13.1"""
    return () if field is None else (field.name, field.old, field.new)
