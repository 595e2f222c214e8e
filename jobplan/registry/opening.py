"""Opening a registry on a database, possibly filled from captured cluster state."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jobplan.errors import InventoryError
from jobplan.inventory import Inventory
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
    captured = None if inventory is None else _read(inventory)  # before a database is made that nobody wants
    store = _store(db)
    try:
        registry = Registry(store, settings=settings, acls=acls)
        if captured is not None:
            registry.import_inventory(captured)
    except BaseException:
        store.close()
        raise
    return registry


def _store(db: str) -> Store:
    if db == MEMORY:
        return MemoryStore()
    from jobplan.registry.database import SqlStore

    return SqlStore(db)


def _read(path: str | os.PathLike[str]) -> Any:
    """The objects in an inventory file. Raises InventoryError, which names the file, for what is no inventory."""
    name = os.fspath(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InventoryError(f"cannot be read: {error.strerror or error}", path=name) from None
    Inventory.from_json(data, name=name)
    return json.loads(data)
