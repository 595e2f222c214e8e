"""The next launches of a periodic block as rows, with what a clock change does to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobplan.schedule.clock import Clock, clock_for
from jobplan.schedule.grammar import parse_cron
from jobplan.schedule.launch import launches
from jobplan.schedule.lint import doubled_walls, skipped_walls, wall_text

__all__ = ["Row", "preview"]

_REPEATED = {1: "clock is put back: first of two", 2: "clock is put back: second of two"}


@dataclass(frozen=True, slots=True)
class Row:
    """One launch, or a listed wall time without one (`at` is None, `wall` tells which)."""

    at: datetime | None
    wall: str
    note: str = ""


def preview(specs: str | Sequence[str], after: datetime, *, timezone: str = "UTC", count: int = 10) -> list[Row]:
    """The next `count` launches with the wall times that are skipped between them, in order of time.

    Raises `CronError` as `next_launch` does.
    """
    clock = clock_for(timezone)
    moments = list(launches(specs, after, timezone=timezone, count=count))
    if not moments:
        return []
    texts = [specs] if isinstance(specs, str) else specs
    start, end = clock.from_datetime(after), clock.from_datetime(moments[-1])
    skipped: list[tuple[int, Row]] = []
    repeated: dict[int, str] = {}
    for text in texts:
        for instant, row in _skipped(text, clock, start, end):
            skipped.append((instant, row))
        repeated.update(_repeated(text, clock, start, end))
    rows = [(clock.from_datetime(at), _launch(at, clock, repeated)) for at in moments]
    return [row for _, row in sorted(rows + sorted(set(skipped), key=_order), key=_order)]


def _order(entry: tuple[int, Row]) -> tuple[int, str]:
    return entry[0], entry[1].wall


def _launch(at: datetime, clock: Clock, repeated: dict[int, str]) -> Row:
    instant = clock.from_datetime(at)
    return Row(at, wall_text(clock.wall(instant)), repeated.get(instant, ""))


def _skipped(text: str, clock: Clock, start: int, end: int) -> Iterator[tuple[int, Row]]:
    cron = parse_cron(text)
    for change in clock.changes(start, end):
        for wall in skipped_walls(cron, clock, change):
            yield change.instant, Row(None, wall_text(wall), "skipped: the clock is put forward")


def _repeated(text: str, clock: Clock, start: int, end: int) -> dict[int, str]:
    """Instant of a launch → its note."""
    cron, notes = parse_cron(text), dict[int, str]()
    for change in clock.changes(start, end + 86400):
        for wall in doubled_walls(cron, clock, change):
            notes[wall - change.before] = _REPEATED[1]
            notes[wall - change.after] = _REPEATED[2]
    return notes
