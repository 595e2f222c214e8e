"""The configuration of a repository: `jobplan.toml`, or `[tool.jobplan]` in `pyproject.toml`, above the job files.

    [check]
    fail-level = "warning"                     # error (default), warning, note, never
    exclude = ["vendor/*"]                     # files that are not looked at in directories
    server-config = "server.toml"
    plugins = true                             # rules of installed packages

    [check.rules]
    "task/latest-image" = "error"              # error, warning, note, on, off
    "schedule/*" = "off"
    "task/forbidden-driver" = { level = "error", drivers = ["raw_exec"] }

    [[check.ignore]]
    files = ["legacy/*"]
    rules = ["task/no-memory"]
    reason = "moved to the new cluster in spring"

In `pyproject.toml` everything stands below `tool.jobplan`. Only a file that exists loads the model (`configmodel`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jobplan.errors import ConfigError
from jobplan.rules.settings import Settings

FailLevel: TypeAlias = Literal["error", "warning", "note", "never"]
FAIL_LEVELS: tuple[FailLevel, ...] = ("error", "warning", "note", "never")
_NAMES = ("jobplan.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says about `jobplan check`; without a file: the defaults.

    `source`: the file, `""` none. `directory`: where it stands; file patterns are relative to it.
    """

    source: str = ""
    directory: Path = field(default_factory=Path)
    settings: Settings = field(default_factory=Settings)
    fail_level: FailLevel | None = None
    exclude: tuple[str, ...] = ()
    server_config: Path | None = None
    plugins: bool = True

    def relative(self, name: str) -> str:
        """A file name as file patterns see it: relative to the configuration, with `/`."""
        try:
            return Path(name).absolute().relative_to(self.directory).as_posix()
        except ValueError:
            return Path(name).as_posix()


def find_configuration(start: Path) -> Path | None:
    """The nearest configuration file in a directory or above it; in one directory `jobplan.toml` comes first.

    A `pyproject.toml` counts if it has a table `tool.jobplan`. Raises ConfigError where that cannot be told.
    """
    directory = start.absolute()
    for folder in (directory, *directory.parents):
        for path in (folder / name for name in _NAMES):
            if path.is_file() and (path.name != "pyproject.toml" or _has_our_table(path)):
                return path
    return None


def _has_our_table(path: Path) -> bool:
    if b"jobplan" not in path.read_bytes():
        return False
    try:
        return "jobplan" in (_parse(path).get("tool") or {})
    except ConfigError:
        if b"tool.jobplan" in path.read_bytes():
            raise
        return False


def read_configuration(path: Path) -> Configuration:
    """A configuration file. Raises ConfigError with the file, the line and the key."""
    from jobplan.cli.configmodel import build_configuration

    document = _parse(path)
    root = ("tool", "jobplan") if path.name == "pyproject.toml" else ()
    for key in root:
        document = document.get(key) or {}
    try:
        return build_configuration(document, path)
    except Misplaced as fault:
        raise located_error(path, (*root, *fault.keys), fault.text) from None


class Misplaced(Exception):
    """A setting that cannot be used: its keys from the root of the configuration, and why."""

    def __init__(self, keys: tuple[str, ...], text: str) -> None:
        self.keys, self.text = keys, text
        super().__init__(text)


def located_error(path: Path, keys: tuple[str, ...], text: str) -> ConfigError:
    """The error about a setting in a file, with its line where that can be found."""
    line = line_of(path.read_text(encoding="utf-8", errors="replace"), keys)
    return ConfigError(text, key=".".join(keys), source=f"{path}:{line}" if line else str(path))


def _parse(path: Path) -> dict[str, Any]:
    """A TOML document. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        fault = "is not UTF-8 text"
    except OSError as error:
        fault = str(error.strerror or error)
    except tomllib.TOMLDecodeError as error:
        fault = str(error)
    raise ConfigError(fault, source=str(path))


# ---- places ----------------------------------------------------------------------------------------------------------


def line_of(text: str, keys: tuple[str, ...]) -> int:
    """The line, from 1, of a key in a TOML text, or of the nearest table around it; 0: unknown."""
    best, length = 0, 0
    for line, path in _key_lines(text):
        common = next((i for i, (a, b) in enumerate(zip(path, keys)) if a != b), min(len(path), len(keys)))
        if common > length and common == min(len(path), len(keys)):
            best, length = line, common
    return best


def _key_lines(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line that begins a table or sets a key, with all its keys; elements of arrays of tables are counted."""
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            keys = _keys(stripped if not stripped.startswith("[[") else stripped[1:].replace("]]", "]", 1))
            if keys is None:
                continue
            if stripped.startswith("[["):
                counts[keys] = counts.get(keys, -1) + 1
                keys = (*keys, str(counts[keys]))
            table = keys
            yield number, table
        elif "=" in stripped and not stripped.startswith("#"):
            keys = _keys(stripped) or _keys(stripped.partition("=")[0] + "= 0")
            if keys is not None:
                yield number, (*table, *keys)


def _keys(line: str) -> tuple[str, ...] | None:
    """The keys that one line of TOML sets; None: it is not whole."""
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    header = line.startswith("[")
    keys: list[str] = []
    while isinstance(value, dict) and value and (header or not keys or len(value) == 1):
        key = next(iter(value))
        keys.append(key)
        value = value[key]
    return tuple(keys)
