"""Show what a job change will do to a cluster, without a cluster.

The default output and exit code are those of `nomad job plan`: 0 no allocations are created or destroyed, 1 some
are, 255 the job or the cluster cannot be read, or the server would refuse the job.

With --base or --staged, every job of a git repository that was changed, added or removed is planned, one on top of
the other; the arguments are then directories or files to look at.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.cli.exitcodes import STYLES, add_exit_options, verdict
from jobplan.cli.inputs import JobFile, JobFileError, read_cluster, read_config, read_job, read_now
from jobplan.cli.options import (
    Refuse,
    add_cluster_options,
    add_color_options,
    add_ignored_nomad_options,
    add_job_options,
    flag,
)
from jobplan.cli.outputs import Output, output_list, parse_output, write_outputs
from jobplan.cli.planned import DuringPlan, Wanted, World, plan_file, report_of, wanted_for
from jobplan.cli.terminal import complain, note, wants_color
from jobplan.cli.whatif import add_what_if_options, changed_cluster, changed_job
from jobplan.errors import JobplanError
from jobplan.rendering.formats import RENDERERS, Renderer, render
from jobplan.rendering.nomad import repeated_arguments
from jobplan.rendering.options import Options, Report

if TYPE_CHECKING:
    from jobplan.rendering.joint import Joint

ONE_ARGUMENT = "This command takes one argument: <path>\nFor additional help try 'nomad job plan -help'"
VARIABLES_WITH_JSON = "Invalid job options: cannot use variables with JSON files."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "job", metavar="JOB", nargs="*", help="job file (JSON or HCL), or - for standard input; with --base: paths"
    )
    add_cluster_options(parser)
    add_job_options(parser)
    _add_git_options(parser)
    add_what_if_options(parser)
    _add_output_options(parser)
    add_color_options(parser)
    add_exit_options(parser)
    add_ignored_nomad_options(parser)
    parser.add_argument(
        "-t", dest="template", action=Refuse, reason="Go templates are not supported; use -json-output and jq"
    )


def _add_git_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("git", "plan all changed, added and removed jobs of a repository, jointly")
    group.add_argument("--base", metavar="REV", help="the state before, such as origin/main")
    group.add_argument("--head", metavar="REV", help="the state after; default: the working tree")
    group.add_argument("--staged", action="store_true", help="the state after is the index (base: HEAD)")
    group.add_argument("--merge-base", action="store_true", help="the state before is where the branches parted")


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("output")
    add_layout_options(group)
    group.add_argument(
        "-o", "--out", metavar="FILE", type=_file, help="save the plan, for `jobplan show` and `jobplan verify`"
    )
    group.add_argument("--json-output", action="store_true", help="print the response as JSON, as Nomad does")
    group.add_argument("--headroom", action="store_true", help="tell how many more allocations of each group would fit")


def add_layout_options(group: argparse._ActionsContainer) -> None:
    """Formats, and how they are laid out."""
    group.add_argument(
        "--format", metavar="FORMAT", choices=RENDERERS, help=f"what to print: {', '.join(RENDERERS)} (default text)"
    )
    group.add_argument(
        "--output",
        metavar="FORMAT=FILE",
        action="append",
        default=[],
        type=lambda text: parse_output(text, tuple(RENDERERS)),
        help="write a format to a file too (repeatable); without =FILE: to standard output",
    )
    group.add_argument("--why", action="store_true", help="tell causes, and why groups do not fit, node by node")
    group.add_argument("--verbose", action="store_true", help="show more of the diff (text)")
    flag(group, "diff", True, "show the diff (text)")
    group.add_argument("--context", type=_lines, default=3, metavar="N", help="unchanged lines around a change (3)")
    group.add_argument("--unchanged", action="store_true", help="show unchanged fields, tasks and groups too")
    flag(group, "redact", True, "hide values that look like secrets (pretty, markdown, html)")


def _file(text: str) -> str:
    """Where the saved plan goes; not what `check -o` takes."""
    if text.partition("=")[0] in RENDERERS:
        raise argparse.ArgumentTypeError(f"names the file of the saved plan; for a format: --output {text}")
    return text


def _lines(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError("must be a number of lines")
    return int(text)


def execute(args: argparse.Namespace) -> int:
    code = STYLES[args.exit_style].error
    jointly = args.staged or args.base is not None
    if args.json_file and (args.var or args.var_file):
        return _refused(VARIABLES_WITH_JSON, code)
    if not jointly and (args.head is not None or args.merge_base):
        return _refused("--head and --merge-base need --base", code)
    if not jointly and len(args.job) != 1:
        return _refused(ONE_ARGUMENT, code)
    try:
        return _plan_jointly(args) if jointly else _plan_one(args)
    except JobFileError as error:
        return _refused(f"Error getting job struct: {error}", code)
    except DuringPlan as error:
        return _refused(str(error), code)
    except JobplanError as error:
        return _refused(f"Error: {error}", code)


def _outputs(args: argparse.Namespace) -> tuple[Output, ...]:
    """What is written where: `--format` to standard output, each `--output` to its place, `-o` the saved plan."""
    asked = "nomad-json" if args.json_output else args.format
    first = [Output(asked)] if asked else []
    outputs = output_list([*first, *args.output], "text")
    return (*outputs, Output("json", args.out)) if args.out else outputs


def _plan_one(args: argparse.Namespace) -> int:
    outputs, inputs = _outputs(args), dict[str, str]()
    captured, redaction = read_cluster(args, inputs)
    inventory, words = changed_cluster(args, captured)
    world = World(inventory, read_config(args, inputs), read_now(args, captured), inputs, redaction)
    file, more_words = changed_job(args, read_job(args.job[0], args))
    inputs.update({file.name: file.digest, **file.also_read})
    plan = plan_file(file, world)
    report = report_of(file, plan, _wanted(args, outputs), inputs, (*words, *more_words))
    write_outputs(report, outputs, _one_job(args, file), {"text": text_with_extras})
    return conclude([report], args)


def _plan_jointly(args: argparse.Namespace) -> int:
    from jobplan.cli.joint import plan_states

    outputs = _outputs(args)
    made = plan_states(args, _wanted(args, outputs))

    write_outputs(Report(), outputs, how_to_render(args), joint_renderers(made))
    refused = [entry for entry in made.entries if entry.refused]
    if refused:
        for entry in refused:
            complain(f"{entry.file}: {entry.refused}")
        return STYLES[args.exit_style].error
    return conclude(made.reports, args)


def joint_renderers(joint: Joint) -> dict[str, Renderer]:
    """The formats of a joint plan."""
    from jobplan.rendering.joint import render_joint

    def renderer(name: str) -> Renderer:
        return lambda _, options: render_joint(name, joint, options)

    return {name: renderer(name) for name in RENDERERS}


def _wanted(args: argparse.Namespace, outputs: Sequence[Output]) -> Wanted:
    return wanted_for([output.format for output in outputs], args.fail_on, why=args.why, headroom=args.headroom)


def text_with_extras(report: Report, options: Options) -> str:
    """Nomad's text; before and after it what it does not have, when that was asked for."""
    text = render("text", report, options)
    if not (report.what_if or report.why_not or report.headroom or options.why):
        return text
    from jobplan.rendering.pretty import extras

    before, after = extras(report, options)
    return before + text + after


def _one_job(args: argparse.Namespace, file: JobFile) -> Options:
    repeated = repeated_arguments(
        variables=args.var, variable_files=args.var_file, namespace=args.namespace or "", hcl2_strict=args.hcl2_strict
    )
    return dataclasses.replace(how_to_render(args), job_path=file.name, arguments=repeated)


def how_to_render(args: argparse.Namespace) -> Options:
    """How to render, as the command line says; without what belongs to one job."""
    return Options(
        color=wants_color(args),
        context=args.context,
        unchanged=args.unchanged,
        redact=args.redact,
        verbose=args.verbose,
        diff=args.diff,
        why=args.why,
        terminal=sys.stdout.isatty(),
    )


def conclude(reports: Sequence[Report], args: argparse.Namespace) -> int:
    """The exit code, with the reason on standard error unless it is Nomad's own."""
    plans = [(report.response, report.findings) for report in reports if report.response is not None]
    result = verdict(plans, args.exit_style, args.fail_on)
    if args.fail_on or args.exit_style != "nomad":
        note(f"exit code {result.code}: {result.reason}")
    return result.code


def _refused(text: str, code: int) -> int:
    complain(text)
    return code
