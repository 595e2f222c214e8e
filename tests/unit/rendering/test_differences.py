"""Aligning lists and texts, and putting flattened fields together again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.rendering.humanise import short_duration, size_text, value_text
from jobplan.rendering.linediff import MOST_LINES, changes, marked, text_lines
from jobplan.rendering.options import Options
from jobplan.rendering.pretty import render_pretty
from jobplan.rendering.regroup import MISSING, Entry, regroup
from jobplan.rendering.view import text_of

from .responses import entries, field, group, response, task

LISTS = st.lists(st.sampled_from("abc"), max_size=12)
TEXTS = st.text(st.sampled_from("ab \n"), max_size=40)


@given(LISTS, LISTS)
def test_changes_cover_both_lists_without_gaps(old: list[str], new: list[str]) -> None:
    at_old = at_new = 0
    for change in changes(old, new):
        assert (change.old_start, change.new_start) == (at_old, at_new)
        at_old, at_new = change.old_end, change.new_end
        same = old[change.old_start : change.old_end] == new[change.new_start : change.new_end]
        assert change.equal is same
    assert (at_old, at_new) == (len(old), len(new))


@pytest.mark.parametrize("old, new", [(["a", "b"] * 500, ["b", "c"] * 500), (["a"] * (MOST_LINES + 1), ["b"])])
def test_what_costs_too_much_to_match_is_replaced_as_a_whole(old: list[str], new: list[str]) -> None:
    assert [change.equal for change in changes(["x", *old, "y"], ["x", *new, "y"])] == [True, False, True]


@given(TEXTS, TEXTS)
def test_a_text_difference_with_enough_context_holds_both_texts(old: str, new: str) -> None:
    """Dropping the added lines gives the old text, dropping the removed ones the new."""
    lines = [line for line in text_lines(old, new, 0, context=100) if line.mark != "@"]
    for text, other in ((old, "+"), (new, "-")):
        kept = [text_of(line.spans) for line in lines if line.mark != other]
        expected = text.removesuffix("\n").split("\n")
        if old.endswith("\n") != new.endswith("\n") and not text.endswith("\n"):
            expected.append("\\ no newline at end")
        assert kept == ([] if old == new else expected)


@given(st.text(max_size=30), st.text(max_size=30))
def test_marking_words_keeps_the_text(old: str, new: str) -> None:
    pair = marked(old, new)
    if pair is not None:
        assert (text_of(pair[0]), text_of(pair[1])) == (old, new)
        assert "".join(span.text for span in pair[0] if not span.strong) == "".join(
            span.text for span in pair[1] if not span.strong
        )


def test_hunks_have_heads_like_those_of_diff() -> None:
    old = "".join(f"{n}\n" for n in range(1, 21))
    new = old.replace("3\n", "", 1).replace("18\n", "18\nnew\n")
    lines = [line.mark + text_of(line.spans) for line in text_lines(old, new, 0, context=1)]
    assert lines == ["@@@ -2,3 +2,2 @@", " 2", "-3", " 4", "@@@ -18,2 +17,3 @@", " 18", "+new", " 19"]


def test_fields_become_lists_and_maps() -> None:
    fields = [
        field("args[0]", "a", "a"),
        field("args[1]", None, "b"),
        field("image", "x", "y"),
        field("mount[0][type]", "bind", None),
        field("mount[0][opts][1]", "ro", None),
    ]
    assert regroup("Config", fields) == [
        Entry("args", ["a"], ["a", "b"]),
        Entry("image", "x", "y"),
        Entry("mount", [{"type": "bind", "opts": {"1": "ro"}}], MISSING),
    ]


def test_maps_of_a_task_stay_maps_whatever_their_keys() -> None:
    fields = [field("Env[0]", "a", "a"), field("Env[a[b]]", None, "c")]
    assert regroup("", fields) == [Entry("Env", {"0": "a"}, {"0": "a", "a[b]": "c"})]


def test_two_structures_under_one_name_are_left_alone() -> None:
    fields = [field("a[b]", "1", "1"), field("a[b][c]", "2", "2")]
    assert [entry.name for entry in regroup("Config", fields)] == ["a[b]", "a[b][c]"]


NAMES = st.text(st.sampled_from("ab[]0.é"), max_size=8)


@given(st.lists(st.tuples(NAMES, st.none() | NAMES, st.none() | NAMES), max_size=6))
def test_no_field_is_lost_whatever_the_names(rows: list[tuple[str, str | None, str | None]]) -> None:
    """Every value that is added or removed is on the screen."""
    fields = [field(name, old, new) for name, old, new in rows if (old, new) != (None, None)]
    changed = task("Edited", "t", entries("Edited", "Config", *fields))
    diff = response("Edited", groups=(group("Edited", "g", tasks=(changed,)),))
    text = render_pretty(diff, options=Options(unchanged=True, redact=False))
    for _, old, new in rows:
        for value in {old or "", new or ""} - {"", "nil"}:
            assert f'"{value}"' in text


def test_a_list_of_blocks_shows_the_changed_key_only() -> None:
    fields = [
        field(f"mount[{n}][{key}]", old, "ro" if (n, key) == (1, "mode") else old)
        for n in (0, 1)
        for key, old in (("mode", "rw"), ("to", str(n)))
    ]
    text = pretty_config(*fields)
    assert [" ".join(line.split()) for line in text] == [
        "~ mount",
        "·",
        'mode "rw"',
        'to "0"',
        "~ ·",
        '~ mode "rw" → "ro"',
        "… 1 unchanged",
    ]


def pretty_config(*fields: dict[str, Any]) -> list[str]:
    """The lines below `Config`."""
    server = task("Edited", "server", entries("Edited", "Config", *fields))
    text = render_pretty(response("Edited", groups=(group("Edited", "api", tasks=(server,)),)))
    return text.partition("Config\n")[2].partition("\n\n")[0].splitlines()


@pytest.mark.parametrize(
    "owner, name, value, text",
    [
        ("", "KillTimeout", "5000000000", "5s"),
        ("Update", "ProgressDeadline", "600000000000", "10m"),
        ("Config", "Timeout", "5000000000", '"5000000000"'),
        ("Resources", "MemoryMB", "1536", "1.5 GiB"),
        ("Resources", "MemoryMaxMB", "0", "0"),
        ("Resources", "CPU", "500", "500 MHz"),
        ("Scaling", "Min", "3", "3"),
        ("Template", "Wait.Min", "3000000000", "3s"),
        ("", "Env[TTL]", "1", '"1"'),
        ("Disconnect", "LostAfter", "nil", "null"),
    ],
)
def test_values_are_readable(owner: str, name: str, value: str, text: str) -> None:
    assert value_text(owner, name, value) == text


def test_units() -> None:
    assert [short_duration(ns * 10**9) for ns in (0, 90, 3600, 5400, 86400)] == ["0s", "1m30s", "1h", "1h30m", "24h"]
    assert [size_text(mb) for mb in (300, 1024, -1536, 3 << 20)] == ["300 MiB", "1 GiB", "-1.5 GiB", "3 TiB"]
