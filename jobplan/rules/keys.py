"""Keys that a server passes over: unknown ones, and legacy ones that it reads and forgets. spec: model §1.3, §8"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jobplan.model.job import Job
from jobplan.model.kinds import Kind, Type
from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Subject
from jobplan.source.jsontext import Pairs
from jobplan.values.quoting import quoted

# Kind and key that a server reads and forgets → what to write instead. spec: model §8
LEGACY = {
    ("TaskGroup", "StopAfterClientDisconnect"): "Disconnect.StopOnClientAfter",
    ("TaskGroup", "MaxClientDisconnect"): "Disconnect.LostAfter",
    ("TaskGroup", "PreventRescheduleOnLost"): "Disconnect.Replace",
    ("ScalingPolicy", "Namespace"): "the namespace of the job",
    ("ServiceCheck", "Advertise"): "Service.Address",
    ("LogConfig", "Enabled"): "LogConfig.Disabled",
    ("Vault", "Policies"): "Vault.Role",
    ("Resources", "DiskMB"): "EphemeralDisk.SizeMB",
    ("NetworkResource", "Device"): "Port.HostNetwork",
}
# Kind and key that a server reads under an old spelling → the new one.
OLD_SPELLINGS = {
    ("ConsulProxy", "ExposeConfig"): "Expose",
    ("ConsulExposeConfig", "Path"): "Paths",
}

_JOB = Type("object", Job, "api.Job")


def unknown_keys(subject: Subject, _options: Options) -> Iterator[Found]:
    """Keys of the JSON document that no kind knows: a server drops them without a word. spec: model §1.3"""
    document = _unwrapped(subject.document)
    for path, cls, pairs in _objects(document, _JOB, ""):
        for key, _ in pairs:
            if _row_wire(cls, key) is None:
                yield Found(f"{path}/{escaped(key)}", _unknown(cls, key))


def _unknown(cls: type[Kind], key: str) -> str:
    close = close_key(key, cls.BY_WIRE)
    hint = "" if close is None else f"; did you mean {quoted(close)}?"
    return f"{cls.__name__} has no key {quoted(key)}, a server ignores it{hint}"


def legacy_keys(subject: Subject, _options: Options) -> Iterator[Found]:
    """Legacy keys with a value that is not zero."""
    for path, cls, pairs in _objects(subject.api, _JOB, ""):
        for key, value in pairs:
            name = cls.__name__, key
            if value and name in LEGACY:
                yield Found(f"{path}/{key}", f"{key} is read and ignored; use {LEGACY[name]}")
            elif value and name in OLD_SPELLINGS:
                yield Found(f"{path}/{key}", f"{key} is an old spelling of {OLD_SPELLINGS[name]}")


def escaped(key: str) -> str:
    """A key as a token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def close_key(key: str, known: Iterable[str]) -> str | None:
    """The known key that was most likely meant: the same but for case and underscores, or a few letters off."""
    import difflib

    folded = {_plain(wire): wire for wire in known}
    if _plain(key) in folded:
        return folded[_plain(key)]
    close = difflib.get_close_matches(_plain(key), folded, 1, 0.7)
    return folded[close[0]] if close else None


def _plain(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "")


def _unwrapped(document: Any) -> Any:
    """The job inside an envelope, as decoding finds it. spec: model §1.7"""
    found = None
    for key, value in _pairs(document):
        if len(key) == 3 and key.casefold() == "job" and _is_object(value):
            found = value
    return document if found is None else found


def _row_wire(cls: type[Kind], key: str) -> str | None:
    """The wire name of a key, also of one that only the stored form has; None: unknown."""
    row = cls.BY_WIRE.get(key) or cls.BY_FOLDED.get(key.casefold())
    if row is not None:
        wire: str = row.wire
        return wire
    return next((row.wire for row in cls.ROWS if row.out == key or row.wire == key), None)


def _objects(value: Any, type_: Type, path: str) -> Iterator[tuple[str, type[Kind], list[tuple[str, Any]]]]:
    """Every object of a known kind in a JSON value, from the outside in: pointer, kind, its pairs."""
    if type_.shape == "list":
        if isinstance(value, list) and not _is_object(value) and type_.of.shape != "scalar":
            for index, item in enumerate(value):
                yield from _objects(item, type_.of, f"{path}/{index}")
        return
    if type_.shape == "scalar" or not _is_object(value):
        return
    pairs = _pairs(value)
    if type_.shape == "map":
        if type_.of.shape != "scalar":
            for key, item in pairs:
                yield from _objects(item, type_.of, f"{path}/{escaped(key)}")
        return
    cls: type[Kind] = type_.of
    yield path, cls, pairs
    for key, item in pairs:
        wire = _row_wire(cls, key)
        row = None if wire is None else cls.BY_WIRE.get(wire)
        if row is not None:
            yield from _objects(item, row.type, f"{path}/{escaped(key)}")


def _is_object(value: Any) -> bool:
    """A dict, or the pairs of an object in which a key is repeated (see source.jsontext)."""
    return isinstance(value, (dict, Pairs))


def _pairs(value: Any) -> list[tuple[str, Any]]:
    if not _is_object(value):
        return []
    return list(value.items()) if isinstance(value, dict) else list(value)
