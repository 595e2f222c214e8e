"""Filesystem functions read below the directory of the job file, unless more is granted. spec: jobspec §13.8"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobplan.source.jobspec import HCLError, JobspecOptions, parse_jobspec
from jobplan.source.jobspec.reading import DirectoryReader

JOB = """
job "j" {
  group "g" {
    task "t" {
      config {
        v = VALUE
      }
    }
  }
}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "job" / "conf" / "sub").mkdir(parents=True)
    (tmp_path / "job" / "conf" / "a.txt").write_text("A")
    (tmp_path / "job" / "conf" / "sub" / "b.json").write_text("B")
    (tmp_path / "outside.txt").write_text("secret")
    (tmp_path / "job" / "link.txt").symlink_to(tmp_path / "outside.txt")
    return tmp_path


def value_of(expression: str, home: Path, *allowed: Path) -> Any:
    reader = DirectoryReader(home / "job", allowed, working=home / "job", home="/home/me")
    text = JOB.replace("VALUE", expression)
    job = parse_jobspec(text, options=JobspecOptions(files=reader))
    return job["TaskGroups"][0]["Tasks"][0]["Config"]["v"]


@pytest.mark.parametrize(
    "expression, value",
    [
        ('file("conf/a.txt")', "A"),
        ('file("./conf/../conf/a.txt")', "A"),
        ('filebase64("conf/a.txt")', "QQ=="),
        ('fileexists("conf/zz")', False),
        ('fileset("conf", "**")', ["a.txt", "sub/b.json"]),
        ('fileset("conf", "{a,b}.{txt,json}")', ["a.txt"]),
        ('pathexpand("~/x")', "/home/me/x"),
        ('basename("a/b.c")', "b.c"),
        ('dirname("a/b.c")', "a"),
    ],
)
def test_value(expression: str, value: Any, home: Path) -> None:
    assert value_of(expression, home) == value


@pytest.mark.parametrize("path", ["../outside.txt", "link.txt", "/etc/passwd"])
def test_nothing_outside_is_read(path: str, home: Path) -> None:
    with pytest.raises(HCLError, match="--allow-outside=DIR must allow"):
        value_of(f'file("{path}")', home)


def test_a_granted_directory_is_read(home: Path) -> None:
    assert value_of('file("../outside.txt")', home, home) == "secret"


def test_a_missing_file_is_told_by_its_name(home: Path) -> None:
    with pytest.raises(HCLError, match="no file exists at conf/zz"):
        value_of('file("conf/zz")', home)
