"""spec: jobspec §13.7, `formatdate` and `timeadd`"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from jobplan.source.jobspec.functions.durations import BadDuration, parse_duration
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import STRING, Value, string

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

_STEPS = (  # what must stand next in a timestamp, and what it is called
    (r"[0-9]{4}", "year"),
    (r"-", "-"),
    (r"[0-9]{2}", "month"),
    (r"-", "-"),
    (r"[0-9]{2}", "day of month"),
    (r"T", "T"),
    (r"[0-9]{2}", "hour"),
    (r":", ":"),
    (r"[0-9]{2}", "minute"),
    (r":", ":"),
    (r"[0-9]{2}", "second"),
    (r"(?:\.[0-9]+)?", "fraction"),
    (r"Z|[+-][0-9]{2}:[0-9]{2}", "UTC offset"),
)
_LOWEST = {2: 1}
_HIGHEST = {2: 12, 6: 23, 8: 59, 10: 59}  # step → the highest number of the original's reader


def parse_time(text: str) -> datetime:
    """An RFC 3339 time without its fraction. Raises ValueError with the reason."""
    at, parts = 0, []
    for i, (pattern, name) in enumerate(_STEPS):
        found = re.compile(pattern).match(text, at)
        if found is None:
            raise ValueError(_expected(text, at, i, name))
        if i in _HIGHEST and not _LOWEST.get(i, 0) <= int(found[0]) <= _HIGHEST[i]:
            raise ValueError(f'cannot use "{text[found.end() :]}" as {name}')
        parts.append(found[0])
        at = found.end()
    if at != len(text):
        raise ValueError(f'cannot use "{text[at - len(parts[-1]) :]}" as UTC offset')
    year, month, day, hour, minute, second = (int(parts[i]) for i in (0, 2, 4, 6, 8, 10))
    if not 1 <= day <= _days_in(year, month):
        raise ValueError("day out of range")
    offset = parts[12]
    minutes = 0 if offset == "Z" else int(offset[0] + "1") * (int(offset[1:3]) * 60 + int(offset[4:6]))
    if offset != "Z" and (int(offset[1:3]) > 23 or int(offset[4:6]) > 59):
        raise ValueError("time zone offset out of range")
    zone = timezone(timedelta(minutes=minutes))
    if year == 0:
        raise ValueError("year out of range")
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _days_in(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _expected(text: str, at: int, step: int, name: str) -> str:
    rest = text[at:]
    if name == "T":
        return "missing required time introducer 'T'"
    if name in "-:" and step:
        name = _STEPS[step + 1][1] if not rest else name
    return f"end of string before {name}" if not rest else f'cannot use "{rest}" as {name}'


_VERBS = re.compile(r"'(?:[^']|'')*'|'|([A-Za-z])\1*|[^A-Za-z']+")

_RULES = {  # verb letter → its lengths, and the rule in the error text. spec: jobspec §13.7
    "Y": ((2, 4), 'year must either be "YY" or "YYYY"'),
    "M": ((1, 2, 3, 4), 'month must be "M", "MM", "MMM", or "MMMM"'),
    "D": ((1, 2), 'day of month must either be "D" or "DD"'),
    "E": ((3, 4), 'day of week must either be "EEE" or "EEEE"'),
    "h": ((1, 2), '24-hour must either be "h" or "hh"'),
    "H": ((1, 2), '12-hour must either be "H" or "HH"'),
    "A": ((2,), 'must be "AA"'),
    "a": ((2,), 'must be "aa"'),
    "m": ((1, 2), 'minute must either be "m" or "mm"'),
    "s": ((1, 2), 'second must either be "s" or "ss"'),
    "Z": ((1, 3, 4, 5), "timezone must be Z, ZZZZ, or ZZZZZ"),
}


def _formatdate(a: list[Value], scope: Scope) -> Value:
    pattern = a[0].text
    try:
        time = parse_time(a[1].text)
    except ValueError as e:
        raise FunctionError(f"not a valid RFC3339 timestamp: {e}", 1) from None
    out = []
    for found in _VERBS.finditer(pattern):
        token = found[0]
        if token[0] == "'":
            if len(token) == 1:
                raise FunctionError("unterminated literal '", 0)
            out.append("'" if token == "''" else token[1:-1].replace("''", "'"))
        elif found[1] is None:
            out.append(token)
        else:
            out.append(_verb(token, time))
    return string("".join(out))


def _verb(verb: str, time: datetime) -> str:
    lengths, rule = _RULES.get(verb[0], ((), ""))
    if len(verb) not in lengths:
        raise FunctionError(f'invalid date format verb "{verb}"' + (f": {rule}" if rule else ""), 0)
    twelve = time.hour % 12 or 12
    match verb[0]:
        case "Y":
            return f"{time.year:04d}" if len(verb) == 4 else f"{time.year % 100:02d}"
        case "M":
            name = _MONTHS[time.month - 1]
            return (str(time.month), f"{time.month:02d}", name[:3], name)[len(verb) - 1]
        case "E":
            name = _DAYS[time.weekday()]
            return name if len(verb) == 4 else name[:3]
        case "A":
            return "PM" if time.hour >= 12 else "AM"
        case "a":
            return "pm" if time.hour >= 12 else "am"
        case "Z":
            return _zone(verb, time)
    number = {"D": time.day, "h": time.hour, "H": twelve, "m": time.minute, "s": time.second}[verb[0]]
    return f"{number:0{len(verb)}d}"


def offset_text(time: datetime, separator: str) -> str:
    offset = time.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{separator}{abs(minutes) % 60:02d}"


def _zone(verb: str, time: datetime) -> str:
    zero = not time.utcoffset()
    if verb == "Z" and zero:
        return "Z"
    if verb == "ZZZ" and zero:
        return "UTC"
    return offset_text(time, ":" if len(verb) in (1, 5) else "")


def _timeadd(a: list[Value], scope: Scope) -> Value:
    try:
        time = parse_time(a[0].text)
    except ValueError as e:
        raise FunctionError(f"not a valid RFC3339 timestamp: {e}") from None
    try:
        nanoseconds = parse_duration(a[1].text)
    except BadDuration as e:
        raise FunctionError(str(e)) from None
    fraction = re.search(r"\.([0-9]+)", a[0].text)
    nanoseconds += int(fraction[1][:9].ljust(9, "0")) if fraction else 0
    try:
        time += timedelta(seconds=nanoseconds // 1_000_000_000)
    except OverflowError:
        raise FunctionError("the result is beyond the years 1 to 9999") from None
    zone = "Z" if not time.utcoffset() else offset_text(time, ":")
    return string(f"{time.year:04d}-{time:%m-%dT%H:%M:%S}{zone}")


FUNCTIONS: tuple[Function, ...] = (
    function("formatdate", "format:str, time:str", STRING, _formatdate),
    function("timeadd", "timestamp:str, duration:str", STRING, _timeadd),
)
