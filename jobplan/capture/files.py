"""Inventory files: read with what they say about their redaction, written as a whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from jobplan.capture.redaction import Redaction
from jobplan.errors import InventoryError
from jobplan.inventory import Inventory

_PRIVATE = 0o600
"""Environments of jobs hold secrets."""


def write_capture(inventory: dict[str, Any], path: str | os.PathLike[str]) -> int:
    """Write an inventory file; gives its size in bytes.

    The text goes to a new file beside it, which takes the old one's place (and its permissions) when it is complete:
    an interruption, a full disk or a crash leave the old file as it was. A link is followed.
    """
    target = Path(os.path.realpath(path))
    data = encode_inventory(inventory)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else _PRIVATE)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return len(data)


def encode_inventory(inventory: dict[str, Any]) -> bytes:
    """One object a line: small enough to load fast, and to be compared by line."""
    lines = []
    for key, value in inventory.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(_compact(item) for item in value)
            lines.append(f"{_compact(key)}:[\n{rows}\n]")
        else:
            lines.append(f"{_compact(key)}:{_compact(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "surrogatepass")


def _compact(value: Any) -> str:
    # Lone surrogates, which JSON can hold, are no UTF-8: they stay escapes.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def read_capture(path: str | os.PathLike[str], *, salt: str | None = None) -> tuple[Inventory, Redaction | None]:
    """An inventory file, and how it is redacted (None: not at all).

    Plan `redaction.submitted(job)` instead of `job` against a redacted one. `salt`: see `Redaction.of`. Raises
    InventoryError, ConfigError.
    """
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror or error}", path=name) from None
    return Inventory.from_json(data, name=name), redaction_in(data, salt)


def redaction_in(data: bytes, salt: str | None = None) -> Redaction | None:
    """How the inventory in this JSON text is redacted; costs next to nothing for one that is not."""
    if b'"Redaction"' not in data:
        return None
    return Redaction.of(json.loads(data), salt)
