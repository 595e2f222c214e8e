"""The documentation agrees with the program: links, commands, options, examples."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import jobplan
from jobplan.cli.config import read_configuration
from jobplan.cli.main import COMMANDS, command_parser
from jobplan.cli.options import nomad_spelling

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/**/README.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OTHERS = {
    # options of pytest, syrupy and our plugin, git, pre-commit, pip
    *("--snapshot-update", "--jobplan-inventory", "--ext-diff", "--from-ref", "--to-ref"),
}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text(encoding="utf-8")) if language in languages]


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def commands(page: Path) -> Iterator[list[str]]:
    """The arguments of every call of jobplan in blocks of shell commands, without redirections and pipes."""
    for text in blocks(page, "", "console", "sh", "yaml"):
        for line in text.splitlines():
            line = re.sub(r"^(- )?(run: )?|(?<=\s)#.*", "", line.strip())
            lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
            lexer.commenters = ""
            lexer.whitespace_split = True
            try:
                words = list(lexer)
            except ValueError:  # no shell command
                continue
            while "jobplan" in words[:3] and words[0] in ("$", "-", "jobplan", "source", "<("):
                words = words[words.index("jobplan") + 1 :]
                ends = [index for index, word in enumerate(words) if set(word) <= set("();<>|&")]
                end = ends[0] if ends else len(words)
                yield words[:end]
                words = words[end + 1 :]


@every_page
def test_commands_are_understood(page: Path) -> None:
    for arguments in commands(page):
        name, *rest = arguments
        if name.startswith("-"):
            continue
        parser = command_parser(name)
        try:
            parser.parse_args(nomad_spelling(rest, parser))
        except SystemExit as end:
            pytest.fail(f"jobplan {shlex.join(arguments)}: exit code {end.code}")


def test_commands_are_found() -> None:
    """The test above would pass if the search failed."""
    found = {arguments[0] for page in PAGES for arguments in commands(page)}
    assert found >= {"plan", "check", "validate", "capture", "drift", "show", "verify", "serve", "periodic", "convert"}


@every_page
def test_commands_in_prose_exist(page: Path) -> None:
    for name in re.findall(r"`(?:\$ )?jobplan ([a-z][a-z-]*)", prose(page)):
        assert name in {*COMMANDS, "job"}, name


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings


def test_options_in_prose_exist() -> None:
    known = {option for name in COMMANDS for option in _options(command_parser(name))} | {"--version", *OTHERS}
    for page in PAGES:
        if page.name == "CHANGELOG.md" or "example-repo" in str(page):
            continue
        spans = " ".join(re.findall(r"`([^`]*)`", prose(page)))
        mentioned = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", spans))
        assert mentioned <= known, page.name


def test_every_command_is_documented() -> None:
    table = (ROOT / "docs/commands.md").read_text(encoding="utf-8").split("## ", 1)[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) >= set(COMMANDS)


@every_page
def test_python_is_well_formed_and_its_imports_exist(page: Path) -> None:
    for text in blocks(page, "python"):
        for item in ast.walk(ast.parse(text)):
            if isinstance(item, ast.ImportFrom) and item.module and item.module.startswith("jobplan"):
                module = importlib.import_module(item.module)
                assert [alias.name for alias in item.names if not hasattr(module, alias.name)] == []
            elif isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == "jobplan":
                assert hasattr(jobplan, item.attr), item.attr


@every_page
def test_settings_are_well_formed(page: Path) -> None:
    for text in blocks(page, "toml"):
        tomllib.loads(text)
    for text in blocks(page, "json"):
        json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")


def test_server_settings_are_accepted() -> None:
    (text,) = blocks(ROOT / "docs/server-config.md", "toml")
    config = jobplan.ServerConfig.from_api(tomllib.loads(text))
    assert config.vault.enabled


def test_check_settings_are_accepted(tmp_path: Path) -> None:
    text = next(text for text in blocks(ROOT / "docs/rules.md", "toml") if "[check]" in text)
    (tmp_path / "jobplan.toml").write_text(text)
    assert read_configuration(tmp_path / "jobplan.toml")


LAMP_OIL = """
job "lamp-oil" {
  type = "batch"
  periodic {
    crons     = ["30 2 * * *"]
    time_zone = "Europe/Berlin"
  }
  group "refill" {
    task "pour" {
      driver = "exec"
      config { command = "true" }
    }
  }
}
"""


def test_the_launches_of_the_page_about_periodic_jobs(tmp_path: Path) -> None:
    text = next(text for text in blocks(ROOT / "docs/periodic.md", "console"))
    prompt, _, shown = text.partition("\n")
    (tmp_path / "lamp-oil.nomad").write_text(LAMP_OIL)
    command = [sys.executable, "-m", *shlex.split(prompt.removeprefix("$ "))]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout.splitlines() + run.stderr.splitlines() == shown.splitlines()
