"""The order of objects: a comparison that is neither lexicographic nor free of side effects. spec: diff §13.2, §13.3

The comparison sorts the nested objects of both sides when nothing before decides; so which pairs get compared shows
in the output, and the sorting procedure is the one of upstream.
"""

from __future__ import annotations

from jobplan.jobdiff.fields import field_order
from jobplan.jobdiff.gosort import go_sort
from jobplan.jobdiff.tree import ADDED, DELETED, EDITED, NONE, ObjectDiff

_RANK = {EDITED: 0, ADDED: 1, DELETED: 2, NONE: 3}


def sort_objects(objects: list[ObjectDiff | None]) -> None:
    """Sort a run in place."""
    go_sort(objects, _less)


def _less(left: ObjectDiff | None, right: ObjectDiff | None) -> bool:
    # Numbers are the steps of diff §13.2; equality is tested last because only otherwise equal objects can be equal.
    if right is None:
        return False
    if left is None:
        return True
    if left.name != right.name:  # 2
        return left.name < right.name
    if left.type != right.type:  # 3
        return _RANK[left.type] < _RANK[right.type]
    fields, others = left.fields or [], right.fields or []
    if len(fields) != len(others):  # 4
        return len(fields) < len(others)
    objects, other_objects = left.objects or [], right.objects or []
    if len(objects) != len(other_objects):  # 5
        return len(objects) < len(other_objects)
    if left == right:  # 1
        return False
    for one, other in zip(fields, others):  # 6: a field that sorts after does not end the loop
        if field_order(one) < field_order(other):
            return True
    sort_objects(objects)  # 7
    sort_objects(other_objects)
    return any(_less(one, other) for one, other in zip(objects, other_objects))  # 8, 9
