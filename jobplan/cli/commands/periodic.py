"""List the next launches of a periodic job, and what may surprise in its schedule.

Launches are computed as a Nomad server does: a wall time that a clock change skips is not launched, one that it
repeats is launched twice. Exit code 0, also with surprises; 255 when the job or its schedule cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from jobplan.cli.inputs import parse_time, read_job
from jobplan.cli.options import add_job_options
from jobplan.errors import CronError, InputError

if TYPE_CHECKING:
    from jobplan.schedule.lint import Finding
    from jobplan.schedule.preview import Row

_HEADINGS = ("#", "Local", "UTC", "Note")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="job file, or - for standard input")
    parser.add_argument("-n", dest="count", type=int, default=10, metavar="COUNT", help="number of launches (10)")
    parser.add_argument("--after", metavar="TIME", help="list launches after this time (RFC 3339); default: the clock")
    parser.add_argument("--tz", metavar="ZONE", help="as if the job had this time_zone")
    add_job_options(parser)


def execute(args: argparse.Namespace) -> int:
    from jobplan.canonical import load_job
    from jobplan.schedule.lint import lint_periodic
    from jobplan.schedule.preview import preview

    job = load_job(read_job(args.job, args).api)
    periodic = job.periodic
    if periodic is None:
        raise InputError(f"job {job.id!r} is not periodic")
    if periodic.spec_type != "cron":
        raise InputError(f"launches of type {periodic.spec_type!r} cannot be listed, only those of cron")
    zone = periodic.time_zone if args.tz is None else args.tz
    _check_zone(zone)
    after = datetime.now(UTC) if args.after is None else parse_time(args.after)
    specs: str | list[str] = periodic.spec if periodic.spec != "" else list(periodic.specs or ())
    rows = preview(specs, after, timezone=zone, count=max(args.count, 0))
    block = {
        "Spec": periodic.spec,
        "Specs": periodic.specs,
        "TimeZone": zone,
        "ProhibitOverlap": periodic.prohibit_overlap,
    }
    sys.stdout.write(
        report(job.id, specs, zone, rows, lint_periodic(block, after), enabled=periodic.enabled, asked=args.count)
    )
    return 0


def _check_zone(zone: str) -> None:
    from jobplan.schedule import time_zone_problem
    from jobplan.values.quoting import quoted

    problem = time_zone_problem(zone)
    if problem is not None:
        raise CronError(f"Invalid time zone {quoted(zone)}: {problem}")


def report(
    job_id: str,
    specs: str | list[str],
    zone: str,
    rows: list[Row],
    findings: tuple[Finding, ...],
    *,
    enabled: bool,
    asked: int,
) -> str:
    """The whole output as text."""
    texts = [specs] if isinstance(specs, str) else specs
    lines = [f"{job_id}: {' | '.join(' '.join(text.split()) for text in texts)} ({zone or 'UTC'})"]
    if not enabled:
        lines.append("The periodic block is disabled: nothing is launched. If it were enabled:")
    lines.append("")
    lines.extend(table(rows) if rows else ["No launch."])
    if rows and sum(row.at is not None for row in rows) < asked:
        lines.append("No further launch.")
    if findings:
        lines += ["", *(f"{f.severity}: {f.message}  [{f.rule}] {f.path}" for f in findings)]
    return "\n".join(lines) + "\n"


def table(rows: list[Row]) -> list[str]:
    """Aligned columns; a wall time without a launch has a dash for its number."""
    cells, number = [_HEADINGS], 0
    for row in rows:
        if row.at is None:
            cells.append(("-", f"    {row.wall}", "", row.note))
            continue
        number += 1
        utc = row.at.astimezone(UTC)
        cells.append((str(number), f"{row.at:%a} {row.wall} {_offset(row.at)}", f"{utc:%Y-%m-%d %H:%M:%SZ}", row.note))
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    return ["  ".join([*map(str.ljust, line[:3], widths), line[3]]).rstrip() for line in cells]


def _offset(moment: datetime) -> str:
    shift = moment.utcoffset() or timedelta()
    sign, seconds = ("-", -shift) if shift < timedelta() else ("+", shift)
    return f"{sign}{seconds // timedelta(hours=1):02}:{seconds // timedelta(minutes=1) % 60:02}"
