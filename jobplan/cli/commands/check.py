"""Check job files against what a server refuses, what surprises in a schedule, and rules. Needs no cluster.

Settings come from jobplan.toml, or [tool.jobplan] of pyproject.toml, in the directory of each job file or above it.
Accepted findings are suppressed where they are: `# jobplan: ignore[task/raw-exec] the reason` in HCL, the Meta key
`jobplan.ignore` in JSON. Exit code 0: nothing as bad as the fail level; 1: something is; 255: a file or a setting
cannot be read.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.cli.inputs import parse_time
from jobplan.cli.options import add_color_options, add_job_options
from jobplan.cli.outputs import Output, add_output_options, output_list, write_outputs
from jobplan.cli.terminal import show, wants_color
from jobplan.errors import ConfigError

if TYPE_CHECKING:
    from jobplan.cli.checked import Checked, Checker

FORMATS = ("text", "json", "github", "github-summary", "gitlab", "sarif", "junit", "markdown")
DEFAULT = "text"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB|DIR", nargs="*", help="job file, directory of job files, - standard input")
    group = parser.add_argument_group("rules")
    group.add_argument(
        "--rule",
        metavar="ID=LEVEL",
        action="append",
        default=[],
        type=_level,
        help="set one rule: error, warning, note, on or off (repeatable); ID may end in *",
    )
    group.add_argument("--config", metavar="FILE", help="settings for all files, instead of the nearest")
    group.add_argument("--no-config", action="store_true", help="use no configuration file")
    group.add_argument("--no-plugins", action="store_true", help="use no rules of installed packages")
    group.add_argument("--list-rules", action="store_true", help="print the rules and their levels, check nothing")
    group.add_argument("--server-config", metavar="FILE", help="server settings: TOML, or a captured /v1/agent/self")
    group.add_argument("--now", metavar="TIME", help="judge schedules from this time on (RFC 3339); default: the clock")
    group = parser.add_argument_group("output")
    add_output_options(group, FORMATS, DEFAULT)
    group.add_argument(
        "--fail-level",
        choices=("error", "warning", "note", "never"),
        help="exit with 1 for findings at least this bad (default error)",
    )
    add_job_options(parser)
    add_color_options(parser)


def _level(text: str) -> tuple[str, str]:
    from jobplan.rules.settings import LEVELS

    rule, _, level = text.rpartition("=")
    if not rule or level not in LEVELS:
        raise argparse.ArgumentTypeError(f"{text!r} is not like task/raw-exec=error ({', '.join(LEVELS)})")
    return rule, level


def execute(args: argparse.Namespace) -> int:
    from jobplan.cli.checked import Checker
    from jobplan.cli.jobfiles import job_files

    outputs = output_list(args.output, DEFAULT)
    checker = Checker(args, dt.datetime.now(dt.UTC) if args.now is None else parse_time(args.now))
    if args.list_rules:
        return _list_rules(checker)
    if not args.jobs:
        raise ConfigError("name a job file or a directory", key="JOB|DIR")
    names = job_files(args.jobs, excluded=lambda name: _is_excluded(checker, name))
    files = [checker.check(name) for name in names]
    _write(files, outputs, wants_color(args))
    if any(file.unreadable for file in files):
        return 255
    return 1 if any(file.failed for file in files) else 0


def _is_excluded(checker: Checker, name: str) -> bool:
    from fnmatch import fnmatchcase

    configuration = checker.configuration(name)
    path = configuration.relative(name)
    return any(fnmatchcase(path, pattern) for pattern in configuration.exclude)


def _write(files: list[Checked], outputs: Sequence[Output], color: bool) -> None:
    from jobplan.cli.checktext import check_text
    from jobplan.rendering.options import Options, Report

    report = Report(
        findings=[finding for file in files for finding in file.findings],
        inputs={file.name: file.digest for file in files if file.digest},
    )
    text = {"text": lambda _, options: check_text(files, color=options.color)}
    write_outputs(report, outputs, Options(color=color), text)


def _list_rules(checker: Checker) -> int:
    from jobplan.cli.checktext import rules_text

    configuration = checker.configuration(".")
    rows = []
    for rule in checker.rules(configuration):
        level = configuration.settings.severity(rule.id, rule.severity, enabled=rule.enabled)
        rows.append((rule.id, level or "off", rule.title))
    show(rules_text(rows))
    return 0
