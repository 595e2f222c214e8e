"""Tell whether a server would accept jobs, with the texts of the server.

For one file the output is that of `nomad job validate`; for several, each text stands under the name of its file.
Exit code 0: all jobs are valid, 1: one is not or cannot be read. Warnings do not change the code.
"""

from __future__ import annotations

import argparse
import sys

from jobplan.cli.inputs import JobFileError, read_config, read_job, wants_color
from jobplan.cli.options import add_color_options, add_job_options
from jobplan.errors import AdmissionError, InputError

_RED, _YELLOW, _GREEN, _BOLD, _RESET = "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB", nargs="+", help="job file, or - for standard input")
    parser.add_argument("--server-config", metavar="FILE", help="server settings: TOML, or a captured /v1/agent/self")
    add_job_options(parser)
    add_color_options(parser)


def execute(args: argparse.Namespace) -> int:
    config = read_config(args)
    color = wants_color(args)
    worst = 0
    for index, name in enumerate(args.jobs):
        if len(args.jobs) > 1:
            heading = f"{name}:\n" if not index else f"\n{name}:\n"
            sys.stdout.write(heading)
            sys.stdout.flush()
        worst = max(worst, _one(name, args, config, color))
    return worst


def _one(name: str, args: argparse.Namespace, config: object, color: bool) -> int:
    """Validate one file in Nomad's own layout. spec: plan §7.11"""
    from jobplan.admission import validate

    def styled(code: str, text: str) -> str:
        return f"{_BOLD}{code}{text}{_RESET}" if color else text

    try:
        answer = validate(read_job(name, args).api, config=config).to_api()  # type: ignore[arg-type]
    except JobFileError as error:
        sys.stderr.write(f"Error getting job struct: {error}\n")
        return 1
    except (AdmissionError, InputError) as error:
        sys.stderr.write(f"Error validating job: {error}\n")
        return 1
    if answer["Error"]:
        sys.stderr.write(styled(_RED, "Job validation errors:") + "\n" + answer["Error"].rstrip("\n") + "\n")
    if answer["Warnings"]:
        sys.stdout.write(styled(_YELLOW, f"Job Warnings:\n{answer['Warnings']}") + "\n\n")
    if answer["Error"]:
        return 1
    sys.stdout.write(styled(_GREEN, "Job validation successful") + "\n")
    return 0
