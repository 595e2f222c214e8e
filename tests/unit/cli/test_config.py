"""Configuration files: where they are found, what they say, and errors with their place."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from jobplan.cli.config import Configuration, find_configuration, line_of, read_configuration
from jobplan.errors import ConfigError
from jobplan.rules import Ignore, Settings


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    path = written(
        tmp_path / "jobplan.toml",
        """\
        [check]
        fail-level = "warning"
        exclude = ["vendor/*"]
        server-config = "server.toml"
        plugins = false

        [check.rules]
        "task/latest-image" = "error"
        "task/forbidden-driver" = { drivers = ["exec"] }
        "job/high-priority" = { level = "note", max = 70 }

        [[check.ignore]]
        files = ["a/*"]
        rules = ["task/*"]
        reason = "old"
        """,
    )
    assert read_configuration(path) == Configuration(
        source=str(path),
        directory=tmp_path,
        settings=Settings(
            {"task/latest-image": "error", "task/forbidden-driver": "on", "job/high-priority": "note"},
            {"task/forbidden-driver": {"drivers": ["exec"]}, "job/high-priority": {"max": 70}},
            (Ignore(("a/*",), ("task/*",), "old"),),
        ),
        fail_level="warning",
        exclude=("vendor/*",),
        server_config=tmp_path / "server.toml",
        plugins=False,
    )


def test_below_tool_jobplan_in_pyproject(tmp_path: Path) -> None:
    path = written(tmp_path / "pyproject.toml", '[tool.jobplan.check.rules]\n"task/raw-exec" = "off"\n')
    assert read_configuration(path).settings.levels == {"task/raw-exec": "off"}


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    top = written(tmp_path / "pyproject.toml", "[tool.jobplan]\n")
    written(tmp_path / "a" / "pyproject.toml", '[project]\nname = "jobplan-jobs"\n')
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    assert find_configuration(deep) == top
    near = written(tmp_path / "a" / "jobplan.toml", "")
    assert find_configuration(deep) == near
    written(tmp_path / "a" / "pyproject.toml", "[tool.jobplan]\n")
    assert find_configuration(deep) == near


def test_a_broken_pyproject_is_only_our_business_if_it_names_us(tmp_path: Path) -> None:
    outer = written(tmp_path / "jobplan.toml", "")
    written(tmp_path / "in" / "pyproject.toml", 'name = "jobplan\n')
    assert find_configuration(tmp_path / "in") == outer
    written(tmp_path / "in" / "pyproject.toml", "[tool.jobplan\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: .*line 1"):
        find_configuration(tmp_path / "in")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[checks]\n", ':1: checks: unknown key; did you mean "check"?'),
        ("[check]\nx = 1\n", ":2: check.x: unknown key; known are fail-level, exclude, server-config, plugins"),
        ("[check]\n\nfail_level = 'error'\n", ':3: check.fail_level: unknown key; did you mean "fail-level"?'),
        ("[check]\nfail-level = 'bad'\n", ":2: check.fail-level: "),
        ("[check]\nplugins = 1\n", ":2: check.plugins: "),
        ("[check.rules]\na = 1\n\n'b/c' = 'loud'\n", ":2: check.rules.a: "),
        ("[check.rules]\n\n'b/c' = 'loud'\n", ":3: check.rules.b/c: must be one of error, warning, note, on, off"),
        ("[[check.ignore]]\nfiles=['a']\nrules=['b']\nreason='c'\n[[check.ignore]]\nfiles=['a']\nrules=[]\n",
         ":7: check.ignore.1.rules: "),
        ("[[check.ignore]]\nfiles = ['a']\nrules = ['b']\n", ":1: check.ignore.0.reason: field required"),
        ("check = 3\n", ":1: check: must be a table"),
        ("[check\n", ": Expected ']'"),
    ],
)  # fmt: skip
def test_errors_name_the_line_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path / "jobplan.toml", text)
    with pytest.raises(ConfigError) as error:
        read_configuration(path)
    assert f"{path}{message}" in str(error.value)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "jobplan.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_configuration(path)


def test_lines_of_keys() -> None:
    text = "# x = 1\na = [\n  1,\n]\n[t.'u/v'] # c\nb = 'x=y'\n[[l]]\nc = 1\n[[l]]\nc.d = {e = 2}\n"
    assert line_of(text, ("a",)) == 2
    assert line_of(text, ("t", "u/v", "b")) == 6
    assert line_of(text, ("t", "u/v", "missing")) == 5
    assert line_of(text, ("l", "1", "c", "d", "e")) == 10
    assert line_of(text, ("nothing",)) == 0
