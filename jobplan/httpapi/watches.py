"""What blocking reads wait for. spec: api §3"""

from __future__ import annotations

from jobplan.httpapi.exchange import Watch
from jobplan.registry.state import Touch


def job(namespace: str, job_id: str, *tables: str) -> Watch:
    """Changes of one job's records in some tables."""

    def concerns(touched: frozenset[Touch]) -> bool:
        return any((table, namespace, job_id) in touched for table in tables)

    return concerns


def prefixed(namespace: str, prefix: str, *tables: str) -> Watch:
    """Changes of records of jobs whose ID begins with a text; namespace `*`: of any."""

    def concerns(touched: frozenset[Touch]) -> bool:
        return any(
            table in tables and namespace in ("*", where) and job_id.startswith(prefix)
            for table, where, job_id in touched
        )

    return concerns


def tables(*names: str) -> Watch:
    """Changes of any record of some tables."""

    def concerns(touched: frozenset[Touch]) -> bool:
        return any(table in names for table, _, _ in touched)

    return concerns


def never(touched: frozenset[Touch]) -> bool:
    """The read does not block."""
    return False
