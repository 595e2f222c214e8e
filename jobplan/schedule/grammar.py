"""The cron grammar of Nomad: text → `Expression`, or the exact error text.

It is not croniter's grammar, although both look like cron: six fields end in a year, seven begin with seconds,
a reversed range (`22-2`) is accepted and lists nothing, `01` on the day of the week is a Sunday. spec: plan
§8.2, admission §10.3
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType

from jobplan.errors import CronError

__all__ = ["ALIASES", "FIELDS", "DayRule", "Expression", "Field", "Piece", "cron_problem", "parse_cron", "split_fields"]

ALIASES: Mapping[str, str] = MappingProxyType(  # spec: plan §8.2 rule 1
    {
        "@yearly": "0 0 0 1 1 * *",
        "@annually": "0 0 0 1 1 * *",
        "@monthly": "0 0 0 1 * * *",
        "@weekly": "0 0 0 * * 0 *",
        "@daily": "0 0 0 * * * *",
        "@hourly": "0 0 * * * * *",
    }
)
MOST_FIELDS = 7
_ALIAS = re.compile("|".join(map(re.escape, ALIASES)))
_FIELD = re.compile(r"[^ \t\n\f\r]+")

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_YEARS = range(1970, 2100)

# The texts that count as a step; any other run of digits counts as 0. spec: plan §8.2 rule 5
_STEPS: Mapping[str, int] = MappingProxyType(
    {f"{n:02}": n for n in range(10)} | {str(n): n for n in (*range(60), *_YEARS)}
)


def _numbers(values: range) -> dict[str, int]:
    """The texts of `values`: plain, and with one leading zero below ten."""
    return {f"{n:02}": n for n in values if n < 10} | {str(n): n for n in values}


def _names(names: Iterable[str], first: int) -> dict[str, int]:
    """Three-letter and full English names, counted from `first`."""
    return {text: n for n, name in enumerate(names, first) for text in (name[:3], name)}


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the table of fields: its name in error texts, the texts of its values, its range."""

    name: str
    values: Mapping[str, int]
    low: int
    high: int


# spec: plan §8.2 rule 4. Quirk: `00`–`07` on the day of the week are accepted, and all of them are Sunday.
_DOW_VALUES = {str(n): n % 7 for n in range(8)} | {f"{n:02}": 0 for n in range(8)} | _names(_WEEKDAYS, 0)
SECOND = Field("second", _numbers(range(60)), 0, 59)
MINUTE = Field("minute", _numbers(range(60)), 0, 59)
HOUR = Field("hour", _numbers(range(24)), 0, 23)
DAY_OF_MONTH = Field("day-of-month", _numbers(range(1, 32)), 1, 31)
MONTH = Field("month", _numbers(range(1, 13)) | _names(_MONTHS, 1), 1, 12)
DAY_OF_WEEK = Field("day-of-week", _DOW_VALUES, 0, 6)
YEAR = Field("year", {str(n): n for n in _YEARS}, 1970, 2099)
FIELDS = (SECOND, MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, YEAR)

# Number of fields → which of FIELDS they are, in textual order. spec: plan §8.2 rule 3
_LAYOUTS: Mapping[int, tuple[Field, ...]] = MappingProxyType({5: FIELDS[1:6], 6: FIELDS[1:], 7: FIELDS})


@dataclass(frozen=True, slots=True)
class DayRule:
    """Which days of a month match; a rule that is not restricted on either side matches every day. spec: plan §8.3

    Weekdays count from Sunday = 0. `nearest` are the `15W`, `nth` the `5#2` as (weekday, n), `last_of` the `5L`.
    """

    by_date: bool
    by_weekday: bool
    days: tuple[int, ...] = ()
    last_day: bool = False
    last_workday: bool = False
    nearest: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    nth: tuple[tuple[int, int], ...] = ()
    last_of: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed cron expression: ascending lists of numbers, any of which may be empty (reversed ranges)."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One comma-separated piece of a field, classified. spec: plan §8.2 rule 5

    `kind` is `all`, `one`, `span` (any of the four forms with an end) or `special`. `start`, `end` and `step`
    are as written (a Sunday at the end of a span is still 0) and mean nothing for `all` and `special`.
    """

    text: str
    kind: str
    start: int = 0
    end: int = 0
    step: int = 1

    def numbers(self, field: Field) -> range:
        """What the piece lists in `field`; nothing when it runs backwards. spec: plan §8.2 rules 8 and 9"""
        end = field.high if field is DAY_OF_WEEK and self.kind == "span" and self.end == 0 else self.end
        return range(self.start, end + 1, self.step)


_FORM = re.compile(r"(?:(\*)|([^-/]+)(?:-([^-/]+))?)(?:/([0-9]+))?", re.DOTALL)


def _classify(text: str, field: Field) -> Piece:
    """The form of one piece; `CronError` for a step out of range, the only error found this early."""
    if text in ("*", "?"):
        return Piece(text, "all")
    low = text.replace("İ", "i").lower()  # İ: one of the characters whose lower case is another one in Python
    form = _FORM.fullmatch(low)
    if form is None:
        return Piece(text, "special")
    star, first, last, interval = form.groups()
    values = field.values
    if (first is not None and first not in values) or (last is not None and last not in values):
        return Piece(text, "special")
    step = 1
    if interval is not None:
        step = _STEPS.get(interval, 0)
        if not 1 <= step <= field.high:
            raise CronError(f"invalid interval {low}")
    start = field.low if star else values[first]
    if last is not None:
        return Piece(text, "span", start, values[last], step)
    if interval is None:
        return Piece(text, "one", start, start)
    return Piece(text, "span", start, field.high, step)


def pieces(text: str, field: Field) -> list[Piece]:
    """All pieces of a field, before any is evaluated; empty ones are dropped. spec: plan §8.2 rule 5"""
    texts = [piece for piece in dict.fromkeys(text.split(",")) if piece]  # one said twice adds nothing
    if not texts:
        raise CronError(f"{field.name} field: missing directive")
    return [_classify(piece, field) for piece in texts]


def _syntax_error(piece: Piece, field: Field) -> CronError:
    return CronError(f"syntax error in {field.name} field: '{piece.text}'")


def _parse_list(text: str, field: Field) -> tuple[int, ...]:
    """Second, minute, hour, month and year. spec: plan §8.2 rule 6"""
    listed: set[int] = set()
    for piece in pieces(text, field):
        if piece.kind == "all":
            return tuple(range(field.low, field.high + 1))  # later pieces are not looked at
        if piece.kind == "special":
            raise _syntax_error(piece, field)
        listed.update(piece.numbers(field))
    return tuple(sorted(listed))


def _parse_days(text: str, field: Field, special: Callable[[str], bool]) -> tuple[bool, tuple[int, ...]]:
    """(restricted, listed days); `special` takes the lower-cased pieces that are no plain values."""
    listed: set[int] = set()
    restricted = True
    for piece in pieces(text, field):
        if piece.kind == "all":
            restricted = False
        elif piece.kind == "special":
            if not special(piece.text.replace("İ", "i").lower()):
                raise _syntax_error(piece, field)
        else:
            listed.update(piece.numbers(field))
    return restricted, tuple(sorted(listed))


def _parse_day_rule(day_of_month: str, day_of_week: Callable[[], str], between: Callable[[], None]) -> DayRule:
    """Both day fields; the month field stands between them and its errors come in that order."""
    last: set[str] = set()
    nearest: set[int] = set()
    nth: set[tuple[int, int]] = set()
    last_of: set[int] = set()

    def date_special(text: str) -> bool:  # spec: plan §8.2 rule 7
        if text in ("l", "lw"):
            last.add(text)
        elif text[-1:] == "w" and text[:-1] in DAY_OF_MONTH.values:
            nearest.add(DAY_OF_MONTH.values[text[:-1]])
        else:
            return False
        return True

    def weekday_special(text: str) -> bool:  # spec: plan §8.2 rule 8
        day, mark, count = text.partition("#")
        if mark and day in DAY_OF_WEEK.values and count in ("1", "2", "3", "4", "5"):
            nth.add((DAY_OF_WEEK.values[day], int(count)))
        elif text[-1:] == "l" and text[:-1] in DAY_OF_WEEK.values:
            last_of.add(DAY_OF_WEEK.values[text[:-1]])
        else:
            return False
        return True

    by_date, days = _parse_days(day_of_month, DAY_OF_MONTH, date_special)
    between()
    by_weekday, weekdays = _parse_days(day_of_week(), DAY_OF_WEEK, weekday_special)
    return DayRule(
        by_date, by_weekday, days, "l" in last, "lw" in last, tuple(sorted(nearest)), weekdays, tuple(sorted(nth)),
        tuple(sorted(last_of)),
    )  # fmt: skip


def split_fields(spec: str) -> list[tuple[Field, str]]:
    """The fields of an expression with what each is, aliases replaced; `CronError` when some are missing.

    spec: plan §8.2 rules 1 to 3
    """
    found = _FIELD.finditer(_ALIAS.sub(lambda alias: ALIASES[alias[0]], spec))
    texts = [match[0] for match in islice(found, MOST_FIELDS)]  # what follows is never looked at
    if len(texts) < 5:
        raise CronError("missing field(s)")
    return list(zip(_LAYOUTS[len(texts)], texts))


@lru_cache(maxsize=1024)
def parse_cron(spec: str) -> Expression:
    """Parse one cron expression.

    Raises `CronError` whose text is the bare grammar error, such as `invalid interval */60`; callers put the
    server's words around it. spec: plan §8.2
    """
    texts = {field.name: text for field, text in split_fields(spec)}
    seconds = _parse_list(texts["second"], SECOND) if "second" in texts else (0,)
    minutes = _parse_list(texts["minute"], MINUTE)
    hours = _parse_list(texts["hour"], HOUR)
    months: tuple[int, ...] = ()

    def month_field() -> None:
        nonlocal months
        months = _parse_list(texts["month"], MONTH)

    days = _parse_day_rule(texts["day-of-month"], lambda: texts["day-of-week"], month_field)
    years = _parse_list(texts["year"], YEAR) if "year" in texts else tuple(_YEARS)
    return Expression(spec, seconds, minutes, hours, days, months, years)


def cron_problem(spec: str) -> str | None:
    """The grammar error of `spec`, or None when it is valid: what validation quotes. spec: admission §10.3"""
    try:
        parse_cron(spec)
    except CronError as error:
        return str(error)
    return None
