"""The cron grammar: what is accepted, what it lists, and the exact texts of what is not. spec: plan §8.2"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.schedule import cron_problem, parse_cron


@pytest.mark.parametrize(
    "spec, text",
    [
        ("", "missing field(s)"),
        ("* * * *", "missing field(s)"),
        ("@midnight", "missing field(s)"),
        ("@DAILY", "missing field(s)"),
        ("*\v* * * *", "missing field(s)"),  # neither VT nor Unicode spaces separate fields
        ("*\xa0* * * *", "missing field(s)"),
        (", * * * *", "minute field: missing directive"),
        ("* * * * ,,", "day-of-week field: missing directive"),
        ("*/60 * * * *", "invalid interval */60"),
        ("* */24 * * *", "invalid interval */24"),
        ("* * * */13 *", "invalid interval */13"),
        ("* * * * */7", "invalid interval */7"),
        ("* * * * * */100", "invalid interval */100"),
        ("*/005 * * * *", "invalid interval */005"),
        ("* * * * MON-Fri/0", "invalid interval mon-fri/0"),
        ("x,*/0 * * * *", "invalid interval */0"),  # beats the syntax error of an earlier piece
        ("x * * * */9", "syntax error in minute field: 'x'"),  # but not that of an earlier field
        ("x,* * * * *", "syntax error in minute field: 'x'"),
        ("000 * * * *", "syntax error in minute field: '000'"),
        ("60 * * * *", "syntax error in minute field: '60'"),
        ("1-5-7 * * * *", "syntax error in minute field: '1-5-7'"),
        ("*/x * * * *", "syntax error in minute field: '*/x'"),
        ("?/5 * * * *", "syntax error in minute field: '?/5'"),
        ("*/٥ * * * *", "syntax error in minute field: '*/٥'"),
        ("* * L-3 * *", "syntax error in day-of-month field: 'L-3'"),
        ("* * 1-5W * *", "syntax error in day-of-month field: '1-5W'"),
        ("* * *,W * *", "syntax error in day-of-month field: 'W'"),  # day fields look at all pieces
        ("* * * sept *", "syntax error in month field: 'sept'"),
        ("* * * 0 x", "syntax error in month field: '0'"),
        ("* * * * L", "syntax error in day-of-week field: 'L'"),
        ("* * * * 5#6", "syntax error in day-of-week field: '5#6'"),
        ("* * * * L5", "syntax error in day-of-week field: 'L5'"),
        ("61 * * * * * *", "syntax error in second field: '61'"),
        ("* * * * * 2100", "syntax error in year field: '2100'"),
        ("CRON_TZ=UTC 0 0 * * *", "syntax error in minute field: 'CRON_TZ=UTC'"),
    ],
)
def test_error_text(spec: str, text: str) -> None:
    assert cron_problem(spec) == text


@pytest.mark.parametrize(
    "spec", ["*,x * * * *", "0,,5 0 * * *", "? ? ? ? ?", "0 0 * * * * * spare", "5@daily", " 0\t0\n* * * "]
)
def test_odd_but_valid(spec: str) -> None:
    assert cron_problem(spec) is None


def test_number_of_fields_decides_what_they_are() -> None:
    five, six, seven = parse_cron("1 2 3 4 5"), parse_cron("1 2 3 4 5 2030"), parse_cron("9 1 2 3 4 5 2030")
    for cron in (five, six, seven):
        assert (cron.minutes, cron.hours, cron.days.days, cron.months, cron.days.weekdays) == (
            (1,),
            (2,),
            (3,),
            (4,),
            (5,),
        )
    assert (five.seconds, len(five.years)) == ((0,), 130)
    assert (six.seconds, six.years) == ((0,), (2030,))
    assert (seven.seconds, seven.years) == ((9,), (2030,))


def test_alias_is_replaced_inside_text() -> None:
    cron = parse_cron("5@daily")
    assert (cron.seconds, cron.minutes, cron.hours) == ((50,), (0,), (0,))


@pytest.mark.parametrize(
    "field, weekdays",
    [
        ("1-7", (1, 2, 3, 4, 5, 6)),  # a span that ends on Sunday ends on Saturday
        ("mon-sun", (1, 2, 3, 4, 5, 6)),
        ("5-7", (5, 6)),
        ("0-7", (0, 1, 2, 3, 4, 5, 6)),
        ("7-7", (0, 1, 2, 3, 4, 5, 6)),
        ("7", (0,)),
        ("7/2", (0, 2, 4, 6)),
        ("03", (0,)),  # a leading zero is a Sunday
        ("01-03", (0, 1, 2, 3, 4, 5, 6)),
        ("fri-mon", ()),  # no wrap-around
        ("Tuesday,THU", (2, 4)),
    ],
)
def test_day_of_week(field: str, weekdays: tuple[int, ...]) -> None:
    assert parse_cron(f"0 0 * * {field}").days.weekdays == weekdays


def test_special_days() -> None:
    days = parse_cron("0 0 L,lw,15w,03 * 5L,fri#2").days
    assert (days.days, days.last_day, days.last_workday, days.nearest) == ((3,), True, True, (15,))
    assert (days.nth, days.last_of) == (((5, 2),), (5,))


def test_only_a_star_lifts_the_restriction() -> None:
    assert [parse_cron(f"0 0 {field} * *").days.by_date for field in ("*", "?,3", "*/1", "1-31")] == [
        False,
        False,
        True,
        True,
    ]


@given(st.text(alphabet="0123456789*/,-?#LWlw @adhijlmnosruy\t\v", max_size=40))
def test_law_every_text_is_parsed_or_refused(spec: str) -> None:
    """Lists are ascending, without repetition and within the field; nothing but CronError comes out."""
    if cron_problem(spec) is None:
        cron = parse_cron(spec)
        for listed, low, high in (
            (cron.minutes, 0, 59),
            (cron.hours, 0, 23),
            (cron.months, 1, 12),
            (cron.years, 1970, 2099),
        ):
            assert list(listed) == sorted(set(listed))
            assert all(low <= number <= high for number in listed)
