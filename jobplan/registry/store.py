"""Where the registry keeps its records: the protocol, and the store that keeps nothing. spec: api §5.1"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

Key = tuple[Any, ...]


@dataclasses.dataclass(slots=True)
class Content:
    """All that a store holds: records by table and key, the index counter, the indexes of the tables."""

    index: int = 0
    table_index: dict[str, int] = dataclasses.field(default_factory=dict)
    tables: dict[str, dict[Key, Any]] = dataclasses.field(default_factory=dict)


class Store(Protocol):
    """A place for records. `write` is atomic and durable when it returns."""

    def read(self) -> Content: ...

    def write(self, changed: Mapping[tuple[str, Key], Any], index: int, table_index: Mapping[str, int]) -> None:
        """Replace records; None removes one."""

    def close(self) -> None: ...


class MemoryStore:
    """Keeps nothing: the state lives as long as the process."""

    def read(self) -> Content:
        return Content()

    def write(self, changed: Mapping[tuple[str, Key], Any], index: int, table_index: Mapping[str, int]) -> None:
        pass

    def close(self) -> None:
        pass
