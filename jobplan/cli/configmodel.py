"""The model of a configuration file. The only module of the command line that needs pydantic for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jobplan.cli.config import Configuration, FailLevel, Misplaced
from jobplan.rules.keys import close_key
from jobplan.rules.settings import LEVELS, Ignore, Level, Settings
from jobplan.values.quoting import quoted


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, defer_build=True, alias_generator=lambda name: name.replace("_", "-")
    )


class IgnoreTable(_Table):
    """`[[check.ignore]]`: rules that are off for some files."""

    files: list[str] = Field(min_length=1)
    rules: list[str] = Field(min_length=1)
    reason: str = Field(min_length=1)


class CheckTable(_Table):
    """`[check]`."""

    fail_level: FailLevel | None = None
    exclude: list[str] = []
    server_config: str | None = None
    plugins: bool = True
    rules: dict[str, dict[str, Any]] = {}
    ignore: list[IgnoreTable] = []

    @field_validator("rules", mode="before")
    @classmethod
    def _level_alone(cls, value: Any) -> Any:
        """`"error"` is short for `{ level = "error" }`."""
        if not isinstance(value, dict):
            return value
        return {rule: {"level": setting} if isinstance(setting, str) else setting for rule, setting in value.items()}


class ConfigurationFile(_Table):
    """A whole `jobplan.toml`, or what stands below `tool.jobplan`."""

    check: CheckTable = CheckTable()


def build_configuration(document: dict[str, Any], path: Path) -> Configuration:
    """The configuration in a parsed document. Raises Misplaced."""
    try:
        check = ConfigurationFile.model_validate(document).check
    except ValidationError as error:
        raise _misplaced(error) from None
    levels: dict[str, Level] = {}
    options: dict[str, dict[str, Any]] = {}
    for rule, table in check.rules.items():
        level = table.get("level", "on")
        if level not in LEVELS:
            raise Misplaced(("check", "rules", rule), f"must be one of {', '.join(LEVELS)}")
        levels[rule] = level
        given = {name: value for name, value in table.items() if name != "level"}
        if given:
            options[rule] = given
    ignores = tuple(Ignore(tuple(item.files), tuple(item.rules), item.reason) for item in check.ignore)
    directory = path.absolute().parent
    return Configuration(
        source=str(path),
        directory=directory,
        settings=Settings(levels, options, ignores),
        fail_level=check.fail_level,
        exclude=tuple(check.exclude),
        server_config=None if check.server_config is None else directory / check.server_config,
        plugins=check.plugins,
    )


def _misplaced(error: ValidationError) -> Misplaced:
    """The first thing that is wrong, in our own words."""
    first = error.errors(include_url=False, include_context=False)[0]
    keys = tuple(str(part) for part in first["loc"])
    if first["type"] in ("model_type", "dict_type"):
        return Misplaced(keys, "must be a table")
    if first["type"] != "extra_forbidden":
        return Misplaced(keys, first["msg"][:1].lower() + first["msg"][1:])
    known = _known_keys(keys[:-1])
    close = close_key(keys[-1], known)
    hint = f"; did you mean {quoted(close)}?" if close else f"; known are {', '.join(known)}"
    return Misplaced(keys, f"unknown key{hint}")


def _known_keys(table: tuple[str, ...]) -> list[str]:
    models: dict[tuple[str, ...], type[BaseModel]] = {(): ConfigurationFile, ("check",): CheckTable}
    fields = models.get(table, IgnoreTable).model_fields
    return [str(item.alias or name) for name, item in fields.items()]
