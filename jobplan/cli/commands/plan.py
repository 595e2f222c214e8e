"""Show what a job change will do to a cluster, without a cluster.

The default output and exit code are those of `nomad job plan`: 0 no allocations are created or destroyed, 1 some
are, 255 the job or the cluster cannot be read, or the server would refuse the job.
"""

from __future__ import annotations

import argparse
import sys

from jobplan.cli.exitcodes import STYLES, add_exit_options, verdict
from jobplan.cli.inputs import JobFile, JobFileError, read_config, read_inventory, read_job, read_now, wants_color
from jobplan.cli.options import add_cluster_options, add_color_options, add_job_options, flag
from jobplan.cli.planned import World, plan_file, report_of
from jobplan.errors import JobplanError
from jobplan.rendering.formats import RENDERERS, render
from jobplan.rendering.nomad import repeated_arguments
from jobplan.rendering.options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="job file (JSON or HCL), or - for standard input")
    add_cluster_options(parser)
    add_job_options(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=RENDERERS, default="text", help="default: text, as Nomad prints it")
    group.add_argument("--verbose", action="store_true", help="show more of the diff")
    flag(group, "diff", True, "show the diff")
    group.add_argument("--json-output", action="store_true", help="print the response as JSON, as Nomad does")
    add_color_options(parser)
    add_exit_options(parser)


def execute(args: argparse.Namespace) -> int:
    codes = STYLES[args.exit_style]
    try:
        inventory = read_inventory(args)
        world = World(inventory, read_config(args), read_now(args, inventory))
        file = read_job(args.job, args)
        plan = plan_file(file, world)
    except JobFileError as error:
        return _refused(f"Error getting job struct: {error}", codes.error)
    except JobplanError as error:
        return _refused(str(error), codes.error)
    report = report_of(file, plan)
    name = "nomad-json" if args.json_output else args.format
    sys.stdout.write(render(name, report, _options(args, file)))
    result = verdict([(plan.response, report.findings)], args.exit_style, args.fail_on)
    if args.fail_on or args.exit_style != "nomad":
        sys.stderr.write(f"exit code {result.code}: {result.reason}\n")
    return result.code


def _options(args: argparse.Namespace, file: JobFile) -> Options:
    repeated = repeated_arguments(
        variables=args.var, variable_files=args.var_file, namespace=args.namespace or "", hcl2_strict=args.hcl2_strict
    )
    return Options(
        color=wants_color(args), verbose=args.verbose, diff=args.diff, job_path=file.name, arguments=repeated
    )


def _refused(text: str, code: int) -> int:
    sys.stderr.write(text.rstrip("\n") + "\n")
    return code
