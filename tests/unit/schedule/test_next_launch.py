"""The next launch: the recorded vectors of the specification, and laws. spec: plan §8"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobplan.errors import CronError
from jobplan.schedule import launches, next_launch, parse_cron, periodic_launch, time_zone_problem
from jobplan.schedule.dialect import matching_days
from jobplan.schedule.grammar import DayRule

UTC = UTC


def following(spec: str, zone: str, now: str, count: int) -> list[str | None]:
    at: datetime | None = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    found: list[str | None] = []
    while at is not None and len(found) < count:
        at = next_launch(spec, at, timezone=zone)
        found.append(None if at is None else at.isoformat())
    return found


@pytest.mark.parametrize(  # spec: plan §8.9
    "spec, zone, now, results",
    [
        ("*/15 * * * *", "UTC", "2026-01-10 10:07:30", ["2026-01-10T10:15", "2026-01-10T10:30", "2026-01-10T10:45"]),
        ("0 0 31 * *", "UTC", "2026-01-31", ["2026-03-31T00:00", "2026-05-31T00:00", "2026-07-31T00:00"]),
        ("0 9 15W * *", "UTC", "2026-02-01", ["2026-02-16T09:00", "2026-03-16T09:00", "2026-04-15T09:00"]),
        ("0 9 1W * *", "UTC", "2026-08-01", ["2026-08-03T09:00", "2026-09-01T09:00", "2026-10-01T09:00"]),
        ("0 9 LW * *", "UTC", "2026-01-01", ["2026-01-30T09:00", "2026-02-27T09:00", "2026-03-31T09:00"]),
        ("0 0 * * 5#5", "UTC", "2026-02-01", ["2026-05-29T00:00", "2026-07-31T00:00", "2026-10-30T00:00"]),
        ("0 0 * * 2L", "UTC", "2026-01-01", ["2026-01-27T00:00", "2026-02-24T00:00", "2026-03-31T00:00"]),
        ("0 0 13 * 5", "UTC", "2026-01-01", ["2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"]),
        ("0 0 * * 1-7", "UTC", "2026-01-03 12:00", ["2026-01-05T00:00", "2026-01-06T00:00", "2026-01-07T00:00"]),
        ("0 12 4 7 * 2028", "UTC", "2026-01-01", ["2028-07-04T12:00", None]),
        ("15 30 6 * * MON-FRI *", "UTC", "2026-01-03", ["2026-01-05T06:30:15", "2026-01-06T06:30:15"]),
        ("0 0 30 2 *", "UTC", "2026-01-01", [None]),
        ("0 22-2 * * *", "UTC", "2026-01-01", [None]),
        ("0 0 1 1 * 2040-2030", "UTC", "2026-01-01", [None]),
        ("50-10 0-5 * * *", "UTC", "2026-01-01", [None]),
        ("0 0 1 1 *", "UTC", "2099-06-01", [None]),
        ("30 2 * * *", "America/New_York", "2026-03-07 12:00", ["2026-03-09T02:30-04"]),
        ("0 3 * * *", "America/New_York", "2026-03-07 12:00", ["2026-03-08T03:00-04"]),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-10-31 12:00",
            ["2026-11-01T01:30-04", "2026-11-01T01:30-05", "2026-11-02T01:30-05"],
        ),
        (
            "15 */2 * * *",
            "America/New_York",
            "2026-10-31 23:00",
            ["2026-11-01T00:15-04", "2026-11-01T02:15-05", "2026-11-01T04:15-05"],
        ),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24 12:00",
            ["2026-10-25T02:30+02", "2026-10-25T02:30+01", "2026-10-26T02:30+01"],
        ),
        ("0 0 * * *", "Africa/Cairo", "2024-04-25 12:00", ["2024-04-27T00:00+03"]),
        ("31 2 * * *", "Australia/Lord_Howe", "2019-10-05 12:00", ["2019-10-07T02:31+11"]),
        (
            "31 1 * * *",
            "Australia/Lord_Howe",
            "2019-04-06 02:00",
            ["2019-04-07T01:31+11", "2019-04-07T01:31+10:30", "2019-04-08T01:31+10:30"],
        ),
        ("30 2 8 3 *", "America/New_York", "2026-01-01", ["2027-03-08T02:30-05"]),
    ],
)
def test_vectors(spec: str, zone: str, now: str, results: list[str | None]) -> None:
    want = [None if text is None else datetime.fromisoformat(text) for text in results]
    written = [None if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat() for at in want]
    assert following(spec, zone, now, len(results)) == written


def test_skipped_midnight_gives_the_evening_before_for_ever() -> None:
    """Quirk of §8.4: the answer may lie before the question; a listing must end there."""
    now = datetime.fromisoformat("2024-04-25T23:15:26+02:00")
    answer = next_launch("*/4 * 26W * 5", now, timezone="Africa/Cairo")
    assert answer is not None
    assert answer.isoformat() == "2024-04-25T23:00:00+02:00"
    assert next_launch("*/4 * 26W * 5", answer, timezone="Africa/Cairo") == answer
    assert list(launches("*/4 * 26W * 5", now, timezone="Africa/Cairo", count=3)) == []


@pytest.mark.parametrize(
    "specs, text",
    [
        ("x * * * *", "failed parsing cron expression: x * * * *: syntax error in minute field: 'x'"),
        ("50-10 3\t* * *", 'failed parsing cron expression: "50-10 3\\t* * *"'),
        ("0 0 * 11-2 *", 'failed parsing cron expression: "0 0 * 11-2 *"'),
        (["* * * * *", ""], "failed parsing cron expression : failed parsing cron expression: : missing field(s)"),
        (
            ["50-10 3 * * *"],
            'failed parsing cron expression 50-10 3 * * *: failed parsing cron expression: "50-10 3 * * *"',
        ),
    ],
)
def test_error_text(specs: str | list[str], text: str) -> None:
    with pytest.raises(CronError) as caught:
        next_launch(specs, datetime(2026, 1, 1, tzinfo=UTC))
    assert str(caught.value) == text


def test_search_that_would_not_end_is_an_error() -> None:
    """Midnight of 1 October 2023 is skipped in Asunción: the server's search jumps on the spot. spec: plan §8.4"""
    with pytest.raises(CronError, match=r'^failed parsing cron expression: "0 5 3'):
        next_launch("0 5 3 * *", datetime(2023, 9, 20, tzinfo=UTC), timezone="America/Asuncion")


def test_empty_list_of_minutes_depends_on_the_time_of_day() -> None:
    """spec: plan §8.6, the example"""
    spec, hour_two = "50-10 3 31 12 * 2026", datetime(2026, 12, 31, 2, 59, tzinfo=UTC)
    assert next_launch(spec, hour_two + timedelta(seconds=59)) is None
    with pytest.raises(CronError):
        next_launch(spec, hour_two + timedelta(seconds=58))


def test_fold_over_a_list() -> None:
    """An element that never fires wipes out those before it. spec: plan §8.1"""
    now, never, daily, yearly = datetime(2026, 1, 1, tzinfo=UTC), "0 0 30 2 *", "0 0 * * *", "0 0 1 1 *"
    first = {
        specs: next_launch(list(specs), now) for specs in ((), (daily, yearly), (daily, never), (daily, never, yearly))
    }
    assert first[()] is None
    assert first[daily, yearly] == datetime(2026, 1, 2, tzinfo=UTC)
    assert first[daily, never] is None
    assert first[daily, never, yearly] == datetime(2027, 1, 1, tzinfo=UTC)


def test_whole_block() -> None:
    """spec: plan §8.1"""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert periodic_launch("cron", "0 6 * * *", ["0 5 * * *"], now) == now.replace(hour=6)
    assert periodic_launch("cron", "", ["0 6 * * *", "0 5 * * *"], now) == now.replace(hour=5)
    assert periodic_launch("interval", "0 6 * * *", [], now) is None
    at = int(now.timestamp())
    assert periodic_launch("_internal_test", f"{at},{at + 9},{at + 3}", [], now) == now + timedelta(seconds=9)
    assert periodic_launch("_internal_test", f"{at + 9},soon", [], now) is None


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(CronError):
        next_launch("* * * * *", datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "specs, timezone", [(None, "UTC"), (5, "UTC"), ([None], "UTC"), ({"*": 1}, "UTC"), ("* * * * *", 3)]
)
def test_what_is_no_text_is_refused(specs: Any, timezone: Any) -> None:
    with pytest.raises(CronError, match="must be a string"):
        next_launch(specs, datetime(2026, 1, 1, tzinfo=UTC), timezone=timezone)


@pytest.mark.parametrize(
    "name, problem",
    [
        ("", None),
        ("UTC", None),
        ("Local", None),
        ("Europe/Berlin", None),
        ("europe/nowhere", "unknown time zone europe/nowhere"),
        ("../etc", "time: invalid location name"),
        ("/etc", "time: invalid location name"),
        ("\\x", "time: invalid location name"),
        ("Europe/Berlin/x", "not a directory"),
        ("a\0b", "unknown time zone a\0b"),
        ("a" * 5000, "unknown time zone " + "a" * 5000),
    ],
)
def test_time_zone_problem(name: str, problem: str | None) -> None:
    assert time_zone_problem(name) == problem


# ---- laws ----------------------------------------------------------------------------------------------------
def days_by_definition(rule: DayRule, year: int, month: int) -> list[int]:
    """§8.3 word by word, without croniter."""
    length = calendar.monthrange(year, month)[1]

    def weekday(day: int) -> int:
        return date(year, month, day).isoweekday() % 7

    def nearest(day: int) -> int:
        if weekday(day) == 6:
            return day - 1 if day > 1 else day + 2
        if weekday(day) == 0:
            return day + 1 if day < length else day - 2
        return day

    if not rule.by_date and not rule.by_weekday:
        return list(range(1, length + 1))
    found: set[int] = set()
    if rule.by_date:
        found |= {day for day in rule.days if day <= length}
        found |= {nearest(day) for day in rule.nearest if day <= length}
        found |= {length} if rule.last_day else set()
        found |= {nearest(length)} if rule.last_workday else set()
    if rule.by_weekday:
        for day in range(1, length + 1):
            nth, last = (
                (weekday(day), (day - 1) // 7 + 1) in rule.nth,
                weekday(day) in rule.last_of and day + 7 > length,
            )
            if weekday(day) in rule.weekdays or nth or last:
                found.add(day)
    return sorted(found)


def ascending(low: int, high: int, most: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    return st.sets(st.integers(low, high), max_size=most).map(lambda numbers: tuple(sorted(numbers)))


day_rules = st.builds(
    DayRule,
    st.booleans(),
    st.booleans(),
    ascending(1, 31),
    st.booleans(),
    st.booleans(),
    ascending(1, 31),
    ascending(0, 6),
    st.sets(st.tuples(st.integers(0, 6), st.integers(1, 5)), max_size=3).map(lambda pairs: tuple(sorted(pairs))),
    ascending(0, 6),
)


@given(day_rules, st.integers(1970, 2099), st.integers(1, 12))
@example(DayRule(True, False, nearest=(29, 30, 31)), 2026, 2)
@example(DayRule(True, False, last_workday=True), 2027, 2)
@example(DayRule(False, True, nth=((6, 5),)), 2028, 2)
def test_law_croniter_finds_the_days_of_the_definition(rule: DayRule, year: int, month: int) -> None:
    assert list(matching_days(rule, year, month)) == days_by_definition(rule, year, month)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    spans = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    steps = st.integers(1, high).map(lambda step: f"*/{step}")
    return st.one_of(st.just("*"), st.lists(number.map(str) | spans, min_size=1, max_size=3).map(",".join), steps)


expressions = st.tuples(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6)).map(" ".join)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(expressions, instants)
def test_law_launch_is_listed_and_nothing_listed_lies_between(spec: str, now: datetime) -> None:
    """In UTC: the launch is after now, every field lists it, and the three hours before it list nothing."""
    cron, launch = parse_cron(spec), next_launch(spec, now)

    def listed(at: datetime) -> bool:
        return (
            at.month in cron.months
            and at.day in matching_days(cron.days, at.year, at.month)
            and at.hour in cron.hours
            and at.minute in cron.minutes
            and at.second == 0
        )

    if launch is None:
        return
    assert launch > now
    assert listed(launch)
    before = (launch - timedelta(minutes=minutes) for minutes in range(1, 180))
    assert not any(listed(at) for at in before if at > now)


@given(expressions, instants, st.timedeltas(timedelta(), timedelta(days=400)))
def test_law_later_questions_have_later_answers(spec: str, now: datetime, wait: timedelta) -> None:
    first, second = next_launch(spec, now), next_launch(spec, now + wait)
    if second is not None:
        assert first is not None
        assert first <= second
        assert first == second or first <= now + wait


@given(
    expressions, instants, st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Tokyo"])
)
def test_law_wall_time_is_listed_in_every_zone(spec: str, now: datetime, zone: str) -> None:
    """Where no midnight is skipped a launch is after now, and its wall time and day are listed."""
    cron, launch = parse_cron(spec), next_launch(spec, now, timezone=zone)
    if launch is not None:
        assert launch > now
        assert (launch.hour in cron.hours, launch.minute in cron.minutes) == (True, True)
        assert launch.day in matching_days(cron.days, launch.year, launch.month)
