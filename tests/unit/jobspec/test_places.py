"""Findings can point at lines: JSON pointer → line and column."""

from __future__ import annotations

import pickle

import pytest

from jobplan.source.jobspec import HCLError, parse_jobspec, parse_jobspec_with_positions

TEXT = """\
job "j" {
  vault {
    role = "r"
  }
  group "g" {
    count = 2
    network {
      port "admin" {
        static = 80
      }
    }
    task "t" {
      env = { "A/B" = "x" }
      config {
        mount {
          type = "bind"
        }
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    "pointer, place",
    [
        ("", (1, 1)),
        ("/ID", (1, 5)),
        ("/TaskGroups/0", (5, 3)),
        ("/TaskGroups/0/Name", (5, 9)),
        ("/TaskGroups/0/Count", (6, 5)),
        ("/TaskGroups/0/Networks/0/ReservedPorts/0/Value", (9, 9)),
        ("/TaskGroups/0/Tasks/0/Vault/Role", (3, 5)),  # inherited: where it is written
        ("/TaskGroups/0/Tasks/0/Env", (13, 7)),
        ("/TaskGroups/0/Tasks/0/Config/mount/0/type", (16, 11)),
    ],
)
def test_place(pointer: str, place: tuple[int, int]) -> None:
    assert tuple(parse_jobspec_with_positions(TEXT).positions[pointer]) == place


def test_columns_count_what_people_see() -> None:
    with pytest.raises(HCLError) as caught:
        parse_jobspec('\ufeffjob "e\u0301\U0001f469\u200d\U0001f680" { x = 1 }')
    assert (caught.value.line, caught.value.column) == (1, 12)


def test_errors_survive_pickling() -> None:
    with pytest.raises(HCLError) as caught:
        parse_jobspec("job")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.text, copy.line) == (str(caught.value), caught.value.text, 1)
