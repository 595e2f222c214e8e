"""Compare two jobs, as the diff of a plan does.

Each of OLD and NEW is a file (JSON or HCL), REV:PATH for a file of a git revision (:PATH is the index),
INVENTORY#JOB for a job that an inventory holds, - for standard input, or /dev/null for no job. A file is compared
with a job of an inventory as a server would register it.

Exit code 0: nothing differs, 1: something does, 2: one of them cannot be read (--exit-style changes these).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jobplan.cli.exitcodes import HIDDEN_CHANGE, STYLES
from jobplan.cli.inputs import JobFileError, read_config
from jobplan.cli.joint import HCL_SEED
from jobplan.cli.options import add_color_options, add_job_options, add_server_config_option, flag
from jobplan.cli.states import State, read_state
from jobplan.cli.terminal import complain, show, wants_color
from jobplan.errors import JobplanError
from jobplan.rendering.findings import Finding
from jobplan.rendering.options import Options, Report

if TYPE_CHECKING:
    from jobplan.model import Job

FORMATS = ("text", "pretty", "json", "markdown", "html")
INVOCATION_ERROR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the job before")
    parser.add_argument("new", metavar="NEW", help="the job after")
    add_server_config_option(parser)
    add_job_options(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=FORMATS, default="text", help="default: text, as a plan shows it")
    group.add_argument("--verbose", action="store_true", help="show more of the diff (text)")
    group.add_argument("--context", type=int, default=3, metavar="N", help="unchanged lines around a change (3)")
    group.add_argument("--unchanged", action="store_true", help="show unchanged fields, tasks and groups too")
    flag(group, "redact", True, "hide values that look like secrets (pretty, markdown, html)")
    flag(group, "hidden", False, "look for changes that the diff of a plan does not show")
    add_color_options(parser)
    parser.add_argument("--exit-style", choices=STYLES, default="diff", help="default: diff")


def execute(args: argparse.Namespace) -> int:
    codes = STYLES[args.exit_style]
    args.seed = HCL_SEED
    try:
        report = diff_report(read_state(args.old, args), read_state(args.new, args), args)
    except JobFileError as error:
        complain(f"Error getting job struct: {error}")
        return codes.error
    except JobplanError as error:
        complain(f"Error: {error}")
        return codes.error
    options = Options(
        color=wants_color(args),
        verbose=args.verbose,
        context=args.context,
        unchanged=args.unchanged,
        redact=args.redact,
    )
    show(diff_text(report, args.format, options), color=options.color)
    return codes.changes if differs(report) else codes.nothing


def differs(report: Report) -> bool:
    """Whether the diff shows something, or hides something that was looked for."""
    return ((report.response or {}).get("Diff") or {}).get("Type") != "None" or bool(report.findings)


def diff_text(report: Report, name: str, options: Options) -> str:
    """The diff in a format; as text only the part of a plan that shows it."""
    if name != "text":
        from jobplan.rendering.formats import render

        return render(name, report, options)
    from jobplan.rendering.markup import expand
    from jobplan.rendering.nomaddiff import job_text

    diff: Mapping[str, Any] = (report.response or {})["Diff"]
    text = expand(job_text(diff, options.verbose).strip("\n"), options.color) + "\n"
    return text + "".join(f"{finding.path}: {finding.message}\n" for finding in report.findings)


def diff_report(old: State, new: State, args: argparse.Namespace) -> Report:
    """The comparison of two states. Raises JobplanError. spec: plan §5"""
    from jobplan.explain.causes import causes
    from jobplan.jobdiff import diff
    from jobplan.planning.annotate import annotate

    admit_both = old.stored != new.stored and old.api is not None and new.api is not None
    before, after = _job(old, admit_both, args), _job(new, admit_both, args)
    made = diff(before, after, contextual=True)
    annotate(made, {})
    response = {"Diff": made.to_api()}
    told = {**response, "Annotations": {"DesiredTGUpdates": None}}
    return Report(
        response=response,
        job=new.api,
        old_job=old.api,
        findings=_hidden(before, after, new) if args.hidden else (),
        causes=[item.to_api() for item in causes(before, after, told)] if before and after else (),
    )


def _job(state: State, admitted: bool, args: argparse.Namespace) -> Job | None:
    from jobplan.canonical import load_job, stored_job

    if state.api is None:
        return None
    if state.stored:
        return stored_job(state.api)
    if not admitted:
        return load_job(state.api)
    from jobplan.admission import admit

    return admit(state.api, config=read_config(args)).job


def _hidden(before: Job | None, after: Job | None, new: State) -> list[Finding]:
    from jobplan.explain.hidden import hidden_changes

    if before is None or after is None:
        return []
    found = hidden_changes(before, after)
    return [Finding(HIDDEN_CHANGE, "warning", "changed, but no plan shows it", item.path, new.name) for item in found]
