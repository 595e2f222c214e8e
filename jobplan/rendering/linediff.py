"""Differences inside texts: lines of a template, words of a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from jobplan.rendering.view import Line, Mark, Role, Span, Spans, plain

# Matching is quadratic at worst, in the pairs of equal elements; beyond these limits a middle counts as replaced as a
# whole, and a line gets no marks.
MOST_LINES = 20_000
MOST_PAIRS = 200_000
MOST_COLUMNS = 400

_SIMILAR = 0.5  # two lines below this ratio are different lines, not one edited
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_NO_NEWLINE = "\\ no newline at end"


class Change(NamedTuple):
    """`[old_start:old_end]` became `[new_start:new_end]`; `equal`: they are the same."""

    equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changes(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """How to get from one list to the other, in order, without gaps. Long middles count as replaced."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_end, new_end = len(old) - tail, len(new) - tail
    if _is_too_much(old[head:old_end], new[head:new_end]):
        middle = [Change(False, head, old_end, head, new_end)]
    else:
        matcher = SequenceMatcher(None, old[head:old_end], new[head:new_end], autojunk=False)
        middle = [
            Change(tag == "equal", a + head, b + head, c + head, d + head) for tag, a, b, c, d in matcher.get_opcodes()
        ]
    out = [Change(True, 0, head, 0, head)] if head else []
    out += middle
    if tail:
        out.append(Change(True, old_end, len(old), new_end, len(new)))
    return out


def _is_too_much(old: Sequence[str], new: Sequence[str]) -> bool:
    if max(len(old), len(new)) > MOST_LINES:
        return True
    counts = Counter(old)
    return sum(counts[element] for element in new) > MOST_PAIRS


def text_lines(old: str, new: str, depth: int, context: int) -> list[Line]:
    """A unified difference of two texts: hunk heads, `-` and `+` lines with marked words, `context` lines around."""
    before, after = _split(old, new)
    out: list[Line] = []
    for hunk in _hunks(changes(before, after), context):
        first, last = hunk[0], hunk[-1]
        # As `diff -u` writes it.
        head = f"@@ -{_range(first.old_start, last.old_end)} +{_range(first.new_start, last.new_end)} @@"
        out.append(Line("@", depth, plain(head, Role.MUTED)))
        for change in hunk:
            if change.equal:
                out += [Line(" ", depth, (Span(text),)) for text in before[change.old_start : change.old_end]]
            else:
                out += replaced_lines(
                    before[change.old_start : change.old_end], after[change.new_start : change.new_end], depth
                )
    return out


def replaced_lines(old: Sequence[str], new: Sequence[str], depth: int) -> list[Line]:
    """All old lines as removed, then all new ones as added; words that differ from the counterpart are marked."""
    removed = [_whole(text, Role.REMOVED) for text in old]
    added = [_whole(text, Role.ADDED) for text in new]
    for index, (before, after) in enumerate(zip(old, new)):
        pair = marked(before, after)
        if pair is not None:
            removed[index], added[index] = pair
    return [Line("-", depth, spans) for spans in removed] + [Line("+", depth, spans) for spans in added]


def marked(old: str, new: str) -> tuple[Spans, Spans] | None:
    """Both texts with the words that differ marked; `None` when they have too little in common, or are too long."""
    if max(len(old), len(new)) > MOST_COLUMNS:
        return None
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    opcodes = matcher.get_opcodes()
    common = sum(len("".join(before[a:b])) for tag, a, b, _, _ in opcodes if tag == "equal")
    words = any(text[0].isalnum() for tag, a, b, _, _ in opcodes if tag == "equal" for text in before[a:b])
    if not words or 2 * common < _SIMILAR * (len(old) + len(new)):
        return None
    removed = [Span("".join(before[a:b]), Role.REMOVED, tag != "equal") for tag, a, b, _, _ in opcodes if a < b]
    added = [Span("".join(after[c:d]), Role.ADDED, tag != "equal") for tag, _, _, c, d in opcodes if c < d]
    return tuple(removed), tuple(added)


def whole_lines(text: str, depth: int, mark: Mark) -> list[Line]:
    """Every line of a text that was added, removed or stays."""
    role = {"+": Role.ADDED, "-": Role.REMOVED}.get(mark, Role.PLAIN)
    return [Line(mark, depth, _whole(line, role)) for line in text.removesuffix("\n").split("\n")]


def _whole(text: str, role: Role) -> Spans:
    return (Span(text, role),)


def _split(old: str, new: str) -> tuple[list[str], list[str]]:
    """Both as lines; when only one ends in a newline the other gets a line that says so."""
    before, after = old.removesuffix("\n").split("\n"), new.removesuffix("\n").split("\n")
    if old.endswith("\n") != new.endswith("\n"):
        (after if old.endswith("\n") else before).append(_NO_NEWLINE)
    return before, after


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start if length == 0 else start + 1},{length}"


def _hunks(all_changes: list[Change], context: int) -> list[list[Change]]:
    """Changes with at most `context` equal lines around them; a longer equal run parts two hunks."""
    hunks: list[list[Change]] = [[]]
    last = len(all_changes) - 1
    for index, change in enumerate(all_changes):
        if not change.equal:
            hunks[-1].append(change)
            continue
        length = change.old_end - change.old_start
        before, after = (0 if index == 0 else context), (0 if index == last else context)
        if length <= before + after:
            hunks[-1].append(change)
            continue
        if before:
            hunks[-1].append(
                Change(
                    True,
                    change.old_start,
                    change.old_start + before,
                    change.new_start,
                    change.new_start + before,
                )
            )
        hunks.append([])
        if after:
            hunks[-1].append(
                Change(True, change.old_end - after, change.old_end, change.new_end - after, change.new_end)
            )
    return [hunk for hunk in hunks if any(not change.equal for change in hunk)]
