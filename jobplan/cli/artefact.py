"""Saved plans: read back, compared with their inputs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from jobplan.cli.inputs import STDIN, digest
from jobplan.errors import InputError
from jobplan.rendering.joint import JOINT_KEY, Joint, joint_from_envelope
from jobplan.rendering.jsonout import report_from_envelope
from jobplan.rendering.options import Report
from jobplan.rendering.response import plan_response
from jobplan.source.jsontext import decode_bytes

_RESPONSE_KEYS = {"Annotations", "Diff", "FailedTGAllocs", "JobModifyIndex"}


def read_artefact(name: str) -> Report | Joint:
    """A saved plan (`jobplan plan -o`, `--format json`), or a plan response as a server answers it.

    Raises InputError for anything else.
    """
    value = _read_json(name)
    try:
        if JOINT_KEY in value:
            return joint_from_envelope(value)
        if "format_version" in value:
            return report_from_envelope(value)
        if _RESPONSE_KEYS & set(value):
            return Report(response=plan_response(value))
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    raise InputError(f"{name} is neither a saved plan nor a plan response")


def _read_json(name: str) -> dict[str, Any]:
    try:
        data = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
        value = json.loads(decode_bytes(data))
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f"{name} is neither a saved plan nor a plan response")
    return value


def input_state(name: str, expected: object) -> str:
    """`unchanged`, `changed`, `missing`, or `unknown` for what cannot be read a second time."""
    if name == STDIN or not isinstance(expected, str):
        return "unknown"
    data = _on_disk_or_in_git(name)
    if data is None:
        return "missing"
    text = decode_bytes(data).encode("utf-8", "surrogatepass")  # job files are digested as the text that was read
    return "unchanged" if expected in (digest(data), digest(text)) else "changed"


def _on_disk_or_in_git(name: str) -> bytes | None:
    """A file, or `COMMIT:PATH`, `:PATH` for one of a revision or of the index."""
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError):
        state, colon, path = name.partition(":")
    if not colon:
        return None
    from jobplan.cli.git import INDEX, GitError, Repository

    try:
        return Repository(Path.cwd()).contents(state or INDEX, [path]).get(path)
    except GitError:
        return None
