"""Records survive in a database; its schema has versions."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa

from jobplan.errors import InventoryError
from jobplan.registry import Dispatch, Registry, StoreError
from jobplan.registry import records as rec
from jobplan.registry.database import SqlStore
from jobplan.registry.migrations import LATEST, METADATA, SCHEMA, migrate
from jobplan.registry.opening import open_registry
from jobplan.testing.factories import node

Job = Callable[..., dict[str, Any]]


def shown(registry: Registry) -> dict[str, Any]:
    """All records as JSON values."""
    from jobplan.registry.database import ENCODERS

    made: dict[str, Any] = {}
    for table, records in registry.state.tables.items():
        encode = ENCODERS.get(table, lambda value, _: value)
        made[table] = {json.dumps(key): json.loads(json.dumps(encode(item, {}))) for key, item in records.items()}
    return made


POSTGRES = os.environ.get("JOBPLAN_POSTGRES", "")
"""URL of an empty PostgreSQL database that the tests may fill."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "jobs.db")
    if not POSTGRES:
        pytest.skip("needs JOBPLAN_POSTGRES")
    engine = sa.create_engine(POSTGRES)
    with engine.begin() as connection:
        METADATA.drop_all(connection)
    engine.dispose()
    return POSTGRES


def busy_registry(url: str, job: Job) -> Registry:
    registry = Registry(SqlStore(url))
    registry.add_nodes([node("one")])
    registry.register(job(count=2))
    registry.register(job(count=2, image="shop:ü\u2028"))
    registry.register(job("render", Type="batch", ParameterizedJob={}))
    registry.dispatch("default", "render", Dispatch(b"\x00data"))
    registry.register(job("nightly", Type="batch", Periodic={"Enabled": True, "Spec": "@daily"}))
    registry.tag("default", "shop", "gold")
    registry.stop("default", "shop")
    return registry


def test_everything_is_there_after_a_restart(url: str, job: Job) -> None:
    first = busy_registry(url, job)
    before, index, tables = shown(first), first.state.index, dict(first.state.table_index)
    plan = first.plan(job(image="shop:3")).to_api()
    first.close()
    second = Registry(SqlStore(url))
    assert shown(second) == before
    assert (second.state.index, second.state.table_index) == (index, tables)
    assert second.plan(job(image="shop:3")).to_api()["Annotations"] == plan["Annotations"]
    answer = second.register(job(image="shop:4"))
    assert answer["Index"] > index
    second.close()


def test_an_evaluation_that_was_cut_off_is_carried_out_at_the_start(tmp_path: Path, job: Job) -> None:
    path = tmp_path / "jobs.db"
    first = Registry(SqlStore(str(path)))
    first.add_nodes([node("one")])
    first.register(job())
    with first.state.transaction() as state:
        (key,) = state.tables[rec.EVALUATIONS]
        pending = {**state.tables[rec.EVALUATIONS][key], "Status": "pending"}
        state.put(rec.EVALUATIONS, key, pending, index=state.next_index())
    first.close()
    second = Registry(SqlStore(str(path)))
    assert [item["Status"] for item in second.state.tables[rec.EVALUATIONS].values()] == ["complete"]
    second.close()


def test_a_database_has_one_writer(url: str) -> None:
    first = SqlStore(url)
    with pytest.raises(StoreError, match="another process has the database open"):
        SqlStore(url)
    first.close()
    SqlStore(url).close()


def test_an_old_database_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        assert migrate(connection, up_to=1) == 0
    engine.dispose()
    store = SqlStore(str(path))
    assert store.read().index == 1
    store.close()
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT max(version) FROM schema_version").fetchone() == (LATEST,)
        names = {row[0] for row in plain.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert "jobs_by_namespace" in names
    plain.close()


def test_a_database_of_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    SqlStore(str(path)).close()
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(SCHEMA.insert(), [{"version": LATEST + 1}])
    engine.dispose()
    with pytest.raises(StoreError, match="update jobplan") as caught:
        SqlStore(str(path))
    if os.path.isdir("/proc/self/fd"):  # as long as the error, and with it the store, lives
        opened = {os.path.realpath(entry) for entry in Path("/proc/self/fd").iterdir()}
        assert os.path.realpath(path) not in opened
    del caught


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    path.write_text("not a database" * 100)
    with pytest.raises(StoreError):
        SqlStore(str(path))


def test_starting_from_captured_state(tmp_path: Path, job: Job) -> None:
    from jobplan.testing.factories import allocation, inventory, stored_job

    machine = node("one")
    old = stored_job(job("shop"), index=700)
    file = tmp_path / "inventory.json"
    file.write_text(json.dumps(inventory([machine], [old], [allocation(old, "web", 0, machine)])))
    registry = open_registry("memory", inventory=file)
    assert registry.state.index > 700
    answer = registry.plan(job("shop", image="shop:1")).to_api()
    assert answer["JobModifyIndex"] == 700
    registry.register(job("shop", count=2))
    assert len(registry.inventory().allocations) == 2
    bare = {"Nodes": [machine], "Jobs": [{"ID": "bare", "Type": "service"}]}
    bare["Deployments"] = [{"ID": "00000000-0000-0000-0000-000000000001", "JobID": "bare", "TaskGroups": {"g": {}}}]
    file.write_text(json.dumps(bare))
    sparse = open_registry("memory", inventory=file)
    sparse.run_due()
    assert sparse.state.get(rec.JOBS, "default", "bare").api["SubmitTime"] == 0
    with pytest.raises(InventoryError):
        open_registry("memory", inventory=tmp_path / "nothing.json")


@pytest.mark.parametrize("content", ["{", "[]", '{"ID": "shop"}', '{"Nodes": [5]}', "[" * 100_000])
def test_what_is_no_inventory_makes_no_database(tmp_path: Path, content: str) -> None:
    file = tmp_path / "inventory.json"
    file.write_text(content)
    with pytest.raises(InventoryError, match=r"inventory\.json: "):
        open_registry(str(tmp_path / "jobs.db"), inventory=file)
    assert not (tmp_path / "jobs.db").exists()
