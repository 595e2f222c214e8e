"""A report as a page: verdict first, then what needs attention, then the changes, then what they mean.

The sections and their order are `SECTIONS`; each is a function `(report, options) → Section | None`. spec: plan §3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from jobplan.rendering.diffview import MARK_ROLES, MARKS, diff_parts, signed
from jobplan.rendering.findings import Finding, count_by_severity, sorted_findings
from jobplan.rendering.humanise import short_duration, size_text
from jobplan.rendering.nomad import metric_causes
from jobplan.rendering.options import Options, Report
from jobplan.rendering.resources import Amounts, resource_deltas
from jobplan.rendering.texts import launch_time, parse_instant
from jobplan.rendering.view import (
    Bar,
    Block,
    Bullets,
    Chart,
    Line,
    Part,
    Role,
    Section,
    Span,
    Spans,
    Table,
    View,
    joined,
    literal,
    plain,
    text_of,
)
from jobplan.rendering.whynot import causes_section, headroom_section, why_not_section
from jobplan.values.counts import counted
from jobplan.values.quoting import quoted

Api = Mapping[str, Any]

_TYPE_WORDS = {"Added": "new", "Deleted": "deleted", "Edited": "edited", "None": "unchanged"}

# Counter of a group, its word in the verdict, its role; in the order of the verdict.
_COUNTERS = (
    ("Place", "place", Role.FORCES_CREATE),
    ("Canary", "canary", Role.FORCES_CREATE),
    ("DestructiveUpdate", "replace", Role.FORCES_REPLACE),
    ("Migrate", "migrate", Role.FORCES_REPLACE),
    ("Stop", "stop", Role.FORCES_DESTROY),
    ("InPlaceUpdate", "update in place", Role.FORCES_IN_PLACE),
    ("Ignore", "leave alone", Role.MUTED),
    ("Preemptions", "preempt", Role.WARNING),
    ("Disconnect", "disconnect", Role.WARNING),
    ("Reconnect", "reconnect", Role.PLAIN),
    ("RescheduleNow", "reschedule now", Role.WARNING),
    ("RescheduleLater", "reschedule later", Role.WARNING),
)

SEVERITY_ROLES = {"error": Role.ERROR, "warning": Role.WARNING, "note": Role.MUTED}


def build_view(report: Report, options: Options) -> View:
    """The page of a report. Secrets are not handled here: see `redaction.redact_report`."""
    sections = (build(report, options) for build in SECTIONS)
    return View(_title(report), tuple(_summary(report)), tuple(section for section in sections if section is not None))


def _title(report: Report) -> Spans:
    diff = (report.response or {}).get("Diff") or {}
    job = diff.get("ID") or (report.job or {}).get("ID") or ""
    kind = diff.get("Type") or ""
    if not job and report.response is None:
        return plain("Check of job files", Role.HEADING)
    title = (Span("Job ", Role.HEADING), literal(quoted(job), Role.HEADING))
    if kind not in _TYPE_WORDS:
        return title
    mark = MARKS.get(kind, " ")
    return (*title, Span(": "), Span(_TYPE_WORDS[kind], MARK_ROLES.get(mark, Role.MUTED)))


def _summary(report: Report) -> Iterable[Spans]:
    if report.what_if:
        yield what_if_line(report)
    if report.response is None:
        if report.job is not None or report.old_job is not None:
            yield plain("No plan was computed.", Role.MUTED)
        elif not report.findings:  # job files were checked, nobody asked for a plan
            yield plain("Nothing found.", Role.GOOD)
    elif "Annotations" in report.response:
        yield _verdict(report.response)
        failed = report.response.get("FailedTGAllocs") or {}
        if failed:
            missing = sum((metric.get("CoalescedFailures") or 0) + 1 for metric in failed.values())
            yield plain(f"Not everything fits: {missing} not placed in {counted(len(failed), 'group')}.", Role.ERROR)
        else:
            yield plain("Everything can be placed.", Role.GOOD)
    counts = count_by_severity(report.findings)
    found = [
        Span(f"{number} {severity}{'' if number == 1 else 's'}", SEVERITY_ROLES[severity])
        for severity, number in counts.items()
        if number
    ]
    if found:
        yield (Span("Findings: "), *joined(found))


def what_if_line(report: Report) -> Spans:
    """How the cluster or the job was changed before the plan."""
    return (Span("What if: ", Role.WARNING), *joined(map(Span, report.what_if)))


def _verdict(response: Api) -> Spans:
    spans = verdict_spans(response)
    return (Span("Allocations: "), *joined(spans)) if spans else plain("No allocation changes.", Role.MUTED)


def verdict_spans(response: Api) -> list[Span]:
    """What happens to how many allocations of the whole job; empty: nothing."""
    updates = ((response.get("Annotations") or {}).get("DesiredTGUpdates") or {}).values()
    spans = []
    for key, word, role in _COUNTERS:
        total = sum(signed(counters.get(key) or 0) for counters in updates)
        if total:
            spans.append(Span(f"{total} {word}" if word in ("canary",) else f"{word} {total}", role))
    return spans


# ---- sections ------------------------------------------------------------------------------------------------------


_FEW_FINDINGS = 5


def findings_section(report: Report, _options: Options) -> Section | None:
    """What the checks found, worst first; many that are no errors are folded."""
    if not report.findings:
        return None
    findings = sorted_findings(report.findings)
    errors = count_by_severity(findings)["error"]
    shown = max(errors, _FEW_FINDINGS) if len(findings) > _FEW_FINDINGS + 1 else len(findings)
    parts: list[Part] = [_findings_table(findings[:shown])]
    if findings[shown:]:
        title = plain(f"{len(findings) - shown} more warnings and notes", Role.WARNING)
        parts.append(Section("findings-more", title, (_findings_table(findings[shown:]),), folded=True))
    return Section("findings", plain("Findings"), tuple(parts))


def _findings_table(findings: Iterable[Finding]) -> Table:
    rows = tuple(
        (
            plain(finding.severity, SEVERITY_ROLES[finding.severity]),
            (literal(finding.rule),),
            (literal(_one_line(finding.message)),),
            (literal(" ".join(part for part in (finding.place, finding.path) if part)),),
        )
        for finding in findings
    )
    return Table(("Severity", "Rule", "Message", "Place"), rows)


def placement_section(report: Report, _options: Options) -> Section | None:
    """Why allocations could not be placed."""
    failed = (report.response or {}).get("FailedTGAllocs") or {}
    if not failed:
        return None
    parts: list[Part] = []
    for number, name in enumerate(sorted(failed), start=1):
        metric = failed[name]
        missing = (metric.get("CoalescedFailures") or 0) + 1
        title = (Span("group "), literal(quoted(name)), Span(f": {missing} not placed", Role.ERROR))
        causes = Bullets(tuple((literal(text),) for text, _ in metric_causes(metric)))
        parts.append(Section(f"placement-{number}", title, (causes,)))
    return Section("placement", plain("Placement failures", Role.ERROR), tuple(parts))


def warnings_section(report: Report, _options: Options) -> Section | None:
    """The server's warnings about the job, as far as they are not among the findings."""
    text = (report.response or {}).get("Warnings") or ""
    if not text:
        return None
    _, *warnings = text.split("\n* ")
    found = {_one_line(finding.message) for finding in report.findings}
    items = tuple((literal(line),) for line in map(_one_line, warnings or [text]) if line not in found)
    return Section("warnings", plain("Warnings", Role.WARNING), (Bullets(items),)) if items else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def changes_section(report: Report, options: Options) -> Section | None:
    """The diff."""
    diff = (report.response or {}).get("Diff")
    if diff is None:
        return None
    parts = diff_parts(diff, options)
    return Section("changes", plain("Changes"), tuple(parts)) if parts else None


_MEASURES: tuple[tuple[str, Callable[[Amounts], int], Callable[[int], str]], ...] = (
    ("CPU", lambda amounts: amounts.cpu, lambda number: f"{number} MHz"),
    ("Cores", lambda amounts: amounts.cores, str),
    ("Memory", lambda amounts: amounts.memory_mb, size_text),
    ("Disk", lambda amounts: amounts.disk_mb, size_text),
)


def resources_section(report: Report, options: Options) -> Section | None:
    """What the job asks for, before and after; only groups that change, unless asked for all.

    When the stored job is not known there is no before: the table shows what the planned job asks for.
    """
    if report.job is None:
        return None
    kind = ((report.response or {}).get("Diff") or {}).get("Type")
    old_job = report.job if report.old_job is None and kind != "Added" else report.old_job
    deltas = resource_deltas(old_job, report.job)
    if old_job is report.job:
        options = replace(options, unchanged=True)
    rows = [row for row in deltas if options.unchanged or (row.old_count, row.old) != (row.new_count, row.new)]
    if not rows:
        return None
    measures = [
        measure for measure in _MEASURES if measure[0] != "Cores" or any(row.old.cores or row.new.cores for row in rows)
    ]
    total_old = total_new = Amounts()
    for delta in deltas:
        total_old, total_new = total_old.plus(delta.old), total_new.plus(delta.new)
    table = [
        (
            (literal(quoted(row.group)),),
            _change(row.old_count, row.new_count, str),
            *(_change(of(row.old), of(row.new), text) for _, of, text in measures),
        )
        for row in rows
    ]
    if len(deltas) > 1:
        totals = (_change(of(total_old), of(total_new), text) for _, of, text in measures)
        counts = _change(sum(row.old_count for row in deltas), sum(row.new_count for row in deltas), str)
        table.append((plain("whole job", Role.HEADING), counts, *totals))
    head = ("Group", "Allocations", *(name for name, _, _ in measures))
    return Section("resources", plain("Resources"), (Table(head, tuple(table), frozenset(range(1, len(head)))),))


def _change(old: int, new: int, text: Callable[[int], str]) -> Spans:
    """`2 → 3 GiB (+1)`: a unit that all numbers share is written once."""
    before, after, by = text(old), text(new), text(abs(new - old))
    if old == new:
        return plain(after, Role.MUTED)
    sign, role = ("+", Role.ADDED) if new > old else ("-", Role.REMOVED)
    if old == 0 or new == 0:
        return plain(f"{sign}{by}", role)
    unit = f" {after.partition(' ')[2]}"
    if before.endswith(unit):
        before, by = before.removesuffix(unit), by.removesuffix(unit)
    return (Span(f"{before} → {after} "), Span(f"({sign}{by})", role))


def rollout_section(report: Report, _options: Options) -> Section | None:
    """How the update will proceed, for the groups in which something is replaced."""
    rows = [row for row in report.rollout if row.get("replaced")]
    if not rows:
        return None
    table = tuple(
        (
            (literal(quoted(row.get("group") or "")),),
            plain(str(row.get("strategy"))),
            plain(str(row.get("waves") or 0)),
            plain(str(row.get("canaries") or 0)),
            plain(f"{row.get('min_available')} of {row.get('running')}"),
            plain(_duration(row.get("earliest_finish_ns"))),
        )
        for row in rows
    )
    head = ("Group", "Strategy", "Waves", "Canaries", "Available at worst", "Earliest finish")
    parts: list[Part] = [Table(head, table, frozenset((2, 3, 4, 5)))]
    notes = tuple(
        (literal(quoted(row.get("group") or "")), Span(f": {note}")) for row in rows for note in row.get("notes") or []
    )
    if notes:
        parts.append(Bullets(notes))
    return Section("rollout", plain("Rollout"), tuple(parts))


def _duration(ns: int | None) -> str:
    return "unknown" if ns is None else short_duration(ns)


def preemptions_section(report: Report, _options: Options) -> Section | None:
    """Allocations of other jobs that have to go."""
    preempted = ((report.response or {}).get("Annotations") or {}).get("PreemptedAllocs") or []
    if not preempted:
        return None
    keys = ("JobID", "TaskGroup", "NodeName", "ID")
    rows = tuple(tuple((literal(a.get(key) or ""),) for key in keys) for a in preempted)
    table = Table(("Job", "Group", "Node", "Allocation"), rows)
    return Section("preemptions", plain(f"Preemptions ({len(preempted)})", Role.WARNING), (table,), folded=True)


def later_section(report: Report, _options: Options) -> Section | None:
    """What happens later: evaluations, the next launch."""
    response = report.response or {}
    items: list[Spans] = []
    for evaluation in response.get("CreatedEvals") or []:
        text = evaluation.get("StatusDescription") or evaluation.get("TriggeredBy") or ""
        until = evaluation.get("WaitUntil")
        at = (Span(" at "), literal(until)) if until else ()
        items.append((Span("evaluation: "), literal(text), *at))
    launch = parse_instant(response.get("NextPeriodicLaunch"))
    if launch is not None:
        items.append((Span("next periodic launch: "), literal(launch_time(launch))))
    return Section("later", plain("Later"), (Bullets(tuple(items)),), folded=True) if items else None


def utilisation_section(report: Report, _options: Options) -> Section | None:
    """How full the cluster is, before and after."""
    bars = tuple(_bar(row) for row in report.utilisation if (row.get("total") or 0) > 0)
    if not bars:
        return None
    return Section("utilisation", plain("Cluster utilisation"), (Chart("Share of the cluster in use", bars),))


def _bar(row: Api) -> Bar:
    before, after, total = row.get("before") or 0, row.get("after") or 0, row["total"]
    unit = row.get("unit") or ""

    def text(number: float) -> str:
        return size_text(round(number)) if unit == "MB" else f"{number:g} {unit}".rstrip()

    words = f"{before / total:.0%} → {after / total:.0%} ({text(before)} → {text(after)} of {text(total)})"
    return Bar(str(row.get("label") or ""), before / total, after / total, words)


def apply_section(report: Report, options: Options) -> Section | None:
    """How to submit exactly what was planned."""
    response = report.response or {}
    if "JobModifyIndex" not in response or report.what_if:
        return None
    index = response["JobModifyIndex"] or 0
    command = " ".join(["nomad job run -check-index", str(index), *options.arguments, options.job_path])
    return Section(
        "apply",
        plain("To submit this version"),
        (Block((Line(" ", 0, (literal(command),)),)),),
        folded=True,
    )


Builder = Callable[[Report, Options], Section | None]

SECTIONS: tuple[Builder, ...] = (
    findings_section,
    placement_section,
    why_not_section,
    warnings_section,
    changes_section,
    causes_section,
    resources_section,
    rollout_section,
    preemptions_section,
    later_section,
    utilisation_section,
    headroom_section,
    apply_section,
)


def title_text(view: View) -> str:
    """The title without roles."""
    return text_of(view.title)
