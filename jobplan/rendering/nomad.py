"""What `nomad job plan` prints, byte for byte.

The command prints a handful of texts one after the other; each is expanded (colour tags) on its own and gets a
newline.
`printed_texts` gives them in order, `render_text` joins them. Text of users is expanded too, and is *not* made safe
for a terminal: that is `terminal_safe`, which the command line applies when it writes to one.

spec: plan §7
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jobplan.errors import InputError
from jobplan.rendering.markup import RESET, expand
from jobplan.rendering.nomaddiff import job_text
from jobplan.rendering.options import Options, Report
from jobplan.rendering.response import checked_job, plan_response, submitted_job
from jobplan.rendering.texts import launch_time, parse_instant, zone_error
from jobplan.values.durations import duration_text
from jobplan.values.quoting import quoted

# White space as the original trims it: Python's own set holds four control characters more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_FOOTER = """[reset][bold]Job Modify Index: {index}[reset]
To submit the job with version verification run:

nomad job run -check-index {index} {arguments}{path}

When running the job with the check-index flag, the job will only be run if the
job modify index given matches the server-side version. If the index has
changed, another user has modified the job and the plan's results are
potentially invalid."""


def render_text(
    plan: Any,
    *,
    job: Mapping[str, Any] | None = None,
    now: datetime | None = None,
    verbose: bool = False,
    color: bool = False,
    diff: bool = True,
    job_path: str = "job.json",
    arguments: Sequence[str] = (),
    terminal: bool = False,
) -> str:
    """The standard output of `nomad job plan` for a `Plan` or a plan response dict.

    `job` (submitted API job: its type, its periodic block) and `now` (aware) default to what a `Plan` knows; for a
    dict, to no job and the current time. `diff=False` hides the diff section. `job_path` and `arguments` (see
    `repeated_arguments`) stand in the command at the end. `terminal` says that coloured text goes to a terminal,
    where the original wraps each printed text in resets.

    Raises `InputError` when response or job have not the shape of one. spec: plan §7
    """
    response = plan_response(plan)
    texts = printed_texts(
        response,
        job=submitted_job(plan) if job is None else checked_job(job),
        now=now or getattr(plan, "now", None) or datetime.now(UTC),
        verbose=verbose,
        color=color,
        diff=diff,
        command_end="".join(f"{argument} " for argument in arguments) + job_path,
    )
    if color and terminal:
        texts = (f"{RESET}{text}{RESET}" for text in texts)
    return "".join(f"{text}\n" for text in texts)


def nomad_text(report: Report, options: Options) -> str:
    """The text for a report. Raises `InputError` when it holds no plan."""
    if report.response is None:
        raise InputError("this format needs a plan, and there is none")
    return render_text(
        report.response,
        job=report.job,
        now=report.now,
        verbose=options.verbose,
        color=options.color,
        diff=options.diff,
        job_path=options.job_path,
        arguments=options.arguments,
        terminal=options.terminal,
    )


def text_without_footer(report: Report, options: Options) -> str:
    """The same without the advice at the end, for many plans in a row."""
    *texts, _ = printed_texts(
        report.response or {},
        job=report.job or {},
        now=report.now or datetime.now(UTC),
        verbose=options.verbose,
        color=options.color,
        diff=options.diff,
        command_end="",
    )
    return "".join(f"{text}\n" for text in texts)


def printed_texts(
    response: Mapping[str, Any],
    *,
    job: Mapping[str, Any],
    now: datetime,
    verbose: bool,
    color: bool,
    diff: bool,
    command_end: str,
) -> Iterator[str]:
    """What is printed, one text after the other, without the newline that printing adds. spec: plan §7.2"""
    annotations = response.get("Annotations") or {}
    if diff and response.get("Diff") is not None:
        yield expand(job_text(response["Diff"], verbose).strip(_SPACE), color) + "\n"
    yield expand("[bold]Scheduler dry-run:[reset]", color)
    yield expand(_dry_run(response, job, now, color), color)
    yield ""
    warnings = response.get("Warnings") or ""
    if warnings:
        yield expand(f"[bold][yellow]Job Warnings:\n{warnings}[reset]\n", color)
    preempted = annotations.get("PreemptedAllocs") or []
    if preempted:
        yield expand("[bold][yellow]Preemptions:\n[reset]", color)
        yield _table(_preemption_rows(preempted))
    index = response.get("JobModifyIndex") or 0
    yield expand(_FOOTER.replace("{index}", str(index)).replace("{arguments}{path}", command_end), color)


def repeated_arguments(
    *,
    variables: Sequence[str] = (),
    variable_files: Sequence[str] = (),
    namespace: str = "",
    hcl2_strict: bool = True,
) -> tuple[str, ...]:
    """The options of a plan that the command at the end of the text repeats, quoted. spec: plan §7.8

    `variables`: `key=value` each; `namespace`: of the option only, not of the environment or the job.
    """
    return (
        *(f"-var={quoted(variable)}" for variable in variables),
        *(f"-var-file={quoted(path)}" for path in variable_files),
        *([f"-namespace={quoted(namespace)}"] if namespace else []),
        *([] if hcl2_strict else ["-hcl2-strict=false"]),
    )


# ---- dry run -------------------------------------------------------------------------------------------------------


def _dry_run(response: Mapping[str, Any], job: Mapping[str, Any], now: datetime, color: bool) -> str:
    """spec: plan §7.5"""
    failed = response.get("FailedTGAllocs") or {}
    rolling = [e for e in response.get("CreatedEvals") or [] if e.get("TriggeredBy") == "rolling-update"]
    if not failed:
        out = "[bold][green]- All tasks successfully allocated.[reset]\n"
    else:
        out = _failures(failed, job, color)
        if not rolling:
            out = out.removesuffix("\n")
    if rolling:
        wait = duration_text(rolling[-1].get("Wait") or 0)
        out += f"[green]- Rolling update, next evaluation will be in {wait}.\n"
    out += _next_launch(response.get("NextPeriodicLaunch"), job, now)
    return out.removesuffix("\n")


def _failures(failed: Mapping[str, Any], job: Mapping[str, Any], color: bool) -> str:
    what = "allocations on all nodes" if job.get("Type") == "system" else "all allocations"
    out = f"[bold][yellow]- WARNING: Failed to place {what}.[reset]\n"
    for name, metric in _sorted(failed):
        coalesced = metric.get("CoalescedFailures") or 0
        noun = "allocations" if coalesced else "allocation"
        out += f"  [yellow]Task Group {quoted(name)} (failed to place {coalesced + 1} {noun}):\n[reset]"
        out += f"[yellow]{_metrics(metric, '    ', color)}[reset]\n\n"
    return out


def _next_launch(launch: str | None, job: Mapping[str, Any], now: datetime) -> str:
    instant = parse_instant(launch)
    if instant is None or (job.get("ParameterizedJob") is not None and not job.get("Dispatched")):
        return ""
    error = zone_error((job.get("Periodic") or {}).get("TimeZone") or "")
    if error is not None:
        return f"[yellow]- Invalid time zone: {error}"
    delta_s = instant.seconds - int(now.timestamp() // 1)
    delta = duration_text(delta_s * 1_000_000_000)
    return f"[green]- If submitted now, next periodic launch would be at {launch_time(instant)} ({delta} from now).\n"


def _metrics(metric: Mapping[str, Any], prefix: str, color: bool) -> str:
    lines = []
    for text, is_driver in metric_causes(metric):
        line = f"{prefix}* {text}"
        lines.append(expand(f"[red]{line}[reset]", color) if is_driver else line)
    return "\n".join(lines)


def metric_causes(metric: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Why a group could not be placed: cause after cause, and whether it is about missing drivers. spec: plan §7.6"""
    if not metric.get("NodesEvaluated"):
        yield "No nodes were eligible for evaluation", False
    for datacenter, count in _sorted(metric.get("NodesAvailable")):
        if count == 0:
            yield f"No nodes are available in datacenter {quoted(datacenter)}", False
    for node_class, count in _sorted(metric.get("ClassFiltered")):
        yield f"Class {quoted(node_class)}: {count} nodes excluded by filter", False
    for key, count in _sorted(metric.get("ConstraintFiltered")):
        yield f"Constraint {quoted(key)}: {count} nodes excluded by filter", "missing drivers" in key
    if (metric.get("NodesExhausted") or 0) > 0:
        yield f"Resources exhausted on {metric['NodesExhausted']} nodes", False
    for node_class, count in _sorted(metric.get("ClassExhausted")):
        yield f"Class {quoted(node_class)} exhausted on {count} nodes", False
    for dimension, count in _sorted(metric.get("DimensionExhausted")):
        yield f"Dimension {quoted(dimension)} exhausted on {count} nodes", False
    for dimension in metric.get("QuotaExhausted") or []:
        yield f"Quota limit hit {quoted(dimension)}", False


def _sorted(entries: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Upstream prints maps in no fixed order; here they are sorted by the bytes of the key."""
    return sorted((entries or {}).items(), key=lambda item: item[0].encode("utf-8", "surrogatepass"))


# ---- preemptions ---------------------------------------------------------------------------------------------------

_FEW = 10  # from this many on, allocations are counted by job; from this many jobs on, by type


def _preemption_rows(preempted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Header and rows, cells separated by `|`. spec: plan §7.7"""

    def text(allocation: Mapping[str, Any], key: str) -> str:
        return allocation.get(key) or ""

    if len(preempted) < _FEW:
        rows = [f"{text(a, 'ID')}|{text(a, 'JobID')}|{text(a, 'TaskGroup')}" for a in preempted]
        return ["Alloc ID|Job ID|Task Group", *rows]
    jobs = Counter((text(a, "JobID"), text(a, "Namespace"), text(a, "JobType")) for a in preempted)
    if len(jobs) < _FEW:
        counted = [f"{job}|{namespace}|{kind}|{count}" for (job, namespace, kind), count in jobs.items()]
        return ["Job ID|Namespace|Job Type|Preemptions", *sorted(counted)]
    kinds = Counter(text(a, "JobType") for a in preempted)
    return ["Job Type|Preemptions", *sorted(f"{kind}|{count}" for kind, count in kinds.items())]


def _table(rows: Sequence[str]) -> str:
    """Left-aligned columns, two spaces apart; a `|` inside a value makes a cell more. spec: plan §7.7"""
    cells = [[cell.strip(_SPACE) or "<none>" for cell in row.split("|")] for row in rows]
    columns = max(len(row) for row in cells)
    widths = [max(len(row[column]) for row in cells if column < len(row)) for column in range(columns)]
    lines = ("  ".join([*(c.ljust(w) for c, w in zip(row[:-1], widths)), row[-1]]) for row in cells)
    return "\n".join(lines)
