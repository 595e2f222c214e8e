"""What the engine reads of a server's configuration: the plain form of `ServerConfig`.

`ServerConfig` (pydantic) checks what people write; the engine reads this slotted form, whose defaults need no import of
pydantic at all. Same names, same defaults: a test holds the two together. spec: admission §1.4
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class IdentitySettings:
    """A workload identity that the server adds to jobs; `ttl` in ns."""

    audience: tuple[str, ...] | None = None
    env: bool = False
    file: bool = False
    filepath: str = ""
    ttl: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class VaultSettings:
    """The Vault cluster `default`: known, but off unless `enabled`."""

    enabled: bool = False
    default_identity: IdentitySettings | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ConsulSettings:
    """The Consul cluster `default`, which is always known."""

    service_identity: IdentitySettings | None = None
    task_identity: IdentitySettings | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class NamespaceSettings:
    """Capabilities of a namespace; an empty enabled list allows everything. spec: admission §6.5"""

    enabled_task_drivers: tuple[str, ...] = ()
    disabled_task_drivers: tuple[str, ...] = ()
    enabled_network_modes: tuple[str, ...] = ()
    disabled_network_modes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The settings that decide about a job."""

    region: str = "global"
    job_default_priority: int = 50
    job_max_priority: int = 100
    job_max_count: int = 50000
    """0: unlimited."""
    job_max_source_size: int = 1_000_000
    """Bytes."""
    vault: VaultSettings = VaultSettings()
    consul: ConsulSettings = ConsulSettings()
    memory_oversubscription: bool = False
    """The scheduler configuration's setting."""
    pool_memory_oversubscription: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    """Node pools that override `memory_oversubscription`."""
    node_pools: tuple[str, ...] = ()
    """Further existing node pools; `default` and `all` always exist."""
    namespaces: Mapping[str, NamespaceSettings | None] = dataclasses.field(default_factory=dict)
    """Further existing namespaces (and `default`, to restrict it) → capabilities, None without restrictions."""
    reject_job_registration: bool = False
    fips: bool = False
    """FIPS-140 mode: artifact checksums by md5 and sha1 are refused."""


DEFAULT_SETTINGS = Settings()
