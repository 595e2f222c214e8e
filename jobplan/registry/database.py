"""The store in SQLite or PostgreSQL, through SQLAlchemy Core.

One process writes: SQLite is opened exclusively (write-ahead log, every commit synced), PostgreSQL is locked with an
advisory lock. All records of a write are one database transaction.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from jobplan.inventory import Allocation, Deployment, JobVersion
from jobplan.registry import records as rec
from jobplan.registry.faults import StoreError
from jobplan.registry.migrations import META, TABLES, migrate
from jobplan.registry.records import job_api, spec_key
from jobplan.registry.store import Content, Key

POSTGRES_LOCK = 0x6A6F62706C616E
BUSY = "{}: another process has the database open"
BROKEN = "{}: {}"


class SqlStore:
    """Raises StoreError where the database cannot be opened, read or written."""

    def __init__(self, url: str) -> None:
        """`url`: a path of a SQLite file, or a database URL of SQLAlchemy."""
        self.url = url if "://" in url else f"sqlite:///{url}"
        self._shown = sa.make_url(self.url).render_as_string(hide_password=True)
        try:
            self._engine = sa.create_engine(self.url, poolclass=sa.pool.NullPool, **_arguments(self.url))
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _prepare_sqlite)
                sa.event.listen(self._engine, "begin", _begin_immediate)
            self._connection = self._engine.connect()
            try:
                if self._engine.dialect.name == "postgresql":
                    self._lock_postgres()
                with self._connection.begin():
                    migrate(self._connection)
            except BaseException:
                self.close()
                raise
        except sa.exc.OperationalError as error:
            busy = "locked" in str(error)
            raise StoreError(BUSY.format(self._shown) if busy else BROKEN.format(self._shown, error.orig)) from None
        except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as error:
            raise StoreError(BROKEN.format(self._shown, error)) from None

    def _lock_postgres(self) -> None:
        got = self._connection.execute(sa.text("SELECT pg_try_advisory_lock(:key)"), {"key": POSTGRES_LOCK}).scalar()
        self._connection.commit()
        if not got:
            raise StoreError(BUSY.format(self._shown))

    def read(self) -> Content:
        content = Content()
        try:
            with self._connection.begin():
                meta = {row[0]: row[1] for row in self._connection.execute(sa.select(META.c.name, META.c.value))}
                rows = {
                    name: [(row[0], row[1]) for row in self._connection.execute(sa.select(table.c.key, table.c.body))]
                    for name, table in TABLES.items()
                }
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(BROKEN.format(self._shown, error)) from None
        content.index = int(meta.get("index", 0))
        content.table_index = json.loads(meta.get("table_index", "{}"))
        specs: dict[Key, JobVersion] = {}
        # Job versions of allocations first: the allocations share them.
        for name in (rec.SPECS, *(table for table in rec.TABLES if table != rec.SPECS)):
            decode = DECODERS.get(name, _as_it_is)
            content.tables[name] = {tuple(json.loads(key)): decode(json.loads(body), specs) for key, body in rows[name]}
            if name == rec.SPECS:
                specs.update(content.tables[name])
        return content

    def write(self, changed: Mapping[tuple[str, Key], Any], index: int, table_index: Mapping[str, int]) -> None:
        by_table: dict[str, list[tuple[str, Any]]] = {}
        for (table, key), record in changed.items():
            by_table.setdefault(table, []).append((json.dumps(key, ensure_ascii=False), record))
        try:
            with self._connection.begin():
                for name, records in by_table.items():
                    self._write_table(name, records)
                self._connection.execute(
                    _UPDATE_META,
                    [
                        {"at": "index", "to": str(index)},
                        {"at": "table_index", "to": json.dumps(table_index)},
                    ],
                )
        except sa.exc.SQLAlchemyError as error:
            self._reconnect(error)
            raise StoreError(BROKEN.format(self._shown, error)) from None

    def _reconnect(self, error: sa.exc.SQLAlchemyError) -> None:
        """After the database server went away: a new connection, and the lock again, for the next write."""
        lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
        if not lost and not self._connection.invalidated:
            return
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._connection.close()
        self._engine.dispose()
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            self._connection = self._engine.connect()
            self._lock_postgres()

    def _write_table(self, name: str, records: list[tuple[str, Any]]) -> None:
        table = TABLES[name]
        encode = ENCODERS.get(name, _as_it_is)
        self._connection.execute(
            table.delete().where(table.c.key == sa.bindparam("gone")), [{"gone": key} for key, _ in records]
        )
        rows = [
            {"key": key, "namespace": _namespace(key), "body": _text(encode(record, {}))}
            for key, record in records
            if record is not None
        ]
        if rows:
            self._connection.execute(table.insert(), rows)

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


_UPDATE_META = META.update().where(META.c.name == sa.bindparam("at")).values(value=sa.bindparam("to"))


def _arguments(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"check_same_thread": False, "timeout": 2.0}}
    return {}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _namespace(key: str) -> str:
    first = json.loads(key)
    return str(first[0]) if len(first) > 1 else ""


# ---- records as JSON values ------------------------------------------------------------------------------------------

_Specs = Mapping[Key, JobVersion]


def _as_it_is(value: Any, _specs: _Specs) -> Any:
    return value


def _decode_version(value: Any, _specs: _Specs) -> JobVersion:
    return JobVersion(value)


def _decode_allocation(value: Any, specs: _Specs) -> Allocation:
    version = specs[tuple(value["Version"])]
    return Allocation.from_api(value["Allocation"], lambda _obj, _path: version)


def _encode_allocation(allocation: Allocation, _specs: _Specs) -> Any:
    return {"Version": spec_key(allocation.version), "Allocation": dict(allocation.api)}


_Coder = Callable[[Any, _Specs], Any]
DECODERS: dict[str, _Coder] = {
    rec.JOBS: _decode_version,
    rec.VERSIONS: _decode_version,
    rec.SPECS: _decode_version,
    rec.ALLOCATIONS: _decode_allocation,
    rec.DEPLOYMENTS: lambda value, _: Deployment.from_api(value),
}
ENCODERS: dict[str, _Coder] = {
    rec.JOBS: lambda version, _: job_api(version),
    rec.VERSIONS: lambda version, _: job_api(version),
    rec.SPECS: lambda version, _: job_api(version),
    rec.ALLOCATIONS: _encode_allocation,
    rec.DEPLOYMENTS: lambda deployment, _: dict(deployment.api),
}
