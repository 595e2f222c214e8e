"""Checking job files: from a file to its findings, each with its place."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobplan.cli.config import Configuration, find_configuration, located_error, read_configuration
from jobplan.cli.inputs import STDIN, JobFile, JobFileError, is_json, job_from_text, read_config, read_text
from jobplan.errors import ConfigError, JobDecodeError, JobspecError
from jobplan.rendering.findings import SEVERITIES, Finding
from jobplan.rules.checking import Finding as RuleFinding
from jobplan.rules.checking import check_job
from jobplan.rules.rule import Rule
from jobplan.rules.settings import Level, Settings, faults, known_rules
from jobplan.rules.suppression import in_comments, in_meta, suppress
from jobplan.rules.table import RULES
from jobplan.source.jsontext import parse

if TYPE_CHECKING:
    from jobplan.model import ServerConfig

UNREADABLE = "job/unreadable"


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file. `failed`: something is as bad as the fail level, or worse."""

    name: str
    text: str
    digest: str
    findings: tuple[Finding, ...]
    suppressed: int = 0
    failed: bool = False
    unreadable: bool = False


class Checker:
    """Checks files with the settings that are in force for each: of the command line, of the nearest configuration."""

    def __init__(self, args: argparse.Namespace, now: dt.datetime) -> None:
        self.args, self.now = args, now
        self.levels: dict[str, Level] = dict(args.rule)
        self._found: dict[Path, Configuration] = {}
        self._read: dict[Path, Configuration] = {}
        self._servers: dict[Path, ServerConfig] = {}

    # ---- settings ----------------------------------------------------------------------------------------------------

    def configuration(self, name: str) -> Configuration:
        """The configuration that is in force for a file or directory. Raises ConfigError."""
        if self.args.config is not None:
            return self._configuration(Path(self.args.config))
        directory = Path.cwd() if name == STDIN else Path(name) if Path(name).is_dir() else Path(name).parent
        directory = directory.absolute()
        if directory not in self._found:
            path = None if self.args.no_config else find_configuration(directory)
            self._found[directory] = self._overridden(Configuration()) if path is None else self._configuration(path)
        return self._found[directory]

    def _configuration(self, path: Path) -> Configuration:
        if path not in self._read:
            made = read_configuration(path)
            root = ("tool", "jobplan", "check") if path.name == "pyproject.toml" else ("check",)
            for keys, text in faults(made.settings, self.rules(made)):
                raise located_error(path, (*root, *keys), text)
            self._read[path] = self._overridden(made)
        return self._read[path]

    def _overridden(self, configuration: Configuration) -> Configuration:
        """The command line has the last word."""
        if not self.levels:
            return configuration
        settings = configuration.settings
        for _, text in faults(Settings(self.levels), self.rules(configuration)):
            raise ConfigError(text, key="--rule")
        return replace(configuration, settings=replace(settings, levels={**settings.levels, **self.levels}))

    @cached_property
    def _all_rules(self) -> tuple[Rule, ...]:
        from jobplan.cli.ruleplugins import installed_rules

        return (*RULES, *installed_rules())

    def rules(self, configuration: Configuration) -> tuple[Rule, ...]:
        return self._all_rules if configuration.plugins and not self.args.no_plugins else RULES

    def _server(self, configuration: Configuration) -> ServerConfig | None:
        """Settings of the server; a default one needs no model."""
        if self.args.server_config or os.environ.get("JOBPLAN_SERVER_CONFIG"):
            return read_config(self.args)
        path = configuration.server_config
        if path is None:
            return None
        if path not in self._servers:
            from jobplan.model.config import ServerConfig

            self._servers[path] = ServerConfig.load(path)
        return self._servers[path]

    # ---- one file ----------------------------------------------------------------------------------------------------

    def check(self, name: str) -> Checked:
        """The findings in one file. Raises ConfigError for settings that cannot be used."""
        configuration = self.configuration(name)
        text = ""
        try:
            text = read_text(name)
            file = self._job_file(name, text)
        except (JobFileError, JobspecError) as error:
            found = tuple(_unreadable(name, text, error))
            return Checked(name, text, "", found, failed=True, unreadable=True)
        ignored: dict[str, Level] = dict.fromkeys(configuration.settings.ignored(configuration.relative(name)), "off")
        settings = replace(configuration.settings, levels={**configuration.settings.levels, **ignored})
        try:
            return self._checked(file, configuration, settings)
        except JobDecodeError as error:
            message = Finding(UNREADABLE, "error", str(error), file=name)
            return Checked(name, text, file.digest, (message,), failed=True, unreadable=True)

    def _job_file(self, name: str, text: str) -> JobFile:
        args = self.args
        if is_json(name, text, args.json_file):  # the variables are meant for the HCL files among the jobs
            args = argparse.Namespace(**{**vars(args), "var": [], "var_file": []})
        return job_from_text(name, text, args)

    def _checked(self, file: JobFile, configuration: Configuration, settings: Settings) -> Checked:
        rules = self.rules(configuration)
        json_text = is_json(file.name, file.text, self.args.json_file)
        found = check_job(
            file.api,
            self.now,
            document=parse(file.text) if json_text else None,
            settings=settings,
            config=self._server(configuration),
            rules=rules,
        )
        suppressions = [*([] if json_text else in_comments(file.text)), *in_meta(file.api)]
        places = Places(file)
        outcome = suppress(found, suppressions, lambda path: places.of(path)[0], settings, known_rules(rules))
        findings = tuple(_placed(file, places, outcome.kept))
        fails = fail_severities(self.args.fail_level or configuration.fail_level or "error")
        failed = any(finding.severity in fails for finding in findings)
        return Checked(file.name, file.text, file.digest, findings, len(outcome.suppressed), failed)


def fail_severities(level: str) -> tuple[str, ...]:
    """The severities that are as bad as a fail level, or worse."""
    return () if level == "never" else SEVERITIES[: SEVERITIES.index(level) + 1]


class Places:
    """Where the parts of a job stand in its file. The positions are worked out once, when first asked for."""

    def __init__(self, file: JobFile) -> None:
        self._file = file

    @cached_property
    def _positions(self) -> dict[str, tuple[int, int]]:
        return self._file.positions()

    @cached_property
    def _folded(self) -> dict[str, tuple[int, int]]:
        """Keys match whatever their case. spec: model §1.3"""
        return {path.casefold(): place for path, place in self._positions.items()}

    def of(self, path: str) -> tuple[int, int]:
        """Line and column of a JSON pointer, or of the nearest part around it; 0, 0: unknown."""
        while True:
            place = self._positions.get(path) or self._folded.get(path.casefold())
            if place is not None:
                return place[0], place[1]
            if not path:
                return 0, 0
            path = path.rpartition("/")[0]


def _placed(
    file: JobFile, places: Places, kept: tuple[tuple[RuleFinding, tuple[int, int] | None], ...]
) -> Iterator[Finding]:
    job = str(file.api.get("ID") or "")
    for item, known in kept:
        line, column = known or places.of(item.path)
        group = _group_name(file.api, item.path)
        yield Finding(item.rule, item.severity, item.message, item.path, file.name, line, column, job, group)


def _group_name(api: dict[str, Any], path: str) -> str:
    parts = path.split("/", 3)
    if len(parts) < 3 or parts[1] != "TaskGroups" or not parts[2].isdigit():
        return ""
    groups = api.get("TaskGroups") or []
    index = int(parts[2])
    return str((groups[index] or {}).get("Name") or "") if index < len(groups) else ""


def _unreadable(name: str, text: str, error: JobFileError | JobspecError) -> Iterator[Finding]:
    """Why a file cannot be read: for HCL every diagnostic with its place."""
    cause = error.__context__ if isinstance(error, JobFileError) else error
    if isinstance(cause, JobspecError):
        yield from _diagnostics(name, cause)
    elif isinstance(cause, JobDecodeError):
        line, column = _syntax_error(text)
        yield Finding(UNREADABLE, "error", str(cause), file=name, line=line, column=column)
    else:
        yield Finding(UNREADABLE, "error", str(error), file=name)


def _diagnostics(name: str, error: JobspecError) -> Iterator[Finding]:
    from jobplan.source.jobspec import HCLError

    if not isinstance(error, HCLError):
        yield Finding(UNREADABLE, "error", error.message, file=name, line=error.line, column=error.column)
        return
    for item in error.diagnostics:
        line, column = item.position
        message = f"{item.summary}; {item.detail}" if item.detail else item.summary
        yield Finding(UNREADABLE, "error", message, file=name, line=line, column=column)


def _syntax_error(text: str) -> tuple[int, int]:
    """Where JSON text stops being JSON; 0, 0: it is well formed."""
    try:
        json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except (ValueError, RecursionError):  # too long a number for Python, too deep
        pass
    return 0, 0
