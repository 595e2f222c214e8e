"""Tell whether a server would accept jobs, with the texts of the server.

For one file the output is that of `nomad job validate`; for several, each text stands under the name of its file.
Exit code 0: all jobs are valid, 1: one is not or cannot be read. Warnings do not change the code.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from jobplan.cli.inputs import JobFileError, read_config, read_job
from jobplan.cli.options import (
    add_color_options,
    add_ignored_nomad_options,
    add_job_options,
    add_server_config_option,
)
from jobplan.cli.terminal import complain, show, wants_color
from jobplan.errors import AdmissionError, InputError
from jobplan.rendering.markup import expand

if TYPE_CHECKING:
    from jobplan.model import ServerConfig

INVOCATION_ERROR = 1
ONE_ARGUMENT = "This command takes one argument: <path>\nFor additional help try 'nomad job validate -help'"
VARIABLES_WITH_JSON = "Invalid job options: cannot use variables with JSON files."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="job file, or - for standard input")
    add_server_config_option(parser)
    add_job_options(parser)
    add_color_options(parser)
    add_ignored_nomad_options(parser)


def execute(args: argparse.Namespace) -> int:
    if not args.jobs or (args.json_file and (args.var or args.var_file)):
        complain(VARIABLES_WITH_JSON if args.jobs else ONE_ARGUMENT)
        return INVOCATION_ERROR
    config = read_config(args)
    color = wants_color(args)
    worst = 0
    for index, name in enumerate(args.jobs):
        if len(args.jobs) > 1:
            show(f"{name}:\n" if not index else f"\n{name}:\n")
            sys.stdout.flush()  # what follows may be on standard error
        worst = max(worst, _one(name, args, config, color))
    return worst


def _one(name: str, args: argparse.Namespace, config: ServerConfig | None, color: bool) -> int:
    """Validate one file in Nomad's own layout. spec: plan §7.11"""
    from jobplan.admission import validate

    try:
        answer = validate(read_job(name, args).api, config=config).to_api()
    except JobFileError as error:
        complain(f"Error getting job struct: {error}")
        return 1
    except (AdmissionError, InputError) as error:
        complain(f"Error validating job: {error}")
        return 1
    if answer["Error"]:
        sys.stderr.write(expand("[bold][red]Job validation errors:[reset]", color) + "\n")
        complain(answer["Error"])
    if answer["Warnings"]:
        show(expand(f"[bold][yellow]Job Warnings:\n{answer['Warnings']}[reset]\n", color) + "\n", color=color)
    if answer["Error"]:
        return 1
    show(expand("[bold][green]Job validation successful[reset]", color) + "\n", color=color)
    return 0
