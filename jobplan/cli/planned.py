"""Planning job files: from a file to a plan with everything that can be told about it."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobplan.cli.exitcodes import HIDDEN_CHANGE
from jobplan.cli.inputs import JobFile
from jobplan.errors import AdmissionError, InputError, JobplanError, PlanError
from jobplan.rendering.findings import Finding, Severity
from jobplan.rendering.options import Report
from jobplan.source.positions import locate
from jobplan.values.counts import counted

if TYPE_CHECKING:
    from jobplan.admission.pipeline import Finding as AdmissionFinding
    from jobplan.capture.redaction import Redaction
    from jobplan.explain.causes import Cause
    from jobplan.explain.hidden import Hidden
    from jobplan.explain.whynot import WhyNot
    from jobplan.inventory import Inventory
    from jobplan.model import ServerConfig
    from jobplan.planning import Plan

NOMAD_FORMATS = ("text", "nomad-json")
"""Formats that show the plan response and nothing else: for them nothing is explained."""


@dataclass(frozen=True, slots=True)
class World:
    """What jobs are planned against: the cluster, server settings, the time; with the digests of what was read."""

    inventory: Inventory
    config: ServerConfig | None
    now: dt.datetime
    inputs: Mapping[str, str]
    redaction: Redaction | None = None
    """How the values of the inventory were hidden when it was captured."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found out beyond the plan response; each costs time.

    `hidden`: changes that no plan shows; `explained`: causes, rollout, suggestions; `utilisation`: of the cluster;
    `why`: the node × check matrix; `headroom`: how many more allocations fit.
    """

    hidden: bool = False
    explained: bool = False
    utilisation: bool = False
    why: bool = False
    headroom: bool = False


class DuringPlan(JobplanError):
    """A request that the server would have refused, in the words of Nomad's client. spec: plan §7.1"""


def wanted_for(formats: Sequence[str], fail_on: Sequence[str], *, why: bool, headroom: bool) -> Wanted:
    """What the formats and the conditions for failing need."""
    explained = why or any(name not in NOMAD_FORMATS for name in formats)
    hidden = explained or bool({"hidden", "change"} & set(fail_on))
    return Wanted(hidden, explained, explained, why, headroom)


def plan_file(file: JobFile, world: World) -> Plan:
    """The plan of a job file. Raises DuringPlan where the server would answer with an error."""
    return plan_job(file.api, world.inventory, world)


def plan_job(api: dict[str, Any], inventory: Inventory, world: World) -> Plan:
    """The plan of an API job on an inventory. Raises DuringPlan. spec: plan §1.1, §7.1"""
    from jobplan.canonical import load_job
    from jobplan.planning import plan

    if api.get("ID") is None:
        raise DuringPlan("Error during plan: Unexpected response code: 400 (Job must have a valid ID)")
    try:
        source = api if world.redaction is None else world.redaction.submitted(load_job(api))
        return plan(source, inventory, now=world.now, config=world.config)
    except (AdmissionError, PlanError) as error:
        raise DuringPlan(f"Error during plan: Unexpected response code: 500 ({error})") from error
    except InputError as error:
        raise DuringPlan(f"Error during plan: {error}") from error


def report_of(file: JobFile, plan: Plan, wanted: Wanted, inputs: Mapping[str, str], what_if: Sequence[str]) -> Report:
    """What renderers may tell about a plan, as far as it is wanted."""
    from jobplan.explain.causes import causes
    from jobplan.explain.hidden import hidden_changes
    from jobplan.explain.whynot import why_not

    found = hidden_changes(plan.stored, plan.job) if wanted.hidden else ()
    reasons = causes(plan.stored, plan.job, plan.response) if wanted.explained else ()
    failed = plan.response["FailedTGAllocs"] or {} if wanted.explained or wanted.why else {}
    run = plan.scheduler_run
    why = [why_not(run, name, 1 + (metric["CoalescedFailures"] or 0)) for name, metric in failed.items()]
    return Report(
        response=plan.response,
        job=plan.job_api,
        old_job=_stored_api(plan) if wanted.explained else None,
        findings=[*admission_findings(file, plan.findings), *plan_findings(file, plan, found, reasons, why)],
        rollout=_rollout(plan) if wanted.explained else (),
        utilisation=_utilisation(plan) if wanted.utilisation else (),
        inputs=inputs,
        now=plan.now,
        causes=[item.to_api() for item in reasons],
        hidden=[item.to_api() for item in found],
        why_not=[item.to_api() for item in why] if wanted.why else (),
        headroom=_headroom(plan) if wanted.headroom else (),
        what_if=what_if,
    )


def _stored_api(plan: Plan) -> dict[str, Any] | None:
    return None if plan.stored is None else plan.stored.to_api()


def _rollout(plan: Plan) -> list[dict[str, Any]]:
    from jobplan.explain.rollout import forecast_rollout

    return [item.to_api() for item in forecast_rollout(plan.response, plan.job.to_api())]


def _utilisation(plan: Plan) -> list[dict[str, Any]]:
    from jobplan.explain.utilisation import utilisation

    return [item.to_api() for item in utilisation(plan.scheduler_run)]


def _headroom(plan: Plan) -> list[dict[str, Any]]:
    from jobplan.explain.headroom import headroom

    run = plan.scheduler_run
    if plan.job.stop or not run.inventory.nodes:
        return []
    return [headroom(run, group.name).to_api() for group in plan.job.task_groups or ()]


# ---- findings --------------------------------------------------------------------------------------------------------


def plan_findings(
    file: JobFile, plan: Plan, hidden: Sequence[Hidden], causes: Sequence[Cause], why: Sequence[WhyNot]
) -> Iterator[Finding]:
    """What a plan shows and hides, as findings with their place in the file."""
    groups = {group.name: index for index, group in enumerate(plan.job.task_groups or ())}

    def finding(rule: str, severity: Severity, message: str, path: str, group: str = "") -> Finding:
        return Finding(rule, severity, message, path, file.name, *located(file, path), _job_name(file.api), group)

    def group_path(name: str) -> str:
        return f"/TaskGroups/{groups[name]}" if name in groups else ""

    for item in hidden:
        effect = "and it replaces allocations" if item.replaces else "no allocation is replaced for it"
        message = f"changed from {_short(item.old)} to {_short(item.new)}: nothing in the plan shows this, {effect}"
        yield finding(HIDDEN_CHANGE, "warning", message, item.path, ", ".join(item.groups))
    for cause in causes:
        for text in cause.contradictions:
            yield finding("plan/contradiction", "warning", text, group_path(cause.group), cause.group)
    for reason in why:
        message = f"{counted(reason.unplaced, 'allocation')} of group {reason.group!r} cannot be placed"
        if reason.suggestions:
            message += f"; it would help to {reason.suggestions[0].text}"
        yield finding("plan/unplaced", "error", message, group_path(reason.group), reason.group)
    for victim in plan.response["Annotations"]["PreemptedAllocs"] or ():
        yield finding("plan/preemption", "warning", f"allocation {victim['Name']} is preempted", "")


def refusal_finding(file: JobFile, text: str) -> Finding:
    """A job that the server would refuse, as a finding."""
    message = " ".join(text.split())
    return Finding("plan/refused", "error", message, "", file.name, *located(file, ""), _job_name(file.api))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 80 else text[:79] + "…"


@functools.lru_cache(maxsize=4)
def _places(text: str) -> dict[str, tuple[int, int]]:
    return locate(text)


def located(file: JobFile, path: str) -> tuple[int, int]:
    """Line and column of a JSON pointer in a job file, or of the nearest part around it; 0, 0: unknown."""
    positions = _places(file.text) if file.hcl_positions is None else file.hcl_positions
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


def _job_name(api: Mapping[str, Any]) -> str:
    return str(api.get("ID") or "")
