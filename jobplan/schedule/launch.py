"""The next launch of a periodic job: the server's search, step by step.

The search works on instants and jumps through the calendar (spec: plan §8.4). The plan's §8.11 proposes to let
croniter find date and time and to fall back to the last three steps near a clock change. Here croniter finds
the dates only (`dialect`), and all steps of §8.4 stand below under their numbers: the time of day is a look-up
in sorted lists, which costs less than asking croniter, and the quirks need no second description. Those quirks
are intended: a wall time that a clock change skips is not launched, one that it repeats is launched twice, and
where midnight itself is skipped the answer may be the evening before.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from jobplan.errors import CronError
from jobplan.schedule.clock import DAY, HOUR, MINUTE, Clock, clock_for
from jobplan.schedule.dialect import matching_days
from jobplan.schedule.grammar import Expression, parse_cron

__all__ = ["Fault", "launches", "next_instant", "next_launch", "periodic_launch"]

_UNIX_TIME = re.compile(r"[+-]?0*[0-9]{1,11}")  # eleven digits reach beyond the year 5000
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST_INSTANT = -4 * DAY  # nothing is listed before 1970
_LAST_YEAR = 2099
_MOST_JUMPS = 20_000  # far above any search that ends; a search that does not end is noticed by its jumps


class Fault(CronError):
    """The server's search fails at run time: an empty list, or jumps that do not move forward. spec: plan §8.6

    The text is the quoted expression, as the server shows it.
    """


def next_launch(specs: str | Sequence[str], after: datetime, *, timezone: str = "UTC") -> datetime | None:
    """The next launch of a cron expression, or of a list of them, strictly after an instant.

    `specs`: a job's `Spec` (`str`) or its `Specs` (a list, also with one element). `after`: an aware datetime.
    The result is an aware datetime in `timezone` with whole seconds, or None when nothing is launched any more.
    Near a skipped midnight the answer may lie before `after`, as the server's does. Raises `CronError` with the
    server's text; with another one for what is no text. spec: plan §8.1, §8.4, §8.8
    """
    if after.tzinfo is None or after.utcoffset() is None:
        raise CronError("the instant after which to launch needs a UTC offset")
    _check_texts(specs, timezone)
    clock = clock_for(timezone)
    now = clock.from_datetime(after)
    if isinstance(specs, str):
        found = None if specs == "" else _next_of_spec(specs, now, clock)
    else:
        found = _fold(specs, now, clock)
    return None if found is None else clock.to_datetime(found)


def _check_texts(specs: object, timezone: object) -> None:
    listed = [specs] if isinstance(specs, str) else specs
    if not isinstance(listed, Sequence) or not all(isinstance(spec, str) for spec in listed):
        raise CronError("a cron expression must be a string, or several a list of strings")
    if not isinstance(timezone, str):
        raise CronError("a time zone must be a string")


def periodic_launch(
    spec_type: str, spec: str, specs: Sequence[str], after: datetime, *, timezone: str = "UTC"
) -> datetime | None:
    """The next launch of a whole periodic block: `Spec` wins over `Specs`, an unknown `SpecType` never fires.

    Raises `CronError` as `next_launch` does. spec: plan §8.1
    """
    if spec_type == "cron":
        return next_launch(spec if spec != "" else specs, after, timezone=timezone)
    return _next_of_seconds(spec, after, clock_for(timezone)) if spec_type == "_internal_test" else None


def _next_of_seconds(spec: str, after: datetime, clock: Clock) -> datetime | None:
    """The first of some Unix times, in the order written, that lies after an instant. spec: plan §8.1"""
    texts = spec.split(",")
    if any(_UNIX_TIME.fullmatch(text) is None for text in texts):
        return None
    moments = (clock.to_datetime(int(text)) for text in texts)
    return next((moment for moment in moments if moment > after), None)


def launches(
    specs: str | Sequence[str], after: datetime, *, timezone: str = "UTC", count: int | None = None
) -> Iterator[datetime]:
    """Launch after launch, at most `count`; ends also at an answer that does not lie after the one before."""

    def answers() -> Iterator[datetime]:
        previous = after
        while (found := next_launch(specs, previous, timezone=timezone)) is not None:
            if found.timestamp() <= previous.timestamp():
                return
            yield found
            previous = found

    return islice(answers(), count)


def _fold(specs: Sequence[str], now: int, clock: Clock) -> int | None:
    """The earliest of a list; quirk: one that never fires wipes out those before it. spec: plan §8.1"""
    result: int | None = None
    for spec in specs:
        try:
            found = _next_of_spec(spec, now, clock)
        except CronError as error:
            raise CronError(f"failed parsing cron expression {spec}: {error}") from None
        if result is None or found is None or found < result:
            result = found
    return result


def _next_of_spec(spec: str, now: int, clock: Clock) -> int | None:
    try:
        return next_instant(parse_cron(spec), now, clock)
    except Fault as fault:
        raise CronError(f"failed parsing cron expression: {fault}") from None
    except CronError as error:
        raise CronError(f"failed parsing cron expression: {spec}: {error}") from None


def next_instant(cron: Expression, now: int, clock: Clock) -> int | None:
    """The launch of one expression after the instant `now` (Unix seconds), None for never; raises `Fault`."""
    start = max(now, _FIRST_INSTANT) + 1
    if start >= _END:
        return None
    if cron.years and cron.months and cron.hours and cron.minutes and cron.seconds:
        return _Search(cron, clock).run(start)
    _check_empty(cron, start, clock)
    return None


def _at_least(listed: Sequence[int], value: int) -> int | None:
    """The first listed number that is not below `value`."""
    place = bisect_left(listed, value)
    return listed[place] if place < len(listed) else None


def _days_since_epoch(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - _EPOCH_DAY


_END = (_days_since_epoch(_LAST_YEAR + 1, 1, 3)) * DAY


class _Search:
    """One search: the steps of plan §8.4, on an instant `t` that each of them returns changed."""

    __slots__ = ("clock", "cron")

    def __init__(self, cron: Expression, clock: Clock) -> None:
        self.cron, self.clock = cron, clock

    def run(self, t: int) -> int | None:
        """From step 2 on; WRAP is the next round. Steps 6 to 11 answer (instant, whether it is the result)."""
        for _ in range(_MOST_JUMPS):
            day = self._find_day(t)
            if day is None:
                return None
            t, found = day
            if not found:
                continue
            search_time = self._slow_time if near_clock_change(self.clock, t) else self._time
            t, found = search_time(t)
            if found:
                return t
        raise _fault(self.cron)

    def _find_day(self, t: int) -> tuple[int, bool] | None:
        """Steps 2 to 4: a day that matches; None when no year is left, False for WRAP."""
        cron, clock = self.cron, self.clock
        year, month, day = _civil(clock.wall(t))
        next_year = _at_least(cron.years, year)  # step 2
        if next_year is None:
            return None
        if next_year != year:
            return self._first_of_month(t, next_year, cron.months[0])
        next_month = _at_least(cron.months, month)  # step 3
        if next_month is None:
            return self._first_of_month(t, year + 1, cron.months[0])
        if next_month != month:
            return self._first_of_month(t, year, next_month)
        next_day = _at_least(matching_days(cron.days, year, month), day)  # step 4
        if next_day is None:
            return self._first_of_month(t, year, month + 1)
        if next_day != day:
            t = clock.instant(_days_since_epoch(year, month, next_day) * DAY)
            hour = clock.wall(t) % DAY // HOUR
            if hour != 0:
                t += (24 - hour) * HOUR if hour > 12 else -hour * HOUR
        return t, True

    def _first_of_month(self, t: int, year: int, month: int) -> tuple[int, bool]:
        """Jump to the first of a month.

        Where its midnight is skipped that can be the last day of the month before, from where the server jumps again,
        for ever. spec: plan §8.4 "Skipped midnights"
        """
        if month > 12:
            year, month = year + 1, 1
        jump = self.clock.instant(_days_since_epoch(year, month, 1) * DAY)
        if jump <= t:
            raise _fault(self.cron)
        return jump, False

    def _time(self, t: int) -> tuple[int, bool]:
        """Steps 6 to 8: the time of day where the clock runs evenly."""
        cron = self.cron
        wall = self.clock.wall(t)
        midnight, time = wall - wall % DAY, wall % DAY
        hour, minute, second = time // HOUR, time % HOUR // MINUTE, time % MINUTE
        next_hour = _at_least(cron.hours, hour)  # step 6
        if next_hour is None:
            return self.clock.instant(midnight + DAY), False
        if next_hour != hour:
            hour, minute, second = next_hour, cron.minutes[0], cron.seconds[0]
        next_minute = _at_least(cron.minutes, minute)  # step 7
        if next_minute is None:
            return self.clock.instant(midnight + (hour + 1) * HOUR), False
        if next_minute != minute:
            minute, second = next_minute, cron.seconds[0]
        next_second = _at_least(cron.seconds, second)  # step 8
        if next_second is None:
            return self.clock.instant(midnight + hour * HOUR + (minute + 1) * MINUTE), False
        found = midnight + hour * HOUR + minute * MINUTE + next_second
        return (t if found == wall else self.clock.instant(found)), True

    def _slow_time(self, t: int) -> tuple[int, bool]:
        """Steps 9 to 11: the time of day near a clock change, in steps of real time."""
        cron, wall_at = self.cron, self.clock.wall
        while (hour := wall_at(t) % DAY // HOUR) not in cron.hours:  # step 9
            t += HOUR
            if wall_at(t) % DAY // HOUR == hour:
                t += HOUR
            t -= t % MINUTE
            t -= wall_at(t) % HOUR // MINUTE * MINUTE
            wall = wall_at(t)
            if wall % DAY // HOUR == 0:
                return self.clock.instant(wall - wall % DAY), False
        while (wall := wall_at(t)) % HOUR // MINUTE not in cron.minutes:  # step 10
            t += MINUTE - t % MINUTE
            if wall_at(t) % DAY // HOUR != wall % DAY // HOUR:
                return t, False
        second = _at_least(cron.seconds, wall_at(t) % MINUTE)  # step 11
        t -= t % MINUTE
        return (t + MINUTE, False) if second is None else (t + second, True)


def _civil(wall: int) -> tuple[int, int, int]:
    day = date.fromordinal(wall // DAY + _EPOCH_DAY)
    return day.year, day.month, day.day


def near_clock_change(clock: Clock, t: int) -> bool:
    """Whether the offset differs between the same clock time a day earlier and a day later. spec: plan §8.4 step 5"""
    if clock.zone is None:
        return False
    wall = clock.wall(t)
    return clock.offset(clock.instant(wall - DAY)) != clock.offset(clock.instant(wall + DAY))


def _fault(cron: Expression) -> Fault:
    from jobplan.values.quoting import quoted

    return Fault(quoted(cron.text))


def _check_empty(cron: Expression, t: int, clock: Clock) -> None:
    """Raise `Fault` for an expression with an empty list, unless it just never fires.

    The rows are evaluated in order. spec: plan §8.6
    """
    if not cron.years:
        return
    if not cron.months:
        if cron.years[-1] >= _civil(clock.wall(t))[0]:
            raise _fault(cron)
        return
    if not cron.hours:
        return
    for hour, minute in _day_starts(cron, t, clock):
        if _faults_on_day(cron, hour, minute):
            raise _fault(cron)


def _day_starts(cron: Expression, t: int, clock: Clock) -> Iterator[tuple[int, int]]:
    """(hour, minute) at which the search enters today, if today matches, and the first other day that matches.

    Days next to a clock change do not count. All later days are entered like the first.
    """
    wall = clock.wall(t)
    year, month, today = _civil(wall)
    for day_number in _listed_days(cron, year, month, today):
        if day_number == wall // DAY:
            if not near_clock_change(clock, t):
                yield wall % DAY // HOUR, wall % HOUR // MINUTE
        elif not near_clock_change(clock, clock.instant(day_number * DAY)):
            yield 0, 0
            return


def _listed_days(cron: Expression, year: int, month: int, day: int) -> Iterator[int]:
    """The days that match from a date on, as days since 1970."""
    first = (year, month, day)
    for listed_year in cron.years:
        if listed_year < year:
            continue
        for listed_month in cron.months:
            if (listed_year, listed_month, calendar.monthrange(listed_year, listed_month)[1]) < first:
                continue
            for listed_day in matching_days(cron.days, listed_year, listed_month):
                if (listed_year, listed_month, listed_day) >= first:
                    yield _days_since_epoch(listed_year, listed_month, listed_day)


def _faults_on_day(cron: Expression, hour: int, minute: int) -> bool:
    """Whether the server reaches for an element of an empty list on a day entered at that time. spec: plan §8.6 walk"""
    while hour < 24:
        if hour not in cron.hours:
            return cron.hours[-1] > hour
        if cron.minutes:
            while minute in cron.minutes:
                minute += 1
            if cron.minutes[-1] > minute:
                return True
        hour, minute = hour + 1, 0
    return False
