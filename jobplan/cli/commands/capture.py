"""Write the state of a running cluster to an inventory file, for plans without the cluster.

Only reads. Address, token, region, namespace and TLS come from the options or from Nomad's own variables (NOMAD_ADDR,
NOMAD_TOKEN, NOMAD_REGION, NOMAD_NAMESPACE, NOMAD_CACERT, NOMAD_CAPATH, NOMAD_CLIENT_CERT, NOMAD_CLIENT_KEY,
NOMAD_TLS_SERVER_NAME, NOMAD_SKIP_VERIFY, NOMAD_HTTP_AUTH). There is no option for the token itself: everybody on a
machine sees the options of a process.

Exit code 0: the file is written; 255: it is not, and an old one is untouched.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from jobplan.cli.options import Refuse, flag
from jobplan.errors import ConfigError

if TYPE_CHECKING:
    from jobplan.capture import Limits, Redaction, Target

STDOUT = "-"
SALT_VARIABLE = "JOBPLAN_REDACT_SALT"
# Option → variable of Nomad that gives its default.
VARIABLES = {
    "address": "NOMAD_ADDR",
    "region": "NOMAD_REGION",
    "namespace": "NOMAD_NAMESPACE",
    "ca_cert": "NOMAD_CACERT",
    "ca_path": "NOMAD_CAPATH",
    "client_cert": "NOMAD_CLIENT_CERT",
    "client_key": "NOMAD_CLIENT_KEY",
    "tls_server_name": "NOMAD_TLS_SERVER_NAME",
}
_TRUE = ("1", "t", "T", "true", "TRUE", "True")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="inventory.json", help="where to write (inventory.json); -: stdout"
    )
    parser.add_argument("--skip", metavar="PART", action="append", default=[], help=f"leave out a part: {_parts()}")
    flag(parser, "children", False, "also finished children of periodic and parameterized jobs")
    flag(parser, "redact", False, "replace environments, metadata, templates and secrets by digests that still compare")
    flag(parser, "check", True, "read the inventory back before it is written")
    connection = parser.add_argument_group("cluster")
    connection.add_argument("--address", metavar="URL", help="an agent (NOMAD_ADDR, http://127.0.0.1:4646)")
    connection.add_argument("--token-file", metavar="FILE", help="file that holds the ACL token (NOMAD_TOKEN)")
    connection.add_argument("--token", nargs="?", action=Refuse, reason="use --token-file or NOMAD_TOKEN for the token")
    connection.add_argument("--region", help="region to ask for (NOMAD_REGION)")
    connection.add_argument("--namespace", help="only this namespace (NOMAD_NAMESPACE; default: *, all of them)")
    flag(connection, "stale", False, "let any server answer from its own state")
    tls = parser.add_argument_group("TLS")
    tls.add_argument("--ca-cert", metavar="FILE", help="certificate authority (NOMAD_CACERT)")
    tls.add_argument("--ca-path", metavar="DIR", help="certificate authorities (NOMAD_CAPATH)")
    tls.add_argument("--client-cert", metavar="FILE", help="own certificate (NOMAD_CLIENT_CERT)")
    tls.add_argument("--client-key", metavar="FILE", help="its key (NOMAD_CLIENT_KEY)")
    tls.add_argument("--tls-server-name", metavar="NAME", help="name to expect (NOMAD_TLS_SERVER_NAME)")
    tls.add_argument("--tls-skip-verify", action="store_true", help="trust anybody (NOMAD_SKIP_VERIFY)")
    effort = parser.add_argument_group("effort")
    effort.add_argument("--parallel", type=_positive, default=8, metavar="N", help="requests at a time (8)")
    effort.add_argument("--timeout", type=_timeout, default=60.0, metavar="SECONDS", help="for one answer (60)")
    effort.add_argument("--attempts", type=_positive, default=5, metavar="N", help="requests before giving up (5)")
    effort.add_argument("--backoff", type=_seconds, default=0.5, metavar="SECONDS", help="first pause, doubled (0.5)")
    effort.add_argument("--looks", type=_positive, default=3, metavar="N", help="times to look for changes (3)")


def execute(args: argparse.Namespace) -> int:
    from jobplan.capture import Agent, capture
    from jobplan.rendering.terminal import visible

    agent = Agent(target(args, os.environ), limits(args))
    progress = Progress(sys.stderr)
    started = time.monotonic()
    try:
        captured = capture(
            agent,
            skip=args.skip,
            children=args.children,
            redaction=_redaction(args, os.environ),
            looks=args.looks,
            progress=progress.tell,
        )
    finally:
        progress.clear()
    if args.check:
        from jobplan.inventory import Inventory

        Inventory.from_api(captured.inventory)
    size = _write(args.output, captured.inventory)
    for note in captured.notes:
        sys.stderr.write(f"Warning: {visible(note)}\n")
    seconds = time.monotonic() - started
    sys.stderr.write(f"{summary(captured.inventory)}; {captured.requests} requests, {size:,} bytes, {seconds:.1f} s\n")
    return 0


def summary(inventory: Mapping[str, object]) -> str:
    """`3 nodes, 2 jobs, 8 allocations`."""
    words = {"Nodes": "nodes", "Jobs": "jobs", "OldJobVersions": "old versions", "Allocations": "allocations"}
    counts = {text: len(value) for key, text in words.items() if isinstance(value := inventory[key], list)}
    return ", ".join(f"{count:,} {text.removesuffix('s') if count == 1 else text}" for text, count in counts.items())


def _write(output: str, inventory: dict[str, object]) -> int:
    from jobplan.capture.files import encode_inventory, write_capture

    if output != STDOUT:
        return write_capture(inventory, output)
    data = encode_inventory(inventory)
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    return len(data)


def target(args: argparse.Namespace, environment: Mapping[str, str]) -> Target:
    """The cluster that options and variables name."""
    from jobplan.capture import Target

    settings = {}
    for name, variable in VARIABLES.items():
        value = getattr(args, name) or environment.get(variable)
        if value:
            settings[name] = value
    return Target(
        **settings,
        token=_token(args, environment),
        skip_verify=args.tls_skip_verify or environment.get("NOMAD_SKIP_VERIFY", "") in _TRUE,
        http_auth=environment.get("NOMAD_HTTP_AUTH", ""),
        stale=args.stale,
    )


def _token(args: argparse.Namespace, environment: Mapping[str, str]) -> str:
    if not args.token_file:
        return environment.get("NOMAD_TOKEN", "").strip()
    try:
        return Path(args.token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", key="--token-file") from None


def limits(args: argparse.Namespace) -> Limits:
    from jobplan.capture import Limits

    return Limits(timeout=args.timeout, attempts=args.attempts, backoff=args.backoff, parallel=args.parallel)


def _redaction(args: argparse.Namespace, environment: Mapping[str, str]) -> Redaction | None:
    from jobplan.capture import Redaction

    if not args.redact:
        return None
    salt = environment.get(SALT_VARIABLE)
    return Redaction(salt, public=False) if salt else Redaction.new()


def _parts() -> str:
    from jobplan.capture.parts import WITHOUT

    return ", ".join(WITHOUT)


def _positive(text: str) -> int:
    return int(_number(text, whole=True, least=1))


def _seconds(text: str) -> float:
    return _number(text, whole=False, least=0)


def _timeout(text: str) -> float:
    return _number(text, whole=False, least=0.1)


def _number(text: str, *, whole: bool, least: float) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = -1
    if not least <= value <= 86_400:
        kind = "a whole number" if whole else "a number"
        raise argparse.ArgumentTypeError(f"must be {kind} from {least} to 86400, not {text!r}")
    return value


class Progress:
    """One line on a terminal that is written over; nothing anywhere else."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._next = 0.0

    def tell(self, part: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._shown and (now >= self._next or done == total):
            self._next = now + 0.1
            self._stream.write(f"\r\x1b[K{part}: {done:,} of {total:,}")
            self._stream.flush()

    def clear(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
