"""External diff driver of git for job files: `git diff` then shows what changes in the job, not in its text.

    git config diff.jobplan.command "jobplan git-diff"
    echo '*.nomad diff=jobplan' >> .gitattributes

Git calls it with a path, the old file, its object and mode, the new file, its object and mode; for a renamed file
also the new path and a remark. A file that cannot be read as a job is compared line by line. Exit code 0.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from jobplan.cli.commands.diff import diff_report, diff_text
from jobplan.cli.inputs import job_from_text
from jobplan.cli.joint import HCL_SEED
from jobplan.cli.states import NOTHING, State
from jobplan.cli.terminal import show
from jobplan.errors import InputError, JobplanError
from jobplan.rendering.options import Options
from jobplan.source.jsontext import decode_bytes

# What reading a job file needs, when there is no command line that says it.
_DEFAULTS = argparse.Namespace(
    json_file=False,
    var=[],
    var_file=[],
    hcl2_strict=False,
    allow_outside=[],
    namespace=None,
    region=None,
    vault_namespace="",
    seed=HCL_SEED,
    server_config=None,
    hidden=False,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "arguments", metavar="ARGUMENT", nargs="*", help="PATH OLD OLD-HEX OLD-MODE NEW NEW-HEX NEW-MODE, from git"
    )


def execute(args: argparse.Namespace) -> int:
    given = args.arguments
    if len(given) == 1:
        show(f"* Unmerged path {given[0]}\n")
        return 0
    if len(given) not in (7, 9):
        raise InputError("git-diff is called by git, with 7 or 9 arguments: see `jobplan git-diff --help`")
    path, old, new = given[0], given[1], given[4]
    options = Options(color=_colored())
    show("".join(_heading(given, options.color)), color=options.color)
    try:
        report = diff_report(_state(path, old), _state(given[7] if len(given) == 9 else path, new), _DEFAULTS)
        text = diff_text(report, "text", options)
    except JobplanError as error:
        show(f"(not compared as jobs: {str(error).splitlines()[0]})\n")
        text = "".join(_lines(old, new))
    show(text, color=options.color)
    return 0


def _state(path: str, file: str) -> State:
    if file == NOTHING:
        return State(NOTHING, None)
    name = path if Path(path).suffix else file
    made = job_from_text(name, _text(file), _DEFAULTS)
    return State(name, made.api, made)


def _text(file: str) -> str:
    try:
        return "" if file == NOTHING else decode_bytes(Path(file).read_bytes())
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None


def _heading(given: list[str], color: bool) -> Iterator[str]:
    bold, reset = ("\x1b[1m", "\x1b[0m") if color else ("", "")
    new = given[7] if len(given) == 9 else given[0]
    yield f"{bold}diff --jobplan a/{given[0]} b/{new}{reset}\n"
    if len(given) == 9:
        yield from (f"{bold}{line}{reset}\n" for line in given[8].splitlines())


def _lines(old: str, new: str) -> Iterator[str]:
    """A unified diff of the texts."""
    before, after = _text(old).splitlines(), _text(new).splitlines()
    return (f"{line}\n" for line in difflib.unified_diff(before, after, lineterm=""))


def _colored() -> bool:
    """Git runs a pager and tells so; the pager shows colours."""
    return not os.environ.get("NO_COLOR") and (sys.stdout.isatty() or os.environ.get("GIT_PAGER_IN_USE") == "true")
