"""Everything that is found in one job: what a server would say, what surprises in its schedule, what rules report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobplan.admission import validate
from jobplan.canonical.load import from_api
from jobplan.errors import AdmissionError, CronError, ServerCrash
from jobplan.rules.rule import Rule, Severity
from jobplan.rules.settings import Settings
from jobplan.rules.subject import Subject
from jobplan.rules.table import RULES
from jobplan.schedule.lint import lint_periodic

if TYPE_CHECKING:
    from jobplan.admission.pipeline import Config


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `path` is a JSON pointer into the API job: where it is, or where what is missing would be."""

    rule: str
    severity: Severity
    message: str
    path: str = ""


def check_job(
    api: dict[str, Any],
    now: datetime,
    *,
    document: Any = None,
    settings: Settings | None = None,
    config: Config = None,
    rules: Sequence[Rule] = RULES,
) -> tuple[Finding, ...]:
    """The findings in a decoded API job: of admission, of the schedule, of the rules, each with its final severity.

    `now`: aware; the schedule is judged from there. `document`: the JSON document that the job was read from.
    `config`: of the server, a default one when None. Suppressions are not applied (see `suppression`). Raises
    `JobDecodeError` for what is no job.
    """
    settings = settings or Settings()
    try:
        found: list[Finding] = list(_refusals_and_warnings(api, config))
        subject = Subject(api, from_api(api), document)
    except ServerCrash as crash:
        found = [Finding("job/server-crash", "error", str(crash))]
        return tuple(_with_levels(found, settings))
    found.extend(_surprises(api.get("Periodic"), now))
    return (*_with_levels(found, settings), *run_rules(subject, settings, rules))


def run_rules(subject: Subject, settings: Settings, rules: Iterable[Rule]) -> Iterator[Finding]:
    """What the enabled rules report."""
    for rule in rules:
        severity = settings.severity(rule.id, rule.severity, enabled=rule.enabled)
        if severity is not None:
            for path, message in rule.condition(subject, settings.options_of(rule)):
                yield Finding(rule.id, severity, message, path)


def _with_levels(found: Iterable[Finding], settings: Settings) -> Iterator[Finding]:
    for finding in found:
        severity = settings.severity(finding.rule, finding.severity)
        if severity is not None:
            yield finding if severity == finding.severity else replace(finding, severity=severity)


def _refusals_and_warnings(api: dict[str, Any], config: Config) -> Iterator[Finding]:
    try:
        for item in validate(api, config=config).findings:
            yield Finding(item.rule, item.severity, item.message, item.path)
    except AdmissionError as refusal:
        for problem in refusal.problems:
            for leaf in problem.leaves():
                yield Finding(leaf.rule, leaf.severity, leaf.text, leaf.path)


def _surprises(periodic: Any, now: datetime) -> Iterator[Finding]:
    try:
        for item in lint_periodic(periodic, now):
            yield Finding(item.rule, item.severity, item.message, item.path)
    except CronError:
        return  # an unknown time zone: admission has reported it
