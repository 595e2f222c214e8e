"""Wall clocks and instants in whole seconds, time zones, and the moments when a zone's clock is changed.

An *instant* is a Unix time; a *wall* time is a wall clock read as if it were UTC, in the same unit. So `wall //
DAY` numbers the days, `wall % DAY` is the time of day, and no `datetime` is built while a launch is searched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

__all__ = ["DAY", "HOUR", "MINUTE", "Clock", "ClockChange", "clock_for", "time_zone_problem"]

MINUTE, HOUR, DAY = 60, 3600, 86400
UTC = UTC
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At `instant` the offset from UTC (seconds) goes from `before` to `after`: up is a gap, down a repetition."""

    instant: int
    before: int
    after: int

    @property
    def skipped(self) -> range:
        """The wall times that do not exist; empty when the clock is put back."""
        return range(self.instant + self.before, self.instant + self.after)

    @property
    def repeated(self) -> range:
        """The wall times that come twice; empty when the clock is put forward."""
        return range(self.instant + self.after, self.instant + self.before)


@lru_cache(maxsize=4096)
def _offset(zone: ZoneInfo, instant: int) -> int:
    shift = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert shift is not None
    return shift.days * DAY + shift.seconds


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock of one location; `zone` is None in UTC."""

    name: str
    zone: ZoneInfo | None

    def offset(self, instant: int) -> int:
        """Seconds east of UTC at an instant."""
        if self.zone is None:
            return 0
        return _offset(self.zone, instant)

    def wall(self, instant: int) -> int:
        """The wall time shown at an instant."""
        return instant + self.offset(instant)

    def instant(self, wall: int) -> int:
        """The instant of a wall time, also of one that is skipped or comes twice. spec: plan §8.5"""
        guess = self.offset(wall)
        return wall - self.offset(wall - guess)

    def from_datetime(self, moment: datetime) -> int:
        """The instant of an aware datetime, rounded down to the whole second."""
        return (moment - _EPOCH) // timedelta(seconds=1)

    def to_datetime(self, instant: int) -> datetime:
        """An instant as aware datetime of this location."""
        return (_EPOCH + timedelta(seconds=instant)).astimezone(UTC if self.zone is None else self.zone)

    def changes(self, start: int, end: int) -> Iterator[ClockChange]:
        """The clock changes between two instants, ascending; a change undone within a day goes unnoticed."""
        low, before = start, self.offset(start)
        while low < end and self.zone is not None:
            high = min(low + DAY, end)
            after = self.offset(high)
            if after != before:
                moment = self._bisect(low, high, before)
                yield ClockChange(moment, before, self.offset(moment))
                after = self.offset(moment)
                high = moment
            low, before = high, after

    def _bisect(self, low: int, high: int, before: int) -> int:
        """The first instant in (low, high] at which the offset is no longer `before`."""
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset(middle) == before:
                low = middle
            else:
                high = middle
        return high


@lru_cache(maxsize=256)
def _load(name: str) -> ZoneInfo | str:
    """A zone of the database, or the text that says why there is none. spec: admission §10.5"""
    if ".." in name or name[:1] in ("/", "\\"):
        return "time: invalid location name"
    try:
        return ZoneInfo(name)
    except IsADirectoryError:
        return "is a directory"
    except (KeyError, OSError, UnicodeError):  # also names that no file can have
        parent = name.rpartition("/")[0]
        below_a_zone = parent != "" and parent.count("/") < 3 and isinstance(_load(parent), ZoneInfo)
        return "not a directory" if below_a_zone else f"unknown time zone {name}"
    except ValueError:
        return f"unknown time zone {name}" if "\0" in name else "malformed time zone information"


def time_zone_problem(name: str) -> str | None:
    """Why a server refuses this `TimeZone`, or None when it is valid. spec: plan §8.8, admission §10.5"""
    if name in ("", "UTC", "Local"):
        return None
    zone = _load(name)
    return zone if isinstance(zone, str) else None


def clock_for(name: str) -> Clock:
    """The clock of a job's `TimeZone`. spec: plan §8.1

    An unknown name is UTC, as on a server (validation refuses it before that matters). `Local` is the zone of
    the server that will launch the job; it is not known here and taken to be UTC.
    """
    if name in ("", "UTC", "Local"):
        return Clock(name or "UTC", None)
    zone = _load(name)
    return Clock("UTC", None) if isinstance(zone, str) else Clock(name, zone)
