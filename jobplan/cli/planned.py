"""Planning job files: from a file to a plan with everything that can be told about it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobplan.cli.exitcodes import HIDDEN_CHANGE
from jobplan.cli.inputs import JobFile
from jobplan.errors import AdmissionError, InputError, JobplanError, PlanError
from jobplan.rendering.findings import Finding, Severity
from jobplan.rendering.options import Report

if TYPE_CHECKING:
    from jobplan.admission.admit import Finding as AdmissionFinding
    from jobplan.explain.report import Explanation
    from jobplan.inventory import Inventory
    from jobplan.model import ServerConfig
    from jobplan.planning import Plan


@dataclass(frozen=True, slots=True)
class World:
    """What jobs are planned against: the cluster, server settings, the time."""

    inventory: Inventory
    config: ServerConfig | None
    now: dt.datetime


class DuringPlan(JobplanError):
    """A request that the server would have refused, in the words of Nomad's client. spec: plan §7.1"""


def plan_file(file: JobFile, world: World) -> Plan:
    """The plan of a job file. Raises DuringPlan where the server would answer with an error."""
    from jobplan.planning import plan

    try:
        return plan(file.api, world.inventory, now=world.now, config=world.config)
    except (AdmissionError, PlanError) as error:
        raise DuringPlan(f"Error during plan: Unexpected response code: 500 ({error})") from error
    except InputError as error:
        raise DuringPlan(f"Error during plan: {error}") from error


def report_of(file: JobFile, plan: Plan) -> Report:
    """Everything that renderers may tell about a plan."""
    explained = plan.explain()
    return Report(
        response=plan.response,
        job=plan.job_api,
        old_job=None if plan.stored is None else plan.stored.to_api(),
        findings=[*admission_findings(file, plan.findings), *plan_findings(file, plan, explained)],
        rollout=[item.to_api() for item in explained.rollout],
        utilisation=[item.to_api() for item in explained.utilisation],
        inputs={file.name: file.digest},
        now=plan.now,
    )


def plan_findings(file: JobFile, plan: Plan, explained: Explanation) -> Iterator[Finding]:
    """What a plan shows and hides, as findings with their place in the file."""
    groups = {group.name: index for index, group in enumerate(plan.job.task_groups or ())}

    def finding(rule: str, severity: Severity, message: str, path: str, group: str = "") -> Finding:
        return Finding(rule, severity, message, path, file.name, *located(file, path), _job_name(file.api), group)

    def group_path(name: str) -> str:
        return f"/TaskGroups/{groups[name]}" if name in groups else ""

    for item in explained.hidden:
        effect = "and it replaces allocations" if item.replaces else "no allocation is replaced for it"
        message = f"changed from {_short(item.old)} to {_short(item.new)}: nothing in the plan shows this, {effect}"
        yield finding(HIDDEN_CHANGE, "warning", message, item.path, ", ".join(item.groups))
    for cause in explained.causes:
        for text in cause.contradictions:
            yield finding("plan/contradiction", "warning", text, group_path(cause.group), cause.group)
    for why in explained.why_not:
        message = f"{_count(why.unplaced, 'allocation')} of group {why.group!r} cannot be placed"
        if why.suggestions:
            message += f"; it would help to {why.suggestions[0].text}"
        yield finding("plan/unplaced", "error", message, group_path(why.group), why.group)
    for victim in plan.response["Annotations"]["PreemptedAllocs"] or ():
        yield finding("plan/preemption", "warning", f"allocation {victim['Name']} is preempted", "")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:79] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def located(file: JobFile, path: str) -> tuple[int, int]:
    """Line and column of a JSON pointer in a job file, or of the nearest part around it; 0, 0: unknown."""
    positions = file.positions()
    while True:
        if path in positions:
            return positions[path]
        if not path:
            return 0, 0
        path = path.rpartition("/")[0]


def admission_findings(file: JobFile, found: tuple[AdmissionFinding, ...]) -> Iterator[Finding]:
    """What admission found, with its place in the file."""
    for item in found:
        line, column = located(file, item.path)
        yield Finding(item.rule, item.severity, item.message, item.path, file.name, line, column, _job_name(file.api))


def _job_name(api: dict[str, Any]) -> str:
    return str(api.get("ID") or "")
