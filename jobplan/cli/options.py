"""Options that several commands share, and the spellings that people know from Nomad. spec: plan §7.1"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

_TRUE, _FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


def nomad_spelling(arguments: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Nomad's one-dash options as argparse wants them: `-verbose` → `--verbose`, `-diff=false` → `--no-diff`."""
    known = {option for action in parser._actions for option in action.option_strings}
    flags = {option for action in parser._actions if action.nargs == 0 for option in action.option_strings}
    made: list[str] = []
    for index, argument in enumerate(arguments):
        if argument == "--":
            return made + list(arguments[index:])
        name, equals, value = argument.partition("=")
        if name.startswith("-") and len(name) > 2 and not name.startswith("--") and f"-{name}" in known:
            name = f"-{name}"
        if equals and name in flags and value in _TRUE:
            made.append(name)
        elif equals and name in flags and value in _FALSE and f"--no-{name.lstrip('-')}" in known:
            made.append(f"--no-{name.lstrip('-')}")
        elif equals and name in flags and value in _FALSE:
            continue
        else:
            made.append(name + equals + value)
    return made


class Refuse(argparse.Action):
    """An option of Nomad's that cannot be offered: says why."""

    def __init__(self, option_strings: Sequence[str], dest: str, reason: str = "", **kwargs: Any) -> None:
        self.reason = reason
        super().__init__(option_strings, dest, **{**kwargs, "help": argparse.SUPPRESS})

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        parser.error(self.reason)
        raise AssertionError("error() does not return")


def flag(parser: argparse._ActionsContainer, name: str, default: bool, text: str) -> None:
    """An option that is on or off: `--name`, `--no-name`, and Nomad's `-name=false`."""
    parser.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=default, help=text)


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """How job files are read."""
    group = parser.add_argument_group("job files")
    group.add_argument("--json", dest="json_file", action="store_true", help="the job file is JSON, whatever its name")
    group.add_argument("--var", metavar="KEY=VALUE", action="append", default=[], help="set a variable (HCL)")
    group.add_argument("--var-file", metavar="FILE", action="append", default=[], help="read variables (HCL)")
    flag(group, "hcl2-strict", True, "refuse variables that no block declares (HCL)")
    group.add_argument(
        "--allow-outside",
        metavar="DIR",
        action="append",
        default=[],
        help="let file() and its like read below DIR too (HCL)",
    )
    group.add_argument("--namespace", default=None, help="namespace of jobs that name none (NOMAD_NAMESPACE)")
    group.add_argument("--region", default=None, help="region of jobs that name none (NOMAD_REGION)")
    group.add_argument("--vault-namespace", default="", metavar="NAME", help="Vault namespace of the job")


def add_cluster_options(parser: argparse.ArgumentParser) -> None:
    """The cluster that a job is planned against."""
    group = parser.add_argument_group("cluster")
    group.add_argument(
        "--inventory",
        "-i",
        metavar="FILE",
        help="captured state of the cluster, JSON (JOBPLAN_INVENTORY); without: an empty one",
    )
    add_server_config_option(group)
    group.add_argument(
        "--now", metavar="TIME", help="the time of the plan (RFC 3339); default: that of the inventory, else now"
    )


def add_server_config_option(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--server-config",
        metavar="FILE",
        help="server settings: TOML, or a captured /v1/agent/self (JOBPLAN_SERVER_CONFIG)",
    )


def add_color_options(parser: argparse.ArgumentParser) -> None:
    """Colour: on a terminal, unless NO_COLOR is set."""
    group = parser.add_argument_group("terminal")
    group.add_argument("--no-color", action="store_true", help="no colour (NO_COLOR, NOMAD_CLI_NO_COLOR)")
    group.add_argument("--force-color", action="store_true", help="colour, terminal or not (NOMAD_CLI_FORCE_COLOR)")


# Options of Nomad's client that say how to reach a server, whether they take a value.
_CONNECTION = {
    "address": True,
    "token": True,
    "ca-cert": True,
    "ca-path": True,
    "client-cert": True,
    "client-key": True,
    "tls-server-name": True,
    "tls-skip-verify": False,
    "policy-override": False,
}


def add_ignored_nomad_options(parser: argparse.ArgumentParser) -> None:
    """Accepts, and does not use, what only matters to a running server, so that an alias `nomad=jobplan` works."""
    for name, takes_value in _CONNECTION.items():
        if takes_value:
            parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
        else:
            parser.add_argument(f"--{name}", action="store_true", help=argparse.SUPPRESS)
