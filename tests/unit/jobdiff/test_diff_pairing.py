"""Pairing of list elements and the order of objects. spec: diff §2.10, §13"""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.jobdiff.gosort import go_sort
from jobplan.jobdiff.ordering import sort_objects
from jobplan.jobdiff.pairing import BY_PATH, INDEX, SERVICES, key
from jobplan.jobdiff.tree import ADDED, DELETED, EDITED, NONE, FieldDiff, ObjectDiff
from jobplan.model.services import Service
from jobplan.model.task import Template


def service(label: str) -> Service:
    name, _, port = label.partition(":")
    return Service(name=name, port_label=port)


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        # alone on both sides: whatever they are
        (["web:http"], ["db:sql"], [("web:http", "db:sql")]),
        # name and port beat position and name
        (["web:http"], ["web:https", "web:http"], [("web:http", "web:http"), (None, "web:https")]),
        # position and port are enough, port alone is not
        (["a:p", "b:q"], ["c:p", "d:r"], [("a:p", "c:p"), ("b:q", None), (None, "d:r")]),
        (["a:p", "b:q"], ["c:r", "d:p"], [("a:p", None), ("b:q", None), (None, "c:r"), (None, "d:p")]),
        # of equal scores the first
        (["x:", "a:p"], ["a:q", "z:", "a:r"], [("x:", None), ("a:p", "a:q"), (None, "z:"), (None, "a:r")]),
        ([], ["a:p"], [(None, "a:p")]),
    ],
)
def test_services_pair_by_score(old: list[str], new: list[str], pairs: list[tuple[str | None, str | None]]) -> None:
    made = SERVICES.pairs([service(label) for label in old], [service(label) for label in new])
    expected = [(one and service(one), other and service(other)) for one, other in pairs]
    assert made == expected


def test_templates_pair_by_destination_first_come_first_served() -> None:
    def templates(*texts: str) -> list[Template]:
        return [Template(dest_path=text[0], embedded_tmpl=text) for text in texts]

    made = BY_PATH.pairs(templates("a1", "a2", "b1"), templates("c1", "a3", "a4"))
    labels = [(one and one.embedded_tmpl, other and other.embedded_tmpl) for one, other in made]
    assert labels == [("a1", "a3"), ("a2", "a4"), ("b1", None), (None, "c1")]
    assert len(BY_PATH.pairs(templates("a1"), templates("b1"))) == 1


def test_last_of_a_repeated_key_counts_in_place_of_the_first() -> None:
    old = [Service(name="a", address="1"), Service(name="b"), Service(name="a", address="2")]
    made = key("name").pairs(old, [Service(name="b"), Service(name="c")])
    assert made == [(old[2], None), (old[1], Service(name="b")), (None, Service(name="c"))]


def test_index_pairs_leave_the_surplus_alone() -> None:
    assert INDEX.pairs([1, 2], [3]) == [(1, 3), (2, None)]
    assert INDEX.pairs(None, [3]) == [(None, 3)]


# ---- order ---------------------------------------------------------------------------------------------------------


def item(name: str, **fields: str) -> ObjectDiff:
    return ObjectDiff(ADDED, name, [FieldDiff(ADDED, key, "", text) for key, text in fields.items()])


def names(objects: Sequence[ObjectDiff | None] | None) -> list[str]:
    return [made.name for made in objects or () if made is not None]


def test_rank_of_types_and_null_first() -> None:
    run = [ObjectDiff(type_, "x") for type_ in (NONE, DELETED, ADDED, EDITED)]
    mixed: list[ObjectDiff | None] = [*run, None]
    sort_objects(mixed)
    assert [made and str(made.type) for made in mixed] == [None, "Edited", "Added", "Deleted", "None"]


def test_crossing_fields_are_reversed() -> None:
    left, right = item("Constraint", LTarget="a", RTarget="z"), item("Constraint", LTarget="b", RTarget="c")
    for run in ([left, right], [right, left]):
        made: list[ObjectDiff | None] = list(run)
        sort_objects(made)
        assert made == run[::-1]


@pytest.mark.parametrize(
    ("order", "nested"), [(["a", "b"], ["Check", "Tags"]), (["b", "a"], ["Tags", "Check"]), (["a"], ["Tags", "Check"])]
)
def test_comparing_siblings_sorts_what_hangs_below(order: list[str], nested: list[str]) -> None:
    """The example of spec: diff §13.3."""
    run: list[ObjectDiff | None] = []
    for name in order:
        made = item("Service", Name=name, PortLabel="p")
        made.objects = [item("Tags", Tags=name), item("Check", Name=name)]
        run.append(made)
    sort_objects(run)
    for sorted_item in run:
        assert sorted_item is not None
        assert names(sorted_item.objects) == nested
    assert [made.fields[0].new for made in run] == sorted(order)  # type: ignore


@pytest.mark.parametrize("size", [0, 1, 12, 13, 49, 50, 200])
@pytest.mark.parametrize("shape", ["random", "rising", "falling", "few", "nearly"])
def test_go_sort_sorts(size: int, shape: str) -> None:
    chance = random.Random(size)
    values = {
        "random": [chance.randrange(size + 1) for _ in range(size)],
        "rising": list(range(size)),
        "falling": list(range(size, 0, -1)),
        "few": [chance.randrange(3) for _ in range(size)],
        "nearly": [*range(size // 2), *range(size // 4), *range(size // 2, size)],
    }[shape]
    made = list(values)
    go_sort(made, lambda one, other: one < other)
    assert made == sorted(values)


NAMES, LABELS = st.sampled_from(["a", "b", "c"]), st.sampled_from(["http", "rpc"])
SERVICES_OF_A_GROUP = st.lists(st.builds(lambda name, label: Service(name=name, port_label=label), NAMES, LABELS))


@given(SERVICES_OF_A_GROUP, SERVICES_OF_A_GROUP)
def test_law_services_pair_as_if_each_were_compared_with_all(old: list[Service], new: list[Service]) -> None:
    """spec: diff §6.4, word for word."""
    if len(old) == len(new) == 1:
        return
    free = list(enumerate(new))
    expected: list[tuple[int | None, int | None]] = []
    for position, service in enumerate(old):
        scores = [
            (index == position) + 2 * (other.port_label == service.port_label) + 3 * (other.name == service.name)
            for index, other in free
        ]
        best = max(scores, default=0)
        expected.append((id(service), id(free.pop(scores.index(best))[1]) if best > 2 else None))
    expected += [(None, id(other)) for _, other in free]
    assert [tuple(side and id(side) for side in pair) for pair in SERVICES.pairs(old, new)] == expected
