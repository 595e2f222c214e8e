"""The admission pipeline as its users see it. spec: admission §2–§4, §9, §14"""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import jobplan
from jobplan import AdmissionError, ServerConfig
from jobplan.admission import admit_job
from jobplan.admission.register import (
    conflicting_index,
    refused_request,
    refused_transition,
    si_size,
    source_size_warning,
)
from jobplan.canonical.stored import stored_copy
from jobplan.model.settings import DEFAULT_SETTINGS, Settings

Api = dict[str, Any]


def api(**more: Any) -> Api:
    return {
        "ID": "mill",
        "Name": "mill",
        "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t", "Driver": "exec", "Resources": {"MemoryMB": 64}}]}],
        **more,
    }


def with_task(**task: Any) -> Api:
    job = api()
    job["TaskGroups"][0]["Tasks"][0].update(task)
    return job


# ---- answers --------------------------------------------------------------------------------------------------------


def test_a_good_job() -> None:
    assert jobplan.validate(api()).to_api() == {
        "DriverConfigValidated": True,
        "ValidationErrors": None,
        "Error": "",
        "Warnings": "",
    }
    admitted = jobplan.admit({"Job": api()})
    assert (admitted.warnings, admitted.findings, admitted.job.node_pool) == ("", (), "default")


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (
            api(TaskGroups=[{"Name": "web", "Count": -1}]),
            "1 error occurred:\n\t* Task group web validation failed: 2 errors occurred:\n"
            "\t* Task group count can't be negative\n\t* Missing tasks for task group\n\n\n\n",
        ),
        (
            with_task(Resources={"MemoryMB": 5}),
            "1 error occurred:\n\t* Task group g validation failed: 1 error occurred:\n"
            "\t* Task t validation failed: 1 error occurred:\n\t* 1 error occurred:\n\t* 1 error occurred:\n"
            "\t* minimum MemoryMB value is 10; got 5" + "\n" * 10,
        ),
        (
            api(ID="my job", NodePool="gpu", Priority=101),
            '3 errors occurred:\n\t* job "my job" is in nonexistent node pool "gpu"\n\t* Job ID contains a space\n'
            "\t* job priority must be between [1, 100]\n\n",
        ),
        (
            api(Type="batch", Periodic={"Specs": ["* * *"]}),
            '1 error occurred:\n\t* 1 error occurred:\n\t* Invalid cron spec "* * *": missing field(s)\n\n\n\n',
        ),
    ],
)
def test_the_worked_examples(job: Api, text: str) -> None:
    """spec: admission §14.1–§14.6"""
    assert jobplan.validate(job).to_api()["Error"] == text
    with pytest.raises(AdmissionError) as caught:
        jobplan.admit(job)
    assert str(caught.value) == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text


def test_findings_say_where_and_which_rule() -> None:
    job = with_task(Resources={"MemoryMB": 5, "IOPS": 1})
    error, warning = jobplan.validate(job).findings
    assert error.to_api() == {
        "Rule": error.rule,
        "Path": "/TaskGroups/0/Tasks/0/Resources",
        "Severity": "error",
        "Message": "minimum MemoryMB value is 10; got 5",
    }
    assert (warning.rule, warning.path, warning.severity) == (
        "admission/8.5/1",
        "/TaskGroups/0/Tasks/0/Resources/IOPS",
        "warning",
    )


def test_mutator_errors_refuse_the_whole_request() -> None:
    job = api()
    job["TaskGroups"][0].update(
        Networks=[{"Mode": "bridge"}], Services=[{"Name": "s", "TaskName": "u", "Connect": {"Native": True}}]
    )
    text = "error in job mutator connect: task u named by Consul Connect Native service g->s does not exist"
    for call in (jobplan.validate, jobplan.admit):
        with pytest.raises(AdmissionError) as caught:
            call(job)
        assert str(caught.value) == text


def test_request_checks() -> None:
    """spec: admission §2.2"""
    with pytest.raises(AdmissionError, match=r"^Job ID hasn't been provided$"):
        jobplan.admit({"Name": "mill"})
    assert "Missing job ID" in jobplan.validate({"Name": "mill"}).to_api()["Error"]
    scaled = api(Type="system")
    scaled["TaskGroups"][0]["Scaling"] = {"Max": 1}
    with pytest.raises(AdmissionError, match=r"^Task groups with job type system do not support scaling blocks$"):
        jobplan.admit(scaled)
    assert jobplan.validate(scaled).ok
    with pytest.raises(AdmissionError, match=r'^mismatched request namespace in request: "default", ""$'):
        jobplan.validate(api(Namespace=""))
    assert jobplan.admit(api(Namespace="")).job.namespace == "default"
    with pytest.raises(AdmissionError, match=r"are disabled by the scheduler configuration$"):
        jobplan.admit(api(), config=ServerConfig(reject_job_registration=True))
    job = jobplan.load_job(api())
    problem = refused_request(job, DEFAULT_SETTINGS, eval_priority=101)
    assert str(problem) == "Eval priority must be between 1 and 100 inclusively"
    assert refused_request(job, DEFAULT_SETTINGS, eval_priority=100) is None


def test_the_region_is_the_servers() -> None:
    assert "Missing job region" in jobplan.validate(api(Region="")).to_api()["Error"]
    assert jobplan.admit(api(Region=""), config=ServerConfig(region="eu")).job.region == "eu"


def test_vault_needs_a_server_that_has_it() -> None:
    job = with_task(Vault={"Role": "r"})
    with pytest.raises(AdmissionError, match='Vault "default" not enabled but used in the job'):
        jobplan.admit(job)
    config = ServerConfig.from_api({"vault": {"enabled": True, "default_identity": {"Audience": ["v"], "TTL": 10**12}}})
    task = jobplan.admit(job, config=config).job.task_groups[0].tasks[0]  # type: ignore[index]
    assert [identity.name for identity in task.identities or ()] == ["vault_default"]


def test_arguments_stay_untouched() -> None:
    job = api()
    job["TaskGroups"][0].update(
        Networks=[{"Mode": "bridge"}], Services=[{"Name": "s", "Connect": {"SidecarService": {}}}]
    )
    before, loaded = copy.deepcopy(job), jobplan.load_job(job)
    stored = loaded.to_api()
    for given in (job, loaded):
        jobplan.validate(given)
        assert len(jobplan.admit(given).job.task_groups[0].tasks) == 2  # type: ignore[index,arg-type]
    admit_job(loaded)
    assert (job, loaded.to_api()) == (before, stored)
    assert admit_job(loaded, private=True).job is loaded


# ---- registering ----------------------------------------------------------------------------------------------------


def test_the_registered_form_is_canonicalised_once_more_and_copied() -> None:
    """spec: model §6.5, §7.2"""
    job = api(Name="a")
    job["TaskGroups"][0].update(
        Name="g",
        Spreads=[{"Attribute": "${node.datacenter}", "SpreadTarget": []}],
        Networks=[{"Mode": "bridge"}],
        Services=[{"Name": "s", "Connect": {"Native": True}, "PortLabel": "1", "Checks": [CHECK]}],
    )
    planned = admit_job(jobplan.load_job(job)).job.task_groups[0]  # type: ignore[index]
    shown = jobplan.admit(job).job.task_groups[0]  # type: ignore[index]
    assert (planned.spreads[0].spread_target, shown.spreads[0].spread_target) == ([], None)  # type: ignore[index]
    tasks = [part.services[0].checks[0].task_name for part in (planned, shown)]  # type: ignore[index]
    assert tasks == ["", "t"]


CHECK = {"Type": "tcp", "PortLabel": "1", "Interval": 10**10, "Timeout": 10**9}


def test_deep_copies_turn_some_lists() -> None:
    job = with_task(Resources={"Devices": [{"Name": "gpu", "Constraints": [], "Affinities": []}]})
    job["TaskGroups"][0]["Services"] = [
        {"Name": "s", "Connect": {"SidecarService": {"Proxy": {"Expose": {}}}, "SidecarTask": {"VolumeMounts": []}}}
    ]
    job["Multiregion"] = {"Regions": []}
    loaded = jobplan.load_job(job)
    made = stored_copy(loaded).to_api()
    connect = made["TaskGroups"][0]["Services"][0]["Connect"]
    assert connect["SidecarService"]["Proxy"]["Expose"]["Paths"] == []
    assert connect["SidecarTask"]["VolumeMounts"] is None
    assert made["TaskGroups"][0]["Tasks"][0]["Resources"]["Devices"][0]["Constraints"] is None
    assert made["Multiregion"]["Regions"] is None
    assert loaded.to_api()["Multiregion"]["Regions"] == []


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (9, "9 B"),
        (10, "10 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_400, "999 kB"),
        (1_000_000, "1.0 MB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert si_size(count) == text


def test_sources_that_are_too_large() -> None:
    limited = Settings(job_max_source_size=10)
    assert source_size_warning("12345678", "9", {"a": ""}, limited) is None
    warning = source_size_warning("12345678", "9", {"a": "b"}, limited)
    assert str(warning) == "job source size of 11 B exceeds maximum of 10 B and will be discarded"


def test_enforced_indexes() -> None:
    stored = jobplan.load_job(api())
    stored.job_modify_index = 7
    assert conflicting_index(None, 0) is conflicting_index(stored, 7) is None
    assert [str(conflicting_index(*given)) for given in ((stored, 0), (stored, 6), (None, 6))] == [
        "Enforcing job modify index 0: job already exists",
        "Enforcing job modify index 6: job exists with conflicting job modify index: 7",
        "Enforcing job modify index 6: job does not exist",
    ]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({"Type": "batch"}, {"Type": "service"}, 'cannot update job from type "batch" to "service"'),
        ({"Periodic": {}}, {}, "cannot update periodic job to being non-periodic"),
        ({}, {"Periodic": {}}, "cannot update non-periodic job to being periodic"),
        ({"ParameterizedJob": {}}, {}, "cannot update parameterized job to being non-parameterized"),
        ({}, {"ParameterizedJob": {}}, "cannot update non-parameterized job to being parameterized"),
        ({"Priority": 1}, {"Priority": 2}, None),
    ],
)
def test_transitions(old: Api, new: Api, text: str | None) -> None:
    problem = refused_transition(jobplan.load_job(api(**old)), jobplan.load_job(api(**new)))
    assert (None if problem is None else str(problem)) == text
