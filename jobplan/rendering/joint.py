"""Several jobs planned together: one summary table, then the plans one after the other.

Every format that shows plans has its joint form here; those for findings take the findings of all jobs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.document import build_view, utilisation_section, verdict_spans
from jobplan.rendering.formats import render
from jobplan.rendering.jsonout import FORMAT_VERSION, envelope, json_text, report_from_envelope
from jobplan.rendering.nomad import text_without_footer
from jobplan.rendering.options import Options, Report
from jobplan.rendering.redaction import redact_report
from jobplan.rendering.view import Bullets, Part, Role, Section, Span, Spans, Table, View, joined, literal, plain
from jobplan.values.quoting import quoted

JOINT_KEY = "jobs"
"""The key by which the envelope of a joint plan is known."""

NOTHING = "No job was changed, added or removed."
_ACTIONS = {"added": Role.ADDED, "changed": Role.EDITED, "removed": Role.REMOVED}


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of a joint plan. `action`: added, changed or removed; `refused`: why the server would not have it."""

    job: str
    action: str
    file: str
    report: Report
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Joint:
    """Plans one on top of the other. `utilisation`: of the cluster, before all of them and after; `inputs`: digests."""

    entries: Sequence[Entry]
    inputs: Mapping[str, str]
    utilisation: Sequence[Mapping[str, Any]] = ()

    @property
    def reports(self) -> list[Report]:
        """The reports of the jobs that have a plan."""
        return [entry.report for entry in self.entries if entry.report.response is not None]

    @property
    def findings(self) -> Report:
        """The findings of all jobs, for formats that only show findings."""
        return Report(findings=[item for entry in self.entries for item in entry.report.findings], inputs=self.inputs)


def render_joint(name: str, joint: Joint, options: Options) -> str:
    """A joint plan in a format. Raises InputError for a format that has no joint form."""
    if name in _JOINT:
        return _JOINT[name](joint, options)
    if name in ("github", "gitlab", "sarif", "junit"):
        return render(name, joint.findings, options)
    raise InputError(f"the format {name} shows one plan only")


# ---- text ------------------------------------------------------------------------------------------------------------


def _text(joint: Joint, options: Options) -> str:
    from jobplan.rendering.pretty import extras, pretty_view

    entries = joint.entries

    if not entries:
        return f"{NOTHING}\n"
    out = pretty_view(View(_title(entries), tuple(_totals(entries)), tuple(_summary(entries))), options)
    for entry in entries:
        rule = f"==> {entry.action} job {quoted(entry.job)} ({entry.file})"
        out += f"\n\x1b[1m{rule}\x1b[0m\n\n" if options.color else f"\n{rule}\n\n"
        if entry.refused:
            out += entry.refused.rstrip("\n") + "\n"
            continue
        before, after = extras(entry.report, options)
        out += f"{before}{text_without_footer(entry.report, options)}{_command(entry)}{after}"
    return out


def _command(entry: Entry) -> str:
    """What to run to have the plan carried out, in a line."""
    if entry.action == "removed":
        return f"To stop the job: nomad job stop {quoted(entry.job)}\n"
    index = (entry.report.response or {}).get("JobModifyIndex") or 0
    return f"To submit the job: nomad job run -check-index {index} {entry.file}\n"


# ---- json ------------------------------------------------------------------------------------------------------------


def _json(joint: Joint, _options: Options) -> str:
    """`format_version`, `inputs`, `utilisation`; `jobs`: an envelope each, with `id`, `action`, `file`, `refused`."""
    jobs = [
        {
            "id": entry.job,
            "action": entry.action,
            "file": entry.file,
            "refused": entry.refused or None,
            **envelope(entry.report),
        }
        for entry in joint.entries
    ]
    head = {"format_version": FORMAT_VERSION, "inputs": dict(joint.inputs), "utilisation": list(joint.utilisation)}
    return json_text({**head, JOINT_KEY: jobs})


def joint_from_envelope(value: Mapping[str, Any]) -> Joint:
    """What the JSON form holds. Raises InputError."""
    jobs, inputs, use = value.get(JOINT_KEY), value.get("inputs") or {}, value.get("utilisation") or []
    if not isinstance(jobs, list) or not isinstance(inputs, dict) or not isinstance(use, list):
        raise InputError("has not the shape of a saved joint plan")
    return Joint([_entry(job, f"{JOINT_KEY}[{index}]") for index, job in enumerate(jobs)], inputs, use)


def _entry(value: Any, place: str) -> Entry:
    if not isinstance(value, dict):
        raise InputError(f"{place} is not an object")
    texts = [value.get(key) or "" for key in ("id", "action", "file", "refused")]
    if not all(isinstance(text, str) for text in texts):
        raise InputError(f"{place}: id, action, file and refused are strings")
    job, action, file, refused = texts
    return Entry(job, action, file, report_from_envelope(value), refused)


# ---- pages -----------------------------------------------------------------------------------------------------------


def joint_view(joint: Joint, options: Options) -> View:
    """The page: totals, the summary table, the cluster before and after, a section per job."""
    entries = joint.entries
    use = utilisation_section(Report(utilisation=joint.utilisation), options)
    jobs = (_job(number, entry, options) for number, entry in enumerate(entries, start=1))
    sections = [*_summary(entries), *((use,) if use is not None else ()), *jobs]
    return View(_title(entries), tuple(_totals(entries)), tuple(sections))


def _title(entries: Sequence[Entry]) -> Spans:
    return plain(f"{len(entries)} job{'' if len(entries) == 1 else 's'} planned together", Role.HEADING)


def _totals(entries: Sequence[Entry]) -> Iterator[Spans]:
    if not entries:
        yield plain(NOTHING, Role.MUTED)
        return
    counts = {action: sum(entry.action == action for entry in entries) for action in _ACTIONS}
    yield joined(Span(f"{count} {action}", _ACTIONS[action]) for action, count in counts.items() if count)
    refused = sum(bool(entry.refused) for entry in entries)
    if refused:
        yield plain(f"{refused} refused", Role.ERROR)
    missing = sum(map(_missing, entries))
    if missing and all(map(_lacks_nodes, entries)):
        yield plain("There are no nodes to place anything on: only the changes of the jobs tell.", Role.WARNING)
    elif missing:
        yield plain(f"Not everything fits: {missing} not placed.", Role.ERROR)
    else:
        yield plain("Everything can be placed.", Role.GOOD)


def _missing(entry: Entry) -> int:
    failed = (entry.report.response or {}).get("FailedTGAllocs") or {}
    return sum((metric.get("CoalescedFailures") or 0) + 1 for metric in failed.values())


def _lacks_nodes(entry: Entry) -> bool:
    """What was not placed found no node in any datacenter of the job: mostly because there is no inventory."""
    failed = (entry.report.response or {}).get("FailedTGAllocs") or {}
    return not any(
        metric.get("NodesEvaluated") or any((metric.get("NodesAvailable") or {}).values()) for metric in failed.values()
    )


def _summary(entries: Sequence[Entry]) -> Iterator[Section]:
    """In the order of planning: what is planned later sees the room that is taken, or freed, before."""
    if not entries:
        return
    rows = tuple(
        (
            plain(entry.action, _ACTIONS.get(entry.action, Role.PLAIN)),
            (literal(quoted(entry.job)),),
            _outcome(entry),
            _fits(entry),
            (literal(entry.file),),
        )
        for entry in entries
    )
    yield Section("jobs", plain("Jobs"), (Table(("Change", "Job", "Allocations", "Fits", "File"), rows),))


def _outcome(entry: Entry) -> Spans:
    if entry.refused:
        return plain("refused", Role.ERROR)
    spans = verdict_spans(entry.report.response or {})
    return joined(spans) if spans else plain("no change", Role.MUTED)


def _fits(entry: Entry) -> Spans:
    missing = _missing(entry)
    if entry.refused:
        return plain("-", Role.MUTED)
    if missing and _lacks_nodes(entry):
        return plain("no nodes", Role.WARNING)
    return plain(f"{missing} not placed", Role.ERROR) if missing else plain("yes", Role.GOOD)


def _job(number: int, entry: Entry, options: Options) -> Section:
    own = dataclasses.replace(options, job_path=entry.file)
    view = build_view(redact_report(entry.report, own), own)
    if entry.refused:
        title: Spans = (
            Span("Job ", Role.HEADING),
            literal(quoted(entry.job), Role.HEADING),
            Span(": refused", Role.ERROR),
        )
        texts = tuple((literal(line),) for line in entry.refused.splitlines() if line.strip())
        return Section(f"job-{number}", title, (Bullets(texts),))
    parts: list[Part] = [Bullets(view.summary)] if view.summary else []
    shown = [section for section in view.sections if section.name != "apply" or entry.action != "removed"]
    parts += [_renamed(section, f"-of-job-{number}") for section in shown]
    return Section(f"job-{number}", (*view.title, Span(" ("), literal(entry.file), Span(")")), tuple(parts))


def _renamed(section: Section, suffix: str) -> Section:
    """Names of sections stay unique on a page with many jobs."""
    parts = (_renamed(part, suffix) if isinstance(part, Section) else part for part in section.parts)
    return dataclasses.replace(section, name=section.name + suffix, parts=tuple(parts))


def _pretty(joint: Joint, options: Options) -> str:
    from jobplan.rendering.pretty import pretty_view

    return pretty_view(joint_view(joint, options), options)


def _markdown(joint: Joint, options: Options) -> str:
    from jobplan.rendering.markdown import markdown_view

    return markdown_view(joint_view(joint, options), options)


def _github_summary(joint: Joint, options: Options) -> str:
    from jobplan.rendering.github import SUMMARY_LIMIT

    return _markdown(joint, dataclasses.replace(options, limit=SUMMARY_LIMIT))


def _html(joint: Joint, options: Options) -> str:
    from jobplan.rendering.html import html_view

    return html_view(joint_view(joint, options))


_JOINT: dict[str, Callable[[Joint, Options], str]] = {
    "text": _text,
    "pretty": _pretty,
    "json": _json,
    "markdown": _markdown,
    "github-summary": _github_summary,
    "html": _html,
}
