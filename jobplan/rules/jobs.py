"""Rules about a job as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Subject
from jobplan.values.quoting import quoted


def required_meta(subject: Subject, options: Options) -> Iterator[Found]:
    meta = subject.job.meta or {}
    for key in options["keys"]:
        if not meta.get(key):
            yield Found("/Meta" if meta else "", f"the job's meta lacks {quoted(key)}")


def high_priority(subject: Subject, options: Options) -> Iterator[Found]:
    if subject.job.priority > options["max"]:
        yield Found("/Priority", f"priority {subject.job.priority} is above {options['max']}")
