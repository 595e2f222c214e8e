"""What surprises people in a periodic block: pure rules over the API dict and an instant.

Everything reported here is valid; what a server refuses is admission's business. Each rule has a stable id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import Any, Literal, TypeAlias

from jobplan.errors import CronError
from jobplan.schedule.clock import DAY, HOUR, Clock, ClockChange, clock_for
from jobplan.schedule.grammar import FIELDS, Expression, Field, Piece, parse_cron, pieces, split_fields
from jobplan.schedule.launch import Fault, launches, next_instant, next_launch
from jobplan.values.durations import duration_text

__all__ = ["RULES", "Finding", "Severity", "doubled_walls", "lint_periodic", "skipped_walls"]

Severity: TypeAlias = Literal["error", "warning", "note"]

RULES: Mapping[str, Severity] = {
    "schedule/fault": "error",
    "schedule/never-fires": "warning",
    "schedule/hidden-spec": "warning",
    "schedule/skipped-launch": "warning",
    "schedule/doubled-launch": "warning",
    "schedule/evening-before": "warning",
    "schedule/day-union": "warning",
    "schedule/year-field": "warning",
    "schedule/ignored-fields": "warning",
    "schedule/reversed-range": "warning",
    "schedule/weekday-zero": "warning",
    "schedule/sunday-left-out": "warning",
    "schedule/overlap": "note",
    "schedule/local-zone": "note",
}
"""Rule id → severity."""

_HORIZON = 400 * DAY  # how far ahead clock changes are looked at: each yearly one is seen
_MOST_WALLS = 500  # launches looked at around one clock change
_MOST_LAUNCHES = 50  # launches looked at for the shortest interval
_UTC = Clock("UTC", None)
_DAY_OF_WEEK: Field = FIELDS[5]


@dataclass(frozen=True, slots=True)
class Finding:
    """One surprise: `path` is a JSON pointer into the API job, such as `/Periodic/Spec`."""

    rule: str
    severity: Severity
    message: str
    path: str


def _finding(rule: str, path: str, message: str) -> Finding:
    return Finding(rule, RULES[rule], message, path)


def lint_periodic(periodic: Mapping[str, Any] | None, now: datetime, *, path: str = "/Periodic") -> tuple[Finding, ...]:
    """The surprises of an API periodic block, seen from the aware instant `now`; none when it is absent or disabled.

    Expressions with a grammar error, and types other than `cron`, are left out: admission judges them.
    """
    if periodic is None or periodic.get("Enabled") is False or (periodic.get("SpecType") or "cron") != "cron":
        return ()
    zone = periodic.get("TimeZone") or "UTC"
    spec, specs = periodic.get("Spec") or "", list(periodic.get("Specs") or ())
    places = [(f"{path}/Spec", spec)] if spec else [(f"{path}/Specs/{i}", text) for i, text in enumerate(specs)]
    clock, found = clock_for(zone), list[Finding]()
    if zone == "Local":
        found.append(
            _finding("schedule/local-zone", f"{path}/TimeZone", "Local is the zone of whichever server is the leader")
        )
    for place, text in places:
        try:
            cron = parse_cron(text)
        except CronError:
            continue
        found.extend(_Expression(cron, place, clock, clock.from_datetime(now)).findings())
    found.extend(_hidden_specs(places, clock, clock.from_datetime(now)))
    if periodic.get("ProhibitOverlap"):
        found.extend(_overlap(spec or specs, now, zone, path))
    return tuple(found)


class _Expression:
    """One expression with its place; `findings` runs the rules in the order of RULES."""

    def __init__(self, cron: Expression, path: str, clock: Clock, now: int) -> None:
        self.cron, self.path, self.clock, self.now = cron, path, clock, now

    def findings(self) -> Iterator[Finding]:
        try:
            launch = next_instant(self.cron, self.now, self.clock)
        except Fault:
            yield self._say(
                "schedule/fault", "a range that runs backwards lists nothing; the server fails to compute a launch"
            )
        else:
            yield from self._launches(launch)
        yield from self._fields()

    def _say(self, rule: str, message: str) -> Finding:
        return _finding(rule, self.path, message)

    def _launches(self, launch: int | None) -> Iterator[Finding]:
        if launch is None:
            yield self._say("schedule/never-fires", f"{self.cron.text!r} never fires again")
        elif launch <= self.now:
            yield self._say(
                "schedule/evening-before",
                "midnight is skipped by a clock change; the server launches the evening before, again and again",
            )
        else:
            yield from self._clock_changes()

    def _clock_changes(self) -> Iterator[Finding]:
        """The first skipped and the first doubled launch within the horizon."""
        rules: tuple[tuple[str, Callable[[Expression, Clock, ClockChange], Iterator[int]], str], ...] = (
            ("schedule/skipped-launch", skipped_walls, "no launch at {wall}: the clock is put forward in {zone}"),
            ("schedule/doubled-launch", doubled_walls, "two launches at {wall}: the clock is put back in {zone}"),
        )
        changes = list(self.clock.changes(self.now, self.now + _HORIZON))
        for rule, walls, text in rules:
            for wall in islice((wall for change in changes for wall in walls(self.cron, self.clock, change)), 1):
                yield self._say(rule, text.format(wall=wall_text(wall), zone=self.clock.name))

    def _fields(self) -> Iterator[Finding]:
        days = self.cron.days
        if days.by_date and days.by_weekday:
            yield self._say(
                "schedule/day-union",
                "fires when the day of the month or the day of the week matches, not only when both do",
            )
        fields = split_fields(self.cron.text)
        if len(fields) == 6:
            yield self._say(
                "schedule/year-field",
                f"the last of six fields is the year ({fields[-1][1]}); seconds need seven fields",
            )
        yield from self._extra_fields()
        for field, text in fields:
            for piece in pieces(text, field):
                yield from self._piece(field, piece)

    def _extra_fields(self) -> Iterator[Finding]:
        extra = self.cron.text.split()[7:]
        if extra:
            yield self._say(
                "schedule/ignored-fields", f"everything after the seventh field is ignored: {' '.join(extra)}"
            )

    def _piece(self, field: Field, piece: Piece) -> Iterator[Finding]:
        if piece.kind == "span" and not piece.numbers(field):
            yield self._say("schedule/reversed-range", f"{piece.text} in {field.name} runs backwards and lists nothing")
        if field is not _DAY_OF_WEEK:
            return
        if any(value[:1] == "0" and value[1:].isdigit() and value != "00" for value in _values(piece.text)):
            yield self._say("schedule/weekday-zero", f"{piece.text}: a day of the week with a leading zero is a Sunday")
        elif piece.kind == "span" and piece.end == 0 and piece.start > 0:
            yield self._say("schedule/sunday-left-out", f"{piece.text} in day-of-week ends on Saturday, without Sunday")


def _values(piece: str) -> list[str]:
    """The values written in a piece of the day of the week, without its step and marks."""
    return piece.partition("/")[0].partition("#")[0].rstrip("lL").split("-")


def skipped_walls(cron: Expression, clock: Clock, change: ClockChange) -> Iterator[int]:
    """The listed wall times that a clock change swallows, ascending, in seconds.

    Beyond the gap itself the server passes over the rest of an hour that begins at a minute other than 0.
    Expressions that fire every hour are left out: nobody misses an hour that does not exist. spec: plan §8.4
    """
    if not change.skipped or len(cron.hours) == 24:
        return
    end = -(-change.skipped.stop // HOUR) * HOUR
    for wall in _listed_walls(cron, change.skipped.start, end):
        instant = clock.instant(wall)
        if wall in change.skipped or next_instant(cron, instant - 1, clock) != instant:
            yield wall


def doubled_walls(cron: Expression, clock: Clock, change: ClockChange) -> Iterator[int]:
    """The listed wall times that a clock change repeats and that fire both times, ascending, in seconds."""
    if len(cron.hours) == 24:
        return
    length = change.before - change.after
    for wall in _listed_walls(cron, change.repeated.start, change.repeated.stop):
        first = wall - change.before
        if all(next_instant(cron, instant - 1, clock) == instant for instant in (first, first + length)):
            yield wall


def _listed_walls(cron: Expression, start: int, end: int) -> Iterator[int]:
    """The wall times in [start, end) that the expression lists, as if no clock were ever changed."""
    wall = start - 1
    for _ in range(_MOST_WALLS):
        following = next_instant(cron, wall, _UTC)
        if following is None or following >= end:
            return
        yield following
        wall = following


def wall_text(wall: int) -> str:
    """A wall time in seconds as `2026-03-08 02:30`, with seconds where they are not zero."""
    text = _UTC.to_datetime(wall).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(":00")


def _hidden_specs(places: list[tuple[str, str]], clock: Clock, now: int) -> Iterator[Finding]:
    """A list element that never fires wipes out those before it. spec: plan §8.1"""
    fires: list[bool | None] = []
    for _, text in places:
        try:
            fires.append(next_instant(parse_cron(text), now, clock) is not None)
        except CronError:
            fires.append(None)
    for index, (place, text) in enumerate(places):
        if fires[index] is False and True in fires[:index]:
            yield _finding(
                "schedule/hidden-spec", place, f"{text!r} never fires again and hides the expressions before it"
            )


def _overlap(specs: str | list[str], now: datetime, zone: str, path: str) -> Iterator[Finding]:
    """With ProhibitOverlap a run that lasts longer than the shortest interval costs launches."""
    try:
        if next_launch(specs, now, timezone=zone) is None:
            return
        times = [moment.timestamp() for moment in launches(specs, now, timezone=zone, count=_MOST_LAUNCHES)]
    except CronError:
        return
    shortest = min((int(after - before) for before, after in pairwise(times)), default=_HORIZON)
    if shortest < DAY:
        yield _finding(
            "schedule/overlap",
            f"{path}/ProhibitOverlap",
            f"a run that lasts longer than {duration_text(shortest * 10**9)} makes the server leave out launches",
        )
