"""Rules about services and their checks."""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Subject
from jobplan.values.durations import duration_text
from jobplan.values.quoting import quoted


def no_check(subject: Subject, _options: Options) -> Iterator[Found]:
    """Of long-running jobs; a gateway is checked through its proxy."""
    if subject.job.type not in ("service", "system"):
        return
    for service in subject.services():
        connect = service.item.connect
        if not service.item.checks and (connect is None or connect.gateway is None):
            text = f"service {quoted(service.item.name)} has no check: a deployment takes it for healthy once it runs"
            yield Found(service.path, text)


def slow_check(subject: Subject, _options: Options) -> Iterator[Found]:
    for service in subject.services():
        for index, check in enumerate(service.item.checks or ()):
            if 0 < check.interval <= check.timeout:
                timeout, interval = duration_text(check.timeout), duration_text(check.interval)
                text = f"check {quoted(check.name)}: its timeout {timeout} is not shorter than its interval {interval}"
                yield Found(f"{service.path}/Checks/{index}/Timeout", text)
