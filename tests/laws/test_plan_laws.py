"""Laws of plans, on small invented clusters: what holds whatever the job and wherever it goes."""

from __future__ import annotations

import concurrent.futures
import copy
import datetime as dt
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import jobplan
from jobplan.testing import factories

Api = dict[str, Any]
NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
SERIAL_TYPES = ("service", "batch")

# ---- clusters --------------------------------------------------------------------------------------------------------

NODES: st.SearchStrategy[list[Api]] = st.lists(
    st.fixed_dictionaries(
        {
            "cpu": st.sampled_from([600, 1100, 2600]),
            "memory_mb": st.sampled_from([500, 1300]),
            "node_class": st.sampled_from(["", "oak"]),
            "meta": st.sampled_from([{}, {"soil": "clay"}, {"soil": "sand"}]),
            "drivers": st.sampled_from([("exec",), ("docker",)]),
        }
    ),
    min_size=1,
    max_size=4,
)
CONSTRAINTS = st.sampled_from(
    [
        [],
        [{"Operand": "distinct_hosts"}],
        [{"LTarget": "${meta.soil}", "Operand": "=", "RTarget": "clay"}],
        [{"LTarget": "${node.class}", "Operand": "!=", "RTarget": "oak"}],
    ]
)
NETWORKS = st.sampled_from(
    [[], [{"DynamicPorts": [{"Label": "http"}]}], [{"ReservedPorts": [{"Label": "http", "Value": 8080}]}]]
)


@st.composite
def groups(draw: st.DrawFn, name: str) -> Api:
    task = {
        "Name": "t",
        "Driver": "exec",
        "Config": {"command": "/bin/app"},
        "Env": {"LEAF": draw(st.sampled_from(["a", "b"]))},
        "Resources": {"CPU": draw(st.sampled_from([100, 400, 900])), "MemoryMB": draw(st.sampled_from([50, 300]))},
    }
    return {
        "Name": name,
        "Count": draw(st.integers(0, 4)),
        "Constraints": draw(CONSTRAINTS),
        "Networks": draw(NETWORKS),
        "Tasks": [task],
    }


@st.composite
def jobs(draw: st.DrawFn, types: tuple[str, ...] = (*SERIAL_TYPES, "system", "sysbatch"), most: int = 2) -> Api:
    names = draw(st.lists(st.sampled_from(["glade", "thicket"]), min_size=1, max_size=most, unique=True))
    made = [draw(groups(name)) for name in names]
    kind = draw(st.sampled_from(types))
    if kind in ("system", "sysbatch"):
        for group in made:
            group["Count"] = min(group["Count"], 1)
            group["Constraints"] = [item for item in group["Constraints"] if item["Operand"] != "distinct_hosts"]
    return {"ID": "grove", "Type": kind, "TaskGroups": made}


@st.composite
def clusters(draw: st.DrawFn, running: bool = True) -> Api:
    """Nodes, and on them perhaps an older version of the job and other jobs' allocations."""
    nodes = [
        factories.node(f"n{index}", address=f"10.0.0.{index + 1}", **values) for index, values in enumerate(draw(NODES))
    ]
    stored = []
    if running and draw(st.booleans()):
        stored.append(factories.stored_job(draw(jobs(SERIAL_TYPES))))
    if draw(st.booleans()):
        stored.append(factories.stored_job({**draw(jobs(SERIAL_TYPES)), "ID": "hedge"}))
    allocations = [allocation for job in stored for allocation in factories.spread_over(job, nodes)]
    return factories.inventory(nodes, stored, allocations)


def planned(job: Api, cluster: Api | jobplan.Inventory) -> jobplan.Plan:
    inventory = cluster if isinstance(cluster, jobplan.Inventory) else jobplan.Inventory.from_api(cluster)
    return jobplan.plan(job, inventory, now=NOW)


def text(job: Api, cluster: Api | jobplan.Inventory) -> str:
    """All that a plan says, causes included; or the error."""
    try:
        plan = planned(job, cluster)
    except jobplan.JobplanError as error:
        return str(error)
    return json.dumps([plan.to_api(), plan.explain().to_api()], sort_keys=True)


def unplaced(plan: jobplan.Plan, group: str) -> int:
    failure = (plan.to_api()["FailedTGAllocs"] or {}).get(group)
    return 0 if failure is None else 1 + int(failure["CoalescedFailures"])


def counted(job: Api, group: str, count: int) -> Api:
    made = copy.deepcopy(job)
    for item in made["TaskGroups"]:
        if item["Name"] == group:
            item["Count"] = count
    return made


# ---- one answer ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(jobs(), clusters(), st.randoms(use_true_random=False))
def test_the_answer_depends_on_nothing_but_the_state(job: Api, cluster: Api, chance: random.Random) -> None:
    """Not on the order of lists, nor on what was planned before; and arguments stay as they are."""
    before = json.dumps([job, cluster])
    inventory = jobplan.Inventory.from_api(cluster)
    answer = text(job, inventory)
    assert text(job, inventory) == answer
    shuffled = {
        key: chance.sample(value, len(value)) if isinstance(value, list) else value for key, value in cluster.items()
    }
    assert text(job, shuffled) == answer
    assert json.dumps([job, cluster]) == before


_ELSEWHERE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from test_plan_laws import text
for job, cluster in json.load(sys.stdin):
    print(text(job, cluster))
"""


def sampled() -> list[tuple[Api, Api]]:
    """A few fixed cases, each with something that does not fit."""
    nodes = [factories.node(name, cpu=1100, node_class=name, address=f"10.0.0.{ord(name)}") for name in "abcde"]
    made = []
    for count in (1, 3, 9):
        group = {
            "Name": "glade",
            "Count": count,
            "Constraints": [{"LTarget": "${node.class}", "Operand": "!=", "RTarget": "c"}],
            "Spreads": [{"Attribute": "${node.class}", "Weight": 50}],
            "Tasks": [{"Name": "t", "Driver": "exec", "Resources": {"CPU": 600, "MemoryMB": 100}}],
        }
        job = {"ID": "grove", "TaskGroups": [group, {**group, "Name": "thicket"}]}
        stored = factories.stored_job({**job, "ID": "hedge"})
        made.append((job, factories.inventory(nodes, [stored], factories.spread_over(stored, nodes[:2]))))
    return made


def test_the_answer_is_the_same_in_every_process() -> None:
    cases = sampled()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _ELSEWHERE, os.path.dirname(__file__)],
            input=json.dumps(cases),
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == [text(*case) for case in cases]


def test_threads_share_an_inventory() -> None:
    """Caches of an inventory are filled by whoever comes first."""
    (job, cluster), *_ = sampled()[::-1]
    work = [counted(job, "glade", count % 7) for count in range(40)]
    expected = [text(one, cluster) for one in work]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        inventory = jobplan.Inventory.from_api(cluster)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda one: text(one, inventory), work)) == expected
    finally:
        sys.setswitchinterval(interval)


# ---- counters --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(jobs(SERIAL_TYPES), clusters())
def test_what_is_wanted_is_placed_or_counted_as_failed(job: Api, cluster: Api) -> None:
    """spec: plan §3.2, placement §3"""
    plan = planned(job, cluster)
    placed = Counter(item.group for item in plan.run.evaluated.placed)
    for group, counters in (plan.to_api()["Annotations"]["DesiredTGUpdates"] or {}).items():
        wanted = counters["Place"] + counters["Migrate"] + counters["DestructiveUpdate"]
        assert wanted == placed[group] + unplaced(plan, group)


@settings(deadline=None, max_examples=80)
@given(jobs(SERIAL_TYPES), clusters())
def test_every_node_that_was_looked_at_is_filtered_or_exhausted(job: Api, cluster: Api) -> None:
    """spec: placement §13"""
    for metric in (planned(job, cluster).to_api()["FailedTGAllocs"] or {}).values():
        assert metric["NodesEvaluated"] == metric["NodesFiltered"] + metric["NodesExhausted"] <= metric["NodesInPool"]
        assert sum((metric["NodesAvailable"] or {}).values()) == metric["NodesInPool"]
        assert sum((metric["ConstraintFiltered"] or {}).values()) == metric["NodesFiltered"]


# ---- explanations ----------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(jobs(), clusters())
def test_a_group_that_failed_fits_nowhere(job: Api, cluster: Api) -> None:
    plan = planned(job, cluster)
    for answer in plan.explain().why_not:
        assert all(verdict.failures for verdict in answer.nodes)
        assert len(answer.nodes) <= len(plan.inventory.nodes)


_LOWER = re.compile(r"(cpu|memory) by \d+ M\w+ \(to (\d+)\)")


@settings(deadline=None, max_examples=150)
@given(jobs(SERIAL_TYPES, most=1), clusters(running=False))
def test_the_change_that_is_suggested_places_one_more(job: Api, cluster: Api) -> None:
    plan = planned(job, cluster)
    for answer in plan.explain().why_not:
        for suggestion in answer.suggestions:
            changed = copy.deepcopy(job)
            (group,) = changed["TaskGroups"]
            if suggestion.text.startswith("lower "):
                for what, amount in _LOWER.findall(suggestion.text):
                    group["Tasks"][0]["Resources"]["CPU" if what == "cpu" else "MemoryMB"] = int(amount)
            elif suggestion.text.startswith("relax the constraint"):
                group["Constraints"] = []
            else:
                continue
            assert unplaced(planned(changed, cluster), answer.group) < answer.unplaced


@settings(deadline=None, max_examples=80)
@given(jobs(SERIAL_TYPES, most=1), clusters(running=False))
def test_headroom_is_what_a_count_can_grow_by(job: Api, cluster: Api) -> None:
    plan = planned(job, cluster)
    (room,) = plan.explain().headroom
    count = job["TaskGroups"][0]["Count"]
    if plan.to_api()["FailedTGAllocs"] is not None:
        assert room.count == 0
    else:
        assert unplaced(planned(counted(job, room.group, count + room.count), cluster), room.group) == 0
        assert unplaced(planned(counted(job, room.group, count + room.count + 1), cluster), room.group) == 1
    assert sum(room.nodes.values()) == room.count


# ---- afterwards ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=80)
@given(jobs(), clusters(running=False))
def test_after_a_plan_that_places_all_nothing_is_left_to_do(job: Api, cluster: Api) -> None:
    plan = planned(job, cluster)
    if plan.to_api()["FailedTGAllocs"] is not None or any(group["Count"] == 0 for group in job["TaskGroups"]):
        return
    again = planned(job, plan.after())
    assert again.to_api()["FailedTGAllocs"] is None
    assert again.to_api()["Diff"]["Type"] == "None"
    assert not again.run.evaluated.placed
    if job["Type"] in SERIAL_TYPES:
        for counters in again.to_api()["Annotations"]["DesiredTGUpdates"].values():
            assert {key for key, number in counters.items() if number} <= {"Ignore"}
    assert planned({**job, "Stop": True}, plan.after()).after().allocations.keys() >= plan.after().allocations.keys()
