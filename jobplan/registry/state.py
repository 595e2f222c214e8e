"""The state in memory: tables with a journal, listing by job, and the inventory that the engine plans on.

Changes are made inside `State.transaction`: they are written to the store in one go when the block ends, before
anybody is told; an exception takes them all back. A `savepoint` takes back a part. spec: api §5
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

from jobplan.inventory import Inventory, JobVersion, Node
from jobplan.inventory.pools import NodePool, SchedulerConfig
from jobplan.registry import records as rec
from jobplan.registry.records import JobKey, Key
from jobplan.registry.store import Store

_MISSING: Any = object()
_OWNERS = "owners of deployments"
Touch = tuple[str, str, str]
"""Table, namespace and job ID of a changed record: what blocking reads wait for."""


def _group(table: str, key: Key, record: Any) -> Key | None:
    """The group under which a record is listed; None: the table is not listed by job."""
    if table in rec.VERSION_LIKE:
        return key[:2]
    if table == rec.JOBS:
        parent = record.job.parent_id
        return (key[0], parent) if parent else None
    if table == rec.ALLOCATIONS:
        return record.version.key  # type: ignore[no-any-return]
    if table == rec.DEPLOYMENTS:
        return record.namespace, record.job_id
    if table == rec.EVALUATIONS:
        return record["Namespace"], record["JobID"]
    return None


@dataclasses.dataclass(slots=True)
class _Change:
    table: str
    key: Key
    before: Any


class State:
    """All records, the index counter, and the indexes of the tables."""

    def __init__(self, store: Store, *, kept_versions: int = 6) -> None:
        self.store = store
        self.kept_versions = kept_versions
        self.lock = threading.RLock()
        self.index = 1
        self.table_index: dict[str, int] = {}
        self.tables: dict[str, dict[Key, Any]] = {table: {} for table in rec.TABLES}
        self._groups: dict[str, dict[Key, dict[Key, None]]] = {table: {} for table in rec.TABLES}
        self.pending: dict[Key, None] = {}
        """Keys of the evaluations that are pending, in the order in which they became so."""
        self.freed = False
        """Whether room became free since somebody last looked: blocked evaluations may be worth another try."""
        self._journal: list[_Change] = []
        self._depth = 0
        self._dirty: dict[str, set[Key]] = {}
        self._inventory = Inventory()
        self._listeners: list[Callable[[frozenset[Touch]], None]] = []

    # ---- reading ---------------------------------------------------------------------------------------------------

    def get(self, table: str, *key: Any) -> Any:
        """A record, or None."""
        return self.tables[table].get(key)

    def listed(self, table: str, *group: Any) -> list[Any]:
        """The records of a group (job, or parent for the jobs table), in the order of their keys."""
        records = self.tables[table]
        return [records[key] for key in sorted(self._groups[table].get(group, ()))]

    def table_indexes(self, *tables: str) -> int:
        """The highest index of some tables; 0 if they were never written."""
        return max((self.table_index.get(table, 0) for table in tables), default=0)

    # ---- changing --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[State]:
        """Changes of one request. Nested blocks belong to the outermost one."""
        with self.lock:
            self._depth += 1
            try:
                yield self
                if self._depth == 1:
                    self._flush()
            except BaseException:
                if self._depth == 1:
                    self.rollback(0)
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    touched = self._touched()
                    self._journal.clear()
            if self._depth == 0 and touched:
                for listener in list(self._listeners):
                    listener(touched)

    def next_index(self) -> int:
        """Begin a write: its index."""
        assert self._depth, "writes belong into a transaction"
        self.index += 1
        return self.index

    def savepoint(self) -> int:
        return len(self._journal)

    def rollback(self, savepoint: int) -> None:
        """Take back everything since a savepoint. Indexes that were given out stay used."""
        while len(self._journal) > savepoint:
            change = self._journal.pop()
            self._set(change.table, change.key, change.before)

    def put(self, table: str, key: Key, record: Any, *, index: int | None = None) -> None:
        """Write a record; `index` moves the table's index."""
        assert self._depth
        before = self.tables[table].get(key, _MISSING)
        self._journal.append(_Change(table, key, before))
        self._set(table, key, record)
        if table == rec.NODES or (table == rec.ALLOCATIONS and record.terminal):
            self.freed = True
        if index is not None:
            self.table_index[table] = index

    def delete(self, table: str, key: Key, *, index: int | None = None) -> bool:
        """Remove a record; whether it was there."""
        assert self._depth
        before = self.tables[table].get(key, _MISSING)
        if before is _MISSING:
            return False
        self._journal.append(_Change(table, key, before))
        self._set(table, key, _MISSING)
        if index is not None:
            self.table_index[table] = index
        return True

    def _set(self, table: str, key: Key, record: Any) -> None:
        records, groups = self.tables[table], self._groups[table]
        before = records.get(key, _MISSING)
        if before is not _MISSING:
            group = _group(table, key, before)
            if group is not None:
                members = groups[group]
                del members[key]
                if not members:
                    del groups[group]
        if record is _MISSING:
            records.pop(key, None)
        else:
            records[key] = record
            group = _group(table, key, record)
            if group is not None:
                groups.setdefault(group, {})[key] = None
        if table == rec.EVALUATIONS:
            self.pending.pop(key, None)
            if record is not _MISSING and record["Status"] == "pending":
                self.pending[key] = None
        self._dirty.setdefault(table, set()).add(key)
        if table == rec.DEPLOYMENTS:
            owners = {(item.namespace, item.job_id) for item in (before, record) if item is not _MISSING}
            self._dirty.setdefault(_OWNERS, set()).update(owners)

    def _flush(self) -> None:
        changed: dict[tuple[str, Key], Any] = {}
        for change in self._journal:
            changed[change.table, change.key] = self.tables[change.table].get(change.key)
        if changed:
            self.store.write(changed, self.index, self.table_index)

    def _touched(self) -> frozenset[Touch]:
        """Which jobs the changes of the transaction are about, table by table."""
        made: set[Touch] = set()
        for change in self._journal:
            now = self.tables[change.table].get(change.key, _MISSING)
            for record in (change.before, now):
                if record is not _MISSING:
                    made.add((change.table, *_subject(change.table, change.key, record)))
        return frozenset(made)

    def listen(self, listener: Callable[[frozenset[Touch]], None]) -> Callable[[], None]:
        """Call `listener` after each transaction with what it touched; gives the function that ends it."""
        with self.lock:
            self._listeners.append(listener)

        def end() -> None:
            with self.lock, contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return end

    # ---- loading -----------------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Everything that the store holds."""
        with self.lock:
            content = self.store.read()
            self.index, self.table_index = max(content.index, 1), dict(content.table_index)
            for table, records in content.tables.items():
                for key, record in records.items():
                    self._set(table, key, record)

    # ---- the engine's view -----------------------------------------------------------------------------------------

    def inventory(self) -> Inventory:
        """The state as the engine wants it; the same object as long as nothing changes."""
        with self.lock:
            if self._dirty:
                self._inventory = self._updated(self._inventory)
                self._dirty = {}
            return self._inventory

    def _updated(self, inventory: Inventory) -> Inventory:
        dirty = self._dirty
        if rec.NODES in dirty:
            changed, gone = self._split(rec.NODES)
            nodes = [Node.from_api(api) for api in changed]
            inventory = inventory.with_nodes(nodes, without=[key[0] for key in gone])
        if rec.ALLOCATIONS in dirty:
            changed, gone = self._split(rec.ALLOCATIONS)
            inventory = inventory.with_allocations(changed, without=[key[0] for key in gone])
        if rec.JOBS in dirty:
            inventory = dataclasses.replace(inventory, jobs=self._jobs(inventory))
        if rec.JOBS in dirty or rec.VERSIONS in dirty:
            inventory = dataclasses.replace(inventory, old_versions=self._old_versions(inventory))
        if rec.DEPLOYMENTS in dirty:
            inventory = dataclasses.replace(inventory, deployments=self._deployments(inventory))
        if rec.SETTINGS in dirty:
            pools = {
                name: NodePool.from_api(pool)
                for name, pool in sorted((self.get(rec.SETTINGS, "node_pools") or {}).items())
            }
            config = SchedulerConfig.from_api(self.get(rec.SETTINGS, "scheduler"))
            inventory = dataclasses.replace(inventory, node_pools=pools, scheduler_config=config)
        return inventory

    def _split(self, table: str) -> tuple[list[Any], list[Key]]:
        records = self.tables[table]
        keys = self._dirty[table]
        return [records[key] for key in keys if key in records], [key for key in keys if key not in records]

    def _jobs(self, inventory: Inventory) -> dict[JobKey, JobVersion]:
        made = dict(inventory.jobs)
        known = len(made)
        for key in self._dirty[rec.JOBS]:
            record = self.tables[rec.JOBS].get(key)
            if record is None:
                known -= made.pop(key, None) is not None
            else:
                made[key] = record
        return made if len(made) == known else dict(sorted(made.items()))

    def _old_versions(self, inventory: Inventory) -> dict[JobKey, tuple[JobVersion, ...]]:
        made = dict(inventory.old_versions)
        folded = {(key[0], key[1].lower()) for table in (rec.JOBS, rec.VERSIONS) for key in self._dirty.get(table, ())}
        for key in [key for key in made if (key[0], key[1].lower()) in folded]:
            del made[key]
        for group in folded:
            for version in reversed(self.listed(rec.VERSIONS, *group)):
                stored = self.tables[rec.JOBS].get(version.key)
                if stored is None or stored.version != version.version:
                    made[version.key] = (*made.get(version.key, ()), version)
        return made

    def _deployments(self, inventory: Inventory) -> dict[JobKey, tuple[Any, ...]]:
        made = dict(inventory.deployments)
        for owner in self._dirty[_OWNERS]:
            items = sorted(self.listed(rec.DEPLOYMENTS, *owner), key=lambda item: (-item.create_index, item.id))
            made[owner] = tuple(items)
        return made


def _subject(table: str, key: Key, record: Any) -> tuple[str, str]:
    """Namespace and job ID that a record is about; empty for records about no job."""
    if table == rec.ALLOCATIONS:
        return record.version.key  # type: ignore[no-any-return]
    if table == rec.DEPLOYMENTS:
        return record.namespace, record.job_id
    if table == rec.EVALUATIONS:
        return record["Namespace"], record["JobID"]
    if table == rec.VERSIONS:
        return record.key  # type: ignore[no-any-return]
    if table == rec.SUBMISSIONS:
        return record["Namespace"], record["JobID"]
    if table in (rec.NODES, rec.SETTINGS):
        return "", ""
    return key[0], key[1]
