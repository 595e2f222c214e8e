"""From whatever people have to the decoded API job: dict, envelope, JSON text, bytes, or a path. spec: model §1.7"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jobplan.errors import JobDecodeError
from jobplan.model.job import Job
from jobplan.source.decode import Decoder, described
from jobplan.source.jsontext import Pairs, decode_bytes, parse, parse_exactly

HCL_SUFFIXES = (".nomad", ".hcl", ".job")

Source = dict[str, Any] | str | bytes | os.PathLike[str]


def read_job(source: Source, *, variables: Any = None) -> dict[str, Any]:
    """The API job in `source`, with canonical keys.

    A dict or JSON text may hold the job itself or an envelope `{"Job": …}`; a path names a JSON or an HCL file.
    Raises JobDecodeError, JobspecError, or OSError where a file cannot be read.
    """
    if isinstance(source, os.PathLike):
        return _read_file(Path(source), variables)
    if isinstance(source, (bytes, bytearray)):
        source = decode_bytes(bytes(source))
    if isinstance(source, str):
        return decode_text(source)
    if isinstance(source, dict):
        return decode_job(source)
    raise JobDecodeError(f"a job must be a dict, JSON text, bytes or a path, not {type(source).__name__}")


def _read_file(path: Path, variables: Any) -> dict[str, Any]:
    data = path.read_bytes()
    if path.suffix in HCL_SUFFIXES and data.lstrip()[:1] != b"{":
        from jobplan.source.jobspec import parse_jobspec

        return decode_job(parse_jobspec(decode_bytes(data), variables=variables, filename=str(path)))
    return decode_text(decode_bytes(data))


def decode_text(text: str) -> dict[str, Any]:
    """The API job of JSON text. Only what has an error is read a second time, with number literals kept."""
    value = parse(text)
    decoder = Decoder()
    job = _guarded(decoder, value)
    if decoder.error is not None:
        decoder = Decoder()
        _guarded(decoder, parse_exactly(text))
        raise JobDecodeError(decoder.error or "the document cannot be decoded")
    return job


def decode_job(value: Any) -> dict[str, Any]:
    """The API job of a plain value: the job itself, or an envelope with a job in it."""
    decoder = Decoder()
    job = _guarded(decoder, value)
    if decoder.error is not None:
        raise JobDecodeError(decoder.error)
    return job


def _guarded(decoder: Decoder, value: Any) -> dict[str, Any]:
    try:
        return _decode(decoder, value)
    except RecursionError:
        raise JobDecodeError("the document is nested too deeply") from None


def _decode(decoder: Decoder, value: Any) -> dict[str, Any]:
    if not isinstance(value, (dict, Pairs)):
        if value is None:
            raise JobDecodeError("Job must be specified")
        raise JobDecodeError(f"json: cannot unmarshal {described(value, False)} into Go value of type api.Job")
    decoder.path.append("Job")
    inner = _enveloped(value)
    if inner is not None:
        return decoder.kind(Job, inner)
    return decoder.kind(Job, value, shown_as="")


def _enveloped(value: Any) -> Any:
    """The object under a key that matches `Job`; the last one counts."""
    found = None
    for key, item in value if isinstance(value, Pairs) else value.items():
        if len(key) == 3 and key.casefold() == "job" and isinstance(item, (dict, Pairs)):
            found = item
    return found
