"""Jobs with a history: what a Nomad server remembers, without the HTTP around it. spec: api §5

    registry.py      Registry: all operations; one write after the other, each durable when it returns
    state.py         tables in memory, journal, transactions, the inventory that the engine plans on
    store.py         the Store protocol, and the store that keeps nothing
    database.py      SQLite or PostgreSQL through SQLAlchemy Core; versioned migrations
    registering      check-and-set, no-op, revert       storing      writing a job         versions   tags, stability
    worker           one evaluation, by the engine      applying     what it decided       statuses, summaries
    watching         deployments going on               clients      what clients report   children   dispatch, periodic
    scaling, removing (stop, purge, garbage)            runner       what happens by itself, on time
    tokens           who may do what

In: jobs, changes, reports. Out: the answers of the HTTP API as plain values, `Refusal` with the exact texts. Nothing of
HTTP is here: no routes, no headers, no waiting.
"""

from __future__ import annotations

from jobplan.registry.children import Dispatch
from jobplan.registry.faults import Refusal, StoreError
from jobplan.registry.opening import open_registry
from jobplan.registry.registering import Registration
from jobplan.registry.registry import Registry
from jobplan.registry.scaling import Scaling

__all__ = ["Dispatch", "Refusal", "Registration", "Registry", "Scaling", "StoreError", "open_registry"]
