"""`ServerConfig`: what a server's configuration contributes to an answer.

The only module of the model that needs pydantic; the engine reads the plain `Settings` made from it.
spec: admission §1.4, interface (ServerConfig)
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from jobplan.errors import ConfigError
from jobplan.model.settings import (
    ConsulSettings,
    IdentitySettings,
    NamespaceSettings,
    Settings,
    VaultSettings,
)
from jobplan.values.durations import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND

__all__ = ["ServerConfig"]

_DURATION_UNITS = {
    "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": MICROSECOND, "µs": MICROSECOND, "ns": 1,
}  # fmt: skip
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_SIZE_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?i?)b?", re.IGNORECASE)


def _nanoseconds(value: Any) -> Any:
    """`"1h30m"` or a number of ns."""
    if not isinstance(value, str):
        return value
    parts = _DURATION_PART.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError('a duration is a number of nanoseconds or text like "1h30m"')
    return sum(round(float(number) * _DURATION_UNITS[unit]) for number, unit in parts)


def _bytes(value: Any) -> Any:
    """`"1M"`, `"512KiB"` or a number of bytes."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None or match[2].lower() not in _SIZE_UNITS:
        raise ValueError('a size is a number of bytes or text like "1M"')
    return int(float(match[1]) * _SIZE_UNITS[match[2].lower()])


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True)


class ServerIdentity(_Part):
    """A workload identity that the server adds; keys as in the API, `TTL` in ns or as text."""

    audience: tuple[str, ...] | None = Field(None, alias="Audience", strict=False)
    env: bool = Field(False, alias="Env")
    file: bool = Field(False, alias="File")
    filepath: str = Field("", alias="Filepath")
    ttl: Annotated[int, BeforeValidator(_nanoseconds)] = Field(0, alias="TTL")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return _without_nulls(value)


class VaultConfig(_Part):
    """The Vault cluster `default`."""

    enabled: bool = False
    default_identity: ServerIdentity | None = None


class ConsulConfig(_Part):
    """The Consul cluster `default`."""

    service_identity: ServerIdentity | None = None
    task_identity: ServerIdentity | None = None


class NamespaceConfig(_Part):
    """Capabilities of a namespace; an empty enabled list allows everything. spec: admission §6.5"""

    enabled_task_drivers: tuple[str, ...] = Field((), strict=False)
    disabled_task_drivers: tuple[str, ...] = Field((), strict=False)
    enabled_network_modes: tuple[str, ...] = Field((), strict=False)
    disabled_network_modes: tuple[str, ...] = Field((), strict=False)


class ServerConfig(_Part):
    """Settings of a server that decide about jobs; without arguments those of a default server. Frozen.

    Made from keyword arguments, `from_api` (a dict) or `load` (a file). `settings` is the form the engine reads.
    """

    region: str = Field("global", min_length=1)
    job_default_priority: int = Field(50, ge=50)
    job_max_priority: int = Field(100, ge=100, le=32766)
    job_max_count: int = Field(50000, ge=0)
    job_max_source_size: Annotated[int, BeforeValidator(_bytes)] = Field(1_000_000, ge=0)
    vault: VaultConfig = VaultConfig()
    consul: ConsulConfig = ConsulConfig()
    memory_oversubscription: bool = False
    pool_memory_oversubscription: dict[str, bool] = Field(default_factory=dict)
    node_pools: tuple[str, ...] = Field((), strict=False)
    namespaces: dict[str, NamespaceConfig | None] = Field(default_factory=dict)
    reject_job_registration: bool = False
    fips: bool = False

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _config_error(error) from None

    @model_validator(mode="after")
    def _priorities_agree(self) -> ServerConfig:
        if self.job_default_priority >= self.job_max_priority:
            raise ValueError("job_default_priority must be lower than job_max_priority")
        return self

    @classmethod
    def from_api(cls, obj: Mapping[str, Any]) -> ServerConfig:
        """A configuration from a dict with the keys of spec/interface.md, all optional; null means the default.

        Raises `ConfigError` for an unknown key or a value of the wrong type or range.
        """
        if not isinstance(obj, Mapping):
            raise ConfigError("a server configuration is an object")
        return cls(**{str(key): value for key, value in obj.items() if value is not None})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ServerConfig:
        """Read a TOML file with these keys, or a captured `GET /v1/agent/self` (JSON).

        Raises `ConfigError`, whose `source` is the path.
        """
        source = os.fspath(path)
        try:
            text = pathlib.Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise ConfigError(f"cannot be read: {reason}", source=source) from None
        try:
            return cls.from_api(_parsed(text))
        except ConfigError as error:
            message = str(error).removeprefix(f"{error.key}: ")
            raise ConfigError(message, key=error.key, source=source) from None

    @functools.cached_property
    def settings(self) -> Settings:
        """The plain form for the engine."""
        plain = {name: getattr(self, name) for name in type(self).model_fields}
        plain["vault"] = VaultSettings(self.vault.enabled, _identity(self.vault.default_identity))
        plain["consul"] = ConsulSettings(_identity(self.consul.service_identity), _identity(self.consul.task_identity))
        plain["namespaces"] = {
            name: None if part is None else NamespaceSettings(**part.model_dump())
            for name, part in self.namespaces.items()
        }
        return Settings(**plain)


def _identity(identity: ServerIdentity | None) -> IdentitySettings | None:
    return None if identity is None else IdentitySettings(**identity.model_dump())


def _config_error(error: ValidationError) -> ConfigError:
    """The first thing that is wrong, with the place as dotted key."""
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = "unknown setting"
    return ConfigError(message, key=".".join(str(part) for part in first["loc"]))


# ---- files -----------------------------------------------------------------------------------------------------


def _parsed(text: str) -> dict[str, Any]:
    if text.lstrip()[:1] == "{":
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"is not JSON: {error}") from None
        except RecursionError:
            raise ConfigError("is nested too deeply") from None
        agent = value.get("config")
        return _from_agent(agent) if isinstance(agent, dict) else dict(value)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not TOML: {error}") from None


def _from_agent(agent: dict[str, Any]) -> dict[str, Any]:
    """The settings that an agent shows of itself; what it does not show keeps its default."""
    server = _object(agent, "Server")
    vault, consul = _default_cluster(agent, "Vaults", "Vault"), _default_cluster(agent, "Consuls", "Consul")
    scheduler = _object(server, "DefaultSchedulerConfig")
    found = {
        "region": agent.get("Region") or None,
        "job_default_priority": server.get("JobDefaultPriority") or None,
        "job_max_priority": server.get("JobMaxPriority") or None,
        "job_max_count": server.get("JobMaxCount"),
        "job_max_source_size": server.get("JobMaxSourceSize") or None,
        "memory_oversubscription": scheduler.get("MemoryOversubscriptionEnabled"),
        "reject_job_registration": scheduler.get("RejectJobRegistration"),
        "vault": {
            "enabled": vault.get("Enabled") is True,
            "default_identity": _agent_identity(vault, "DefaultIdentity"),
        },
        "consul": {
            "service_identity": _agent_identity(consul, "ServiceIdentity"),
            "task_identity": _agent_identity(consul, "TaskIdentity"),
        },
    }
    return {key: value for key, value in found.items() if value is not None}


def _object(owner: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = owner.get(key)
    return value if isinstance(value, dict) else {}


def _default_cluster(agent: Mapping[str, Any], many: str, single: str) -> dict[str, Any]:
    """The cluster `default`: an element of the list, or the only block of older agents."""
    for cluster in agent.get(many) or ():
        if isinstance(cluster, dict) and cluster.get("Name") in ("default", "", None):
            return cluster
    return _object(agent, single)


def _agent_identity(cluster: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    identity = cluster.get(key)
    if not isinstance(identity, dict):
        return None
    return {
        key: identity[key] for key in ("Audience", "Env", "File", "Filepath", "TTL") if identity.get(key) is not None
    }


def _without_nulls(value: Any) -> Any:
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, Mapping) else value
