"""Cron: when a periodic job is launched next. spec: plan §8"""

from __future__ import annotations

from jobplan.schedule.clock import time_zone_problem
from jobplan.schedule.grammar import cron_problem, parse_cron
from jobplan.schedule.launch import launches, next_launch

__all__ = ["cron_problem", "launches", "next_launch", "parse_cron", "time_zone_problem"]
