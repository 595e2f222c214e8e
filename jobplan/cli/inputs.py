"""What commands read: job files, standard input, inventories, settings, the clock."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from jobplan.errors import ConfigError, InputError, InventoryError, JobDecodeError
from jobplan.source.envelopes import decode_job, decode_text
from jobplan.source.jsontext import decode_bytes
from jobplan.source.positions import locate

if TYPE_CHECKING:
    from jobplan.capture.redaction import Redaction
    from jobplan.inventory import Inventory
    from jobplan.model import ServerConfig
    from jobplan.source.jobspec.environment import FileReader

STDIN = "-"

Cluster: TypeAlias = "tuple[Inventory, Redaction | None]"
"""An inventory, and how its values were hidden when it was captured: jobs must be hidden alike to compare."""


class JobFileError(InputError):
    """A job file that cannot be read; the text is that of Nomad's client. spec: plan §7.1"""


@dataclass(frozen=True, slots=True)
class JobFile:
    """A job file as read: its name, its text, the API job in it, and where each value stands.

    `also_read`: digests of the files that it refers to and of the variable files.
    """

    name: str
    text: str
    api: dict[str, Any]
    hcl_positions: dict[str, tuple[int, int]] | None = None
    also_read: Mapping[str, str] = field(default_factory=dict)

    def positions(self) -> dict[str, tuple[int, int]]:
        """JSON pointer in the API job → line and column, from 1; missing where it is not known."""
        return locate(self.text) if self.hcl_positions is None else self.hcl_positions

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return digest(self.text.encode("utf-8", "surrogatepass"))


def digest(data: bytes) -> str:
    """How an input is named in a saved plan, so that `jobplan verify` can tell whether it is still the same."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_text(name: str) -> str:
    """The text of a file, or of standard input for `-`. Raises JobFileError."""
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise JobFileError(f'Error getting jobfile from "{name}": {error.strerror or error}') from None
    except ValueError as error:  # a null byte in the name
        raise JobFileError(f'Error getting jobfile from "{name}": {error}') from None
    return decode_bytes(data)


def is_json(name: str, text: str, forced: bool = False) -> bool:
    """Whether a job file holds JSON: by its name, or by how it begins."""
    return forced or name.endswith(".json") or text.lstrip()[:1] == "{"


def read_job(name: str, args: argparse.Namespace) -> JobFile:
    """The job in a file. Raises JobFileError."""
    return job_from_text(name, read_text(name), args)


def job_from_text(name: str, text: str, args: argparse.Namespace, files: FileReader | None = None) -> JobFile:
    """The job in a text that was read from `name`; its functions read from `files`, default the disk. JobFileError."""
    positions: dict[str, tuple[int, int]] | None = None
    also_read: dict[str, str] = {}
    if is_json(name, text, args.json_file):
        if args.var or args.var_file:
            raise JobFileError("Invalid job options: cannot use variables with JSON files.")
        try:
            api = decode_text(text)
        except JobDecodeError as error:
            raise JobFileError(f"Failed to parse JSON job: {error}") from None
    else:
        from jobplan.cli.hcl import parsed_file

        parsed = parsed_file(name, text, args, files, also_read)
        api, positions = decode_job(parsed.job), dict(parsed.positions)
    return JobFile(name, text, with_home(api, args), positions, also_read)


def with_home(api: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """Namespaces and region of the command line, for a job that names none. spec: plan §7.1"""
    namespace = args.namespace or os.environ.get("NOMAD_NAMESPACE")
    region = args.region or os.environ.get("NOMAD_REGION")
    made = dict(api)
    if namespace and not made.get("Namespace"):
        made["Namespace"] = namespace
    if region and not made.get("Region"):
        made["Region"] = region
    if getattr(args, "vault_namespace", ""):
        made["VaultNamespace"] = args.vault_namespace
    return made


def read_cluster(args: argparse.Namespace, inputs: MutableMapping[str, str] | None = None) -> Cluster:
    """The inventory that the command line names, or an empty cluster; its digest is put into `inputs`."""
    from jobplan.inventory import Inventory

    if args.inventory == "":  # most likely a variable that is not set, and not an empty cluster
        raise InventoryError("--inventory names no file")
    name = args.inventory or os.environ.get("JOBPLAN_INVENTORY")
    return load_cluster(name, inputs) if name else (Inventory(), None)


def load_cluster(name: str, inputs: MutableMapping[str, str] | None = None) -> Cluster:
    """An inventory file, or standard input for `-`. Raises InventoryError, ConfigError for an unknown salt."""
    from jobplan.inventory import Inventory

    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        raise InventoryError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=name) from None
    if inputs is not None:
        inputs[name] = digest(data)
    inventory = Inventory.from_json(data, name=name)
    if b'"Redaction"' not in data:
        return inventory, None
    from jobplan.capture.files import redaction_in

    return inventory, redaction_in(data, os.environ.get("JOBPLAN_REDACT_SALT"))


def read_config(args: argparse.Namespace, inputs: MutableMapping[str, str] | None = None) -> ServerConfig | None:
    """Server settings of the command line; None: those of a default server. The digest is put into `inputs`."""
    name = args.server_config or os.environ.get("JOBPLAN_SERVER_CONFIG")
    if not name:
        return None
    from jobplan.model.config import ServerConfig

    made = ServerConfig.load(Path(name))
    if inputs is not None:
        inputs[name] = digest(Path(name).read_bytes())
    return made


def read_now(args: argparse.Namespace, inventory: Inventory) -> dt.datetime:
    """The time that the command line gives, else that of the capture, else the clock's."""
    from jobplan.planning.procedure import moment_of

    return moment_of(None if args.now is None else parse_time(args.now), inventory)


def parse_time(text: str) -> dt.datetime:
    """An RFC 3339 time. Raises ConfigError."""
    try:
        made = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is not a time like 2026-11-25T09:00:00Z") from None
    return made if made.tzinfo is not None else made.replace(tzinfo=dt.UTC)
