"""The schema of the database and its versions. A database of an older version is brought up to date when it is opened.

A migration is never changed once it was released; a new one is added at the end of `MIGRATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from jobplan.registry import records as rec
from jobplan.registry.faults import StoreError

METADATA = sa.MetaData()
SCHEMA = sa.Table("schema_version", METADATA, sa.Column("version", sa.Integer, primary_key=True))
META = sa.Table(
    "meta", METADATA, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
TABLES = {
    name: sa.Table(
        name,
        METADATA,
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("namespace", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    for name in rec.TABLES
}
TOO_NEW = "the database has schema version {}, this program knows {}: update jobplan"


def _create_tables(connection: sa.Connection) -> None:
    """Version 1: one table per kind of record; the body is JSON."""
    METADATA.create_all(connection)
    connection.execute(META.insert(), [{"name": "index", "value": "1"}, {"name": "table_index", "value": "{}"}])


def _index_namespaces(connection: sa.Connection) -> None:
    """Version 2: people look into the database by namespace."""
    for name in TABLES:
        connection.execute(sa.text(f"CREATE INDEX {name}_by_namespace ON {name} (namespace)"))


MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (_create_tables, _index_namespaces)
LATEST = len(MIGRATIONS)


def migrate(connection: sa.Connection, *, up_to: int = LATEST) -> int:
    """Apply what is missing; gives the version the database had. Raises StoreError for one from the future."""
    known = 0
    if sa.inspect(connection).has_table(SCHEMA.name):
        known = connection.execute(sa.select(sa.func.max(SCHEMA.c.version))).scalar() or 0
    if known > LATEST:
        raise StoreError(TOO_NEW.format(known, LATEST))
    for number, step in enumerate(MIGRATIONS[known:up_to], start=known + 1):
        step(connection)
        connection.execute(SCHEMA.insert(), [{"version": number}])
    return known
