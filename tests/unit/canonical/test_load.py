"""Defaults that depend on other fields, and jobs of the seed document. spec: model §4–§7, §9"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

import jobplan
from jobplan.canonical import canonicalise, stored_job
from jobplan.jobdiff.strict import equal
from jobplan.model.kinds import copy
from jobplan.testing.strategies import api_jobs
from jobplan.values.durations import MINUTE, SECOND

SEED = Path(__file__).parents[3] / "fixtures" / "seed"


def group(api: dict[str, Any], **job: Any) -> Any:
    return jobplan.load_job({"ID": "j", "TaskGroups": [api], **job}).to_api()["TaskGroups"][0]


def task(api: dict[str, Any]) -> Any:
    return group({"Name": "g", "Tasks": [{"Name": "t", **api}]})["Tasks"][0]


@pytest.mark.parametrize("name", sorted(path.stem for path in SEED.glob("*.json")))
def test_jobs_of_the_seed_document_load(name: str) -> None:
    job = jobplan.load_job(SEED / f"{name}.json")
    assert [item.name for item in job.task_groups or ()] == ["cache"]


@pytest.mark.parametrize("name", ["create", "update", "plan"])
def test_requests_of_the_seed_document_are_planned(name: str) -> None:
    source = json.loads((SEED / f"{name}.json").read_text())
    assert jobplan.plan(source).to_api()["Annotations"]["DesiredTGUpdates"]["cache"]["Place"] == 1


def test_a_group_update_overlays_that_of_the_job() -> None:
    made = group({"Update": {"Canary": 1}}, Update={"MaxParallel": 3, "HealthyDeadline": 120 * SECOND})["Update"]
    assert made == {
        "Stagger": 30 * SECOND,
        "MaxParallel": 3,
        "HealthCheck": "checks",
        "MinHealthyTime": 10 * SECOND,
        "HealthyDeadline": 120 * SECOND,
        "ProgressDeadline": 10 * MINUTE,
        "Canary": 1,
        "AutoRevert": False,
        "AutoPromote": False,
    }


def test_an_update_of_explicit_zeros_is_not_inherited() -> None:
    zeros = dict.fromkeys(("Stagger", "MaxParallel", "MinHealthyTime", "HealthyDeadline", "ProgressDeadline"), 0)
    assert group({}, Update={**zeros, "HealthCheck": ""})["Update"] is None


@pytest.mark.parametrize(
    ("given_resources", "cpu", "cores"),
    [({}, 100, 0), ({"CPU": 7}, 7, 0), ({"Cores": 0}, 0, 0), ({"CPU": 7, "Cores": 2}, 7, 2)],
)
def test_cores_switch_off_the_default_of_cpu(given_resources: dict[str, int], cpu: int, cores: int) -> None:
    made = task({"Resources": given_resources})["Resources"]
    assert (made["CPU"], made["Cores"]) == (cpu, cores)


@pytest.mark.parametrize(
    ("artifact", "destination"),
    [
        ({"GetterSource": "http://foo.com/a.tar.gz"}, "local/"),
        ({"GetterSource": "http://foo.com/a.tar.gz", "GetterMode": "file"}, "local/a.tar.gz"),
        ({"GetterSource": "http://foo.com/a?file=x/y.bin", "GetterMode": "file"}, "local/y.bin"),
        ({"GetterSource": "", "GetterMode": "file"}, "local"),
        ({"GetterSource": "///", "GetterMode": "file"}, "local"),
        ({"GetterSource": "a/..", "GetterMode": "file"}, "."),
        ({"GetterMode": ""}, "local/"),
    ],
)
def test_artifact_destination(artifact: dict[str, str], destination: str) -> None:
    assert task({"Artifacts": [artifact]})["Artifacts"][0]["RelativeDest"] == destination


@pytest.mark.parametrize(
    ("identity", "after", "rest"),
    [
        ({}, {}, None),
        ({"Identities": [{"Env": True}]}, {"Env": True}, []),
        ({"Identities": [None]}, {}, []),
        ({"Identity": {"File": True}}, {"File": True}, None),
        (
            {"Identity": {"File": True}, "Identities": [{"Name": "default"}, {"Name": "vault_default"}]},
            {"File": False},
            ["vault_default"],
        ),
        ({"Identity": {"Name": "x"}}, {"Name": "x", "Audience": None}, None),
    ],
)
def test_the_default_identity_moves_out_of_the_list(
    identity: dict[str, Any], after: dict[str, Any], rest: list[str] | None
) -> None:
    made = task(identity)
    assert {**made["Identity"], **after} == made["Identity"]
    assert (made["Identities"] and [item["Name"] for item in made["Identities"]]) == (rest or rest)
    assert (made["Identities"] is None) == (rest is None)


def test_a_check_restart_of_the_service_cannot_be_taken_back() -> None:
    service = {
        "CheckRestart": {"Limit": 3, "IgnoreWarnings": True},
        "Checks": [{"CheckRestart": {"Limit": 0, "Grace": 5 * SECOND, "IgnoreWarnings": False}}],
    }
    made = group({"Name": "g", "Services": [service]})["Services"][0]["Checks"][0]["CheckRestart"]
    assert made == {"Limit": 3, "Grace": 5 * SECOND, "IgnoreWarnings": True}


def test_volumes_of_unknown_type_vanish_and_leave_an_empty_map() -> None:
    assert group({"Volumes": {}})["Volumes"] is None
    assert group({"Volumes": {"a": None, "b": {"Type": "nfs"}}})["Volumes"] == {}


def test_the_legacy_expose_spelling_wins() -> None:
    def paths(proxy: dict[str, Any]) -> Any:
        service = {"Connect": {"SidecarService": {"Proxy": proxy}}}
        made = group({"Name": "g", "Services": [service]})["Services"][0]["Connect"]["SidecarService"]["Proxy"]
        return made["Expose"] and [item["Path"] for item in made["Expose"]["Paths"] or ()]

    new, old = {"Paths": [{"Path": "/new"}]}, {"Path": [{"Path": "/old"}]}
    assert paths({"Expose": new}) == ["/new"]
    assert paths({"Expose": {**new, **old}}) == ["/old"]
    assert paths({"Expose": new, "ExposeConfig": old}) == ["/old"]
    assert paths({"Expose": new, "ExposeConfig": {**new, "Path": []}}) == []
    assert paths({"Expose": {**new, "Path": []}}) == ["/new"]


@settings(max_examples=60, deadline=None)
@given(api_jobs())
def test_defaults_are_idempotent(api: dict[str, Any]) -> None:
    """A canonical job stays what it is. Names that expand again and several identities that are the default one are
    the exceptions of the specification. spec: model §6.5"""
    job = jobplan.load_job(api)
    tasks = [task for group in job.task_groups or () for task in group.tasks or ()]
    assume(all(identity.name != "default" for task in tasks for identity in task.identities or ()))
    again = copy(job)
    canonicalise(again)
    assert equal(job, again)


@settings(max_examples=60, deadline=None)
@given(api_jobs())
def test_the_stored_form_reads_back(api: dict[str, Any]) -> None:
    job = jobplan.load_job(api)
    written = json.loads(json.dumps(job.to_api()))
    assert stored_job(written).to_api() == written
