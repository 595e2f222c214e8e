"""Opening a registry on a database, possibly filled from captured cluster state."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jobplan.errors import InventoryError
from jobplan.model.settings import DEFAULT_SETTINGS, Settings
from jobplan.registry.registry import Registry
from jobplan.registry.store import MemoryStore, Store

MEMORY = "memory"


def open_registry(
    db: str = MEMORY,
    *,
    inventory: str | os.PathLike[str] | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    acls: bool = False,
) -> Registry:
    """A registry on a SQLite file, a database URL, or in memory.

    `inventory`: a file of captured cluster state to start from. Raises StoreError, InventoryError. Needs SQLAlchemy
    unless it is in memory (`pip install jobplan[server]`).
    """
    registry = Registry(_store(db), settings=settings, acls=acls)
    if inventory is not None:
        registry.import_inventory(_read(inventory))
    return registry


def _store(db: str) -> Store:
    if db == MEMORY:
        return MemoryStore()
    from jobplan.registry.database import SqlStore

    return SqlStore(db)


def _read(path: str | os.PathLike[str]) -> Any:
    try:
        return json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror or error}", path=os.fspath(path)) from None
    except ValueError as error:
        raise InventoryError(f"is not JSON: {error}", path=os.fspath(path)) from None
