"""The days of a month, found by croniter behind a translation of Nomad's rules.

croniter reads `15W,3`, `5L`, `mon-sun` or `22-2` differently or not at all, and joins day-of-month and
day-of-week in its own way. So it never sees an expression that a user wrote. A `DayRule` is a union; each
member of the union is rewritten as a croniter expression of its own, in which at most one of the two day fields
is restricted and every list is written out. croniter then steps from match to match, the steps of all members
are joined, and the time of day, the months and the years stay with `launch`. spec: plan §8.3, §8.10, §8.11 step
2

Which days of a month match depends only on its length and on the weekday of its first day: 28 shapes. Each is
asked once per rule, of one real month of that shape.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from jobplan.schedule.grammar import DayRule

__all__ = ["matching_days", "members"]


def matching_days(rule: DayRule, year: int, month: int) -> tuple[int, ...]:
    """The days of that month which match, ascending; empty when there are none. spec: plan §8.3"""
    weekday, length = calendar.monthrange(year, month)
    return _days_of_shape(rule, weekday, length)


def members(rule: DayRule, length: int) -> Iterator[tuple[str, str]]:
    """The members of the union as croniter's (day of month, day of week), for a month of `length` days.

    Members that cannot match in such a month are left out: croniter would pull `31W` into April.
    spec: plan §8.11, table of members
    """
    if rule.by_date:
        if days := ",".join(str(day) for day in rule.days if day <= length):
            yield days, "*"
        if rule.last_day:
            yield "L", "*"
        if rule.last_workday:
            yield f"{length}W", "*"
        for day in rule.nearest:
            if day <= length:
                yield f"{day}W", "*"
    if rule.by_weekday:
        if rule.weekdays:
            yield "*", ",".join(map(str, rule.weekdays))
        for weekday, n in rule.nth:
            if n < 5 or length > 28:
                yield "*", f"{weekday}#{n}"
        for weekday in rule.last_of:
            yield "*", f"L{weekday}"


@lru_cache(maxsize=4096)
def _days_of_shape(rule: DayRule, weekday: int, length: int) -> tuple[int, ...]:
    if not rule.by_date and not rule.by_weekday:
        return tuple(range(1, length + 1))
    year, month = _month_of_shape(weekday, length)
    found: set[int] = set()
    for day_of_month, day_of_week in members(rule, length):
        found.update(_step(f"0 0 {day_of_month} * {day_of_week}", year, month))
    return tuple(sorted(found))


def _step(expression: str, year: int, month: int) -> Iterator[int]:
    """Step through the matches of a croniter expression inside one month."""
    from croniter import CroniterBadDateError, croniter

    steps = croniter(expression, datetime(year, month, 1) - timedelta(seconds=1), max_years_between_matches=1)
    while True:
        try:
            match = steps.get_next(datetime)
        except CroniterBadDateError:  # a fifth weekday may be more than a year away
            return
        if (match.year, match.month) != (year, month):
            return
        yield match.day


@lru_cache(maxsize=28)
def _month_of_shape(weekday: int, length: int) -> tuple[int, int]:
    """A month that begins on `weekday` (Monday = 0) and has `length` days; every shape occurs within 28 years."""
    return next(
        (year, month)
        for year in range(2000, 2028)
        for month in range(1, 13)
        if calendar.monthrange(year, month) == (weekday, length)
    )
