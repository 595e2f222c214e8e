"""Schedule: cron expressions and time zones → the next launch of a periodic job. spec: plan §8

In: the `Spec` or `Specs` and the `TimeZone` of a job, an instant. Out: an instant, None for never, or the exact error.
Not here: whether a job is admitted (admission asks `cron_problem` and `time_zone_problem`), and the clock.

    grammar     text → Expression, a few lists of numbers, or the grammar error           plan §8.2, admission §10.3
    dialect     the days of a month, by croniter behind a translation                     plan §8.3, §8.10
    clock       wall times, instants, zones and their clock changes                       plan §8.5, admission §10.5
    launch      the search: next launch of an expression, fold over a list                plan §8.1, §8.4, §8.6, §8.8
    lint        what surprises people in a valid periodic block, as findings
    preview     the next launches as rows, with what clock changes do to them

The grammar is Nomad's, not croniter's and not that of cron(8): see the quirks in `grammar`. An expression is a set of
times (seconds, minutes, hours) on a set of days (a `DayRule`, months, years), so a search needs only two things: the
next day that matches and the next listed time of day. croniter is imported when a month is first asked for its days;
the answer depends on the shape of the month only and is kept. Where the clock of a zone is changed, times of day are
walked in steps of real time, which is where skipped and doubled launches come from.
"""

from __future__ import annotations

from jobplan.schedule.clock import time_zone_problem
from jobplan.schedule.grammar import cron_problem, parse_cron
from jobplan.schedule.launch import launches, next_launch, periodic_launch

__all__ = ["cron_problem", "launches", "next_launch", "parse_cron", "periodic_launch", "time_zone_problem"]
