"""Rows of the classification table that the scenarios do not reach. spec: reconcile §3.3"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.inventory.allocations import AllocState, Transition
from jobplan.reconcile.classify import CASES, classify
from jobplan.reconcile.nodecases import CASES as NODE_CASES

from .world import CANARY, HOUR, MIGRATE, MINUTE, NOW, UNKNOWN, alloc, failed, make_job, node

STOPPED = {"desired_status": "stop"}
GONE = {"n0": None}
DOWN = {"n0": node("n0", status="down")}
AWAY = {"n0": node("n0", status="disconnected")}
DRAINING = {"n0": node("n0", draining=True, eligible=False)}
STARTING = {"n0": node("n0", draining=True, status="initializing")}
NO_REPLACE = {"LostAfter": HOUR, "Replace": False}
LOST_AFTER = {"LostAfter": HOUR}

ROWS: list[tuple[int, dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    (1, {**failed(NOW), "states": UNKNOWN}, {}, None),
    (2, {**STOPPED, "transition": Transition(no_placement=True)}, {}, None),
    (3, STOPPED, {}, None),
    (4, {**failed(NOW), "health": CANARY, "transition": MIGRATE}, {}, None),
    (5, {**failed(NOW), "transition": MIGRATE}, {}, None),
    (6, {"client_status": "unknown", "states": (AllocState(0, "unknown", NOW - HOUR),)}, AWAY, LOST_AFTER),
    (7, {**failed(NOW), **STOPPED, "states": UNKNOWN}, {}, None),
    (8, {"client_status": "unknown", "states": UNKNOWN}, AWAY, LOST_AFTER),
    (9, {"client_status": "pending"}, AWAY, LOST_AFTER),
    (10, {}, AWAY, None),
    (11, {}, AWAY, LOST_AFTER),
    (12, {"transition": MIGRATE}, GONE, None),
    (13, {"states": UNKNOWN}, DRAINING, None),
    (14, {}, DRAINING, None),
    (15, {}, GONE, None),
    (16, {"client_status": "unknown", "states": UNKNOWN}, DOWN, NO_REPLACE),
    (17, {}, DOWN, NO_REPLACE),
    (18, {"client_status": "pending"}, DOWN, NO_REPLACE),
    (19, {}, STARTING, None),
]


@pytest.mark.parametrize("number, fields, tainted, disconnect", ROWS, ids=[str(row[0]) for row in ROWS])
def test_row(number: int, fields: dict[str, Any], tainted: dict[str, Any], disconnect: dict[str, Any] | None) -> None:
    group = {} if disconnect is None else {"Disconnect": disconnect}
    item = alloc(make_job(groups={"web": {"Count": 1, **group}}), 0, **fields)
    assert classify(item, tainted, NOW).number == number


def test_the_most_recent_run_of_unknown_counts() -> None:
    """It began a minute ago, although the client was away earlier."""
    states = tuple(
        AllocState(field, value, NOW - at)
        for field, value, at in (
            (0, "unknown", 3 * HOUR),
            (0, "running", 2 * HOUR),
            (0, "unknown", MINUTE),
            (1, "running", 30),
            (0, "unknown", 20),
        )
    )
    item = alloc(make_job(groups={"web": {"Disconnect": LOST_AFTER}}), 0, client_status="unknown", states=states)
    assert classify(item, AWAY, NOW).number == 8


def test_tables_have_the_rows_of_the_specification() -> None:
    assert [case.number for case in CASES] == list(range(1, 20))
    assert " ".join(case.number for case in NODE_CASES) == "1 2 3 4 5 6a 6b 6c 6d 7a 7b 8 9 10"
