"""How long the next launch takes: `python benchmarks/bench_cron.py [launches]`.

First many launches in a row of ordinary expressions (total and microseconds each), then one launch of expressions
written to be slow, each from a cold cache, worst first. Budgets: 10 000 launches in 1 s; no single launch above 50 ms.
"""

from __future__ import annotations

import contextlib
import sys
import time
from datetime import UTC, datetime

from jobplan.errors import CronError
from jobplan.schedule import dialect, grammar, next_launch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ORDINARY = ("*/5 * * * *", "0 0 * * *", "0 9 15W * 5#2", "* * * * * * *", "0 0 1-31 * 0-6", "30 2 * * 1-5")
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Africa/Casablanca")

_NEAREST = ",".join(f"{day}W" for day in range(1, 32))
_NTH = ",".join(f"{day}#{n}" for day in range(7) for n in range(1, 6))
_FIFTH = ",".join(f"{day}#5" for day in range(7))
_LAST = ",".join(f"{day}L" for day in range(7))
_NO_LEAP_YEARS = ",".join(str(year) for year in range(1970, 2100) if year % 4)
HOSTILE = {
    "never": "0 0 30 2 *",
    "never, in listed years": f"0 0 31 2,4,6,9,11 * {_NO_LEAP_YEARS}",
    "every member of the union": f"0 0 {_NEAREST},L,LW,1-31 * {_NTH},{_LAST},0-6",
    "29 February in no leap year": f"0 0 29W,30,31 2 {_FIFTH} {_NO_LEAP_YEARS}",
    "fifth weekday of February": "0 0 * 2 6#5",
    "last moment": "59 59 23 31 12 * 2099",
    "empty minutes": "59-50 0-22 29 2 *",
    "empty seconds": "59-50 0-58 0-22 29 2 * *",
    "empty month": "0 0 1 11-2 *",
    "long list": f"{'1,' * 100_000}1 * * * *",
    "long text": f"{'x' * 1_000_000} * * * *",
    "aliases": "@daily" * 50_000,
}
STARTS = (NOW, datetime(1, 1, 1, tzinfo=UTC), datetime(2023, 9, 29, tzinfo=UTC))
HOSTILE_ZONES = (*ZONES, "Africa/Cairo", "America/Asuncion", "Australia/Lord_Howe", "Antarctica/Troll")


def clear_caches() -> None:
    grammar.parse_cron.cache_clear()
    dialect._days_of_shape.cache_clear()


def seconds_for(spec: str, zone: str, count: int) -> float:
    """`count` launches in a row; an expression that ends begins again."""
    clear_caches()
    at, start = NOW, time.perf_counter()
    for _ in range(count):
        at = next_launch(spec, at, timezone=zone) or NOW
    return time.perf_counter() - start


def worst_seconds(spec: str) -> float:
    """The slowest single launch over all starts and zones, every time from cold caches."""
    worst = 0.0
    for zone in HOSTILE_ZONES:
        for now in STARTS:
            clear_caches()
            start = time.perf_counter()
            with contextlib.suppress(CronError):
                next_launch(spec, now, timezone=zone)
            worst = max(worst, time.perf_counter() - start)
    return worst


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    next_launch("0 0 1 * *", NOW)  # imports croniter
    print(f"{count} launches in a row")
    for zone in ZONES:
        for spec in ORDINARY:
            seconds = seconds_for(spec, zone, count)
            print(f"  {seconds:6.3f} s  {seconds / count * 1e6:6.1f} µs each  {spec:16} {zone}")
    print("one launch, worst case")
    for seconds, name in sorted(((worst_seconds(spec), name) for name, spec in HOSTILE.items()), reverse=True):
        print(f"  {seconds * 1e3:6.2f} ms  {name}")


if __name__ == "__main__":
    main()
