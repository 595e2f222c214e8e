"""Offer the Jobs HTTP API of Nomad: a job registry that plans, and schedules on an inventory.

Existing clients work unmodified: point NOMAD_ADDR at the address. Without options it listens on loopback, keeps its
jobs in ./jobs.db and starts with an empty cluster. Needs the extra `jobplan[server]`.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from jobplan.cli.inputs import read_config
from jobplan.errors import ConfigError, JobplanError

DEFAULT_ADDRESS = "127.0.0.1:4646"
DEFAULT_DB = "jobs.db"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--db", metavar="FILE|URL", default=DEFAULT_DB, help="SQLite file, database URL, or `memory` (default: jobs.db)"
    )
    parser.add_argument("--inventory", metavar="FILE", help="captured state of a cluster to start from (JSON)")
    parser.add_argument("--address", metavar="HOST:PORT", default=DEFAULT_ADDRESS, help=f"default: {DEFAULT_ADDRESS}")
    parser.add_argument("--server-config", metavar="FILE", help="server settings: TOML, or a captured /v1/agent/self")
    access = parser.add_argument_group("access")
    access.add_argument(
        "--token", metavar="CAPABILITY=SECRET", action="append", default=[], help="read, plan or submit; repeatable"
    )
    access.add_argument("--token-file", metavar="FILE", help="hashed tokens, one a line (see --hash-token)")
    access.add_argument("--hash-token", metavar="CAPABILITY=SECRET", help="print the line for a token file and end")
    behaviour = parser.add_argument_group("behaviour")
    behaviour.add_argument("--strict", action="store_true", help="refuse what Nomad 2.0.5 refuses")
    behaviour.add_argument(
        "--simulate-clients", action="store_true", help="placed allocations run and are healthy at once"
    )
    behaviour.add_argument("--test-hooks", action="store_true", help="offer the hooks that reset and set the state")
    behaviour.add_argument("--body-limit", metavar="BYTES", type=int, default=32 * 2**20, help="default: 33554432")


def execute(args: argparse.Namespace) -> int:
    try:
        if args.hash_token is not None:
            print(hashed(args.hash_token))
            return 0
        return _serve(args)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"Error: {error.name} is missing: pip install 'jobplan[server]'\n")
    except JobplanError as error:
        sys.stderr.write(f"Error: {error}\n")
    return 1


def _serve(args: argparse.Namespace) -> int:
    from jobplan.httpapi.app import Options
    from jobplan.httpapi.serve import make_server
    from jobplan.model.settings import DEFAULT_SETTINGS
    from jobplan.registry.opening import open_registry

    host, port = address(args.address)
    tokens = read_tokens(args.token, args.token_file)
    config = read_config(args)
    settings = DEFAULT_SETTINGS if config is None else config.settings
    registry = open_registry(args.db, inventory=args.inventory, settings=settings, acls=tokens is not None)
    registry.simulate_clients = args.simulate_clients
    options = Options(strict=args.strict, test_hooks=args.test_hooks, tokens=tokens, body_limit=args.body_limit)
    if host not in LOOPBACK and tokens is None:
        sys.stderr.write("Warning: anybody who reaches this address may change jobs: no --token is given\n")
    sys.stderr.write(f"jobplan serves http://{args.address} (jobs in {args.db})\n")
    server = make_server(registry, options, host, port)
    server.run()
    return 0 if server.started else 1


def address(text: str) -> tuple[str, int]:
    """Host and port; raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535 or not host:
        raise ConfigError("an address is HOST:PORT", key="address")
    return host.strip("[]"), int(port)


def read_tokens(given: list[str], path: str | None) -> Any:
    """The tokens of the command line and of a file; None when there are none: then everybody may do everything."""
    from jobplan.registry.tokens import HashedToken, Tokens

    made = [HashedToken.of(*_split(text)) for text in given]
    if path is not None:
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", source=path) from None
        made += [HashedToken.parse(line) for line in lines if line.strip() and not line.startswith("#")]
    return Tokens(made) if made else None


def hashed(text: str) -> str:
    """A token as it is written in a token file."""
    from jobplan.registry.tokens import HashedToken

    return str(HashedToken.of(*_split(text)))


def _split(text: str) -> tuple[str, str]:
    capability, _, secret = text.partition("=")
    return capability, secret
