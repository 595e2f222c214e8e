"""Warnings and their assembly. spec: admission §4, §8"""

from __future__ import annotations

from typing import Any

import pytest

import jobplan
from jobplan.admission.problems import warning_text
from jobplan.admission.warnings import warn
from jobplan.model.settings import DEFAULT_SETTINGS, Settings

Api = dict[str, Any]
SECOND = 10**9


def warned(*groups: Api, settings: Settings = DEFAULT_SETTINGS, **job: Any) -> list[str]:
    """The texts of the bullets."""
    made = jobplan.load_job({"ID": "press", "TaskGroups": list(groups), **job})
    return [str(problem).strip() for problem in warn(made, settings)]


def group(**more: Any) -> Api:
    return {"Name": "g", "Tasks": [{"Name": "t", "Driver": "exec"}], **more}


def task(**more: Any) -> Api:
    return {"Name": "t", "Driver": "exec", **more}


def test_nested_warnings() -> None:
    """spec: admission §14.4"""
    identity = {"Name": "aws", "Audience": ["a", "b"]}
    job = jobplan.load_job(
        {
            "ID": "press",
            "TaskGroups": [group(Services=[{"Name": "s"}], Tasks=[{"Name": "web", "Identities": [identity]}])],
        }
    )
    assert warning_text(warn(job, DEFAULT_SETTINGS)) == (
        "2 warnings:\n"
        "\n"
        '* Group "g" has warnings: 1 error occurred:\n'
        '\t* Task "web" has warnings: 1 error occurred:\n'
        "\t* 2 errors occurred:\n"
        "\t* Identity[aws] while multiple audiences is allowed, it is more secure to use 1 audience per identity\n"
        "\t* Identity[aws] identities without an expiration are insecure\n"
        '* group "g" defines services, but neither the group nor any of its tasks have shutdown_delay set'
    )


def test_no_warnings_are_an_empty_text() -> None:
    assert warning_text(warn(jobplan.load_job({"ID": "press", "TaskGroups": [group()]}), DEFAULT_SETTINGS)) == ""


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (
            group(Count=2, Update={"MaxParallel": 3}),
            "Update max parallel count is greater than task group count (3 > 2). "
            "A destructive change would result in the simultaneous replacement of all allocations.",
        ),
        (
            group(Networks=[{"MBits": 10}]),
            "mbits has been deprecated as of Nomad 0.12.0. Please remove mbits from the network block",
        ),
        (
            group(Tasks=[task(Resources={"IOPS": 1})]),
            "IOPS has been deprecated as of Nomad 0.9.0. Please remove IOPS from resource block.",
        ),
        (
            group(Tasks=[task(Resources={"Networks": [{}]})]),
            "task network resources have been deprecated as of Nomad 0.12.0. "
            "Please configure networking via group network block.",
        ),
        (
            group(Tasks=[task(Templates=[{"DestPath": "a"}, {"DestPath": "b", "VaultGrace": SECOND}])]),
            "Template[1] VaultGrace has been deprecated as of Nomad 0.11 and ignored since Vault 0.5. "
            "Please remove VaultGrace / vault_grace from template block.",
        ),
    ],
)
def test_group_and_task_warnings(part: Api, text: str) -> None:
    (found,) = warned(part)
    assert found.startswith('Group "g" has warnings: 1 error occurred:\n\t* ')
    assert found.endswith(text)


@pytest.mark.parametrize(("count", "parallel"), [(1, 5), (3, 3)])
def test_rollouts_that_fit_are_not_warned_about(count: int, parallel: int) -> None:
    assert warned(group(Count=count, Update={"MaxParallel": parallel})) == []


def test_identities_of_services_are_spliced() -> None:
    identity = {"Name": "x", "Env": True, "ChangeMode": "noop", "TTL": SECOND}
    first, _ = warned(group(Services=[{"Name": "s", "Identity": identity}]))
    assert first == (
        'Group "g" has warnings: 2 errors occurred:\n'
        '\t* Service "s": identities without an audience are insecure\n'
        '\t* Service "s": using env=true without change_mode="restart" may result in task not getting updated identity'
    )


def test_shutdown_delays() -> None:
    scoped = [{"Name": "s", "TaskName": "t"}]
    assert warned(group(Services=scoped)) == [
        'group "g" references task "t" in a service definition, but the task has no shutdown_delay set'
    ]
    assert warned(group(Tasks=[task(Services=[{"Name": "s"}])])) == [
        'task "t" in group "g" defines services, but has no shutdown_delay set'
    ]
    unscoped = [{"Name": "s"}]
    assert len(warned(group(Services=unscoped))) == 1
    assert warned(group(Services=unscoped, ShutdownDelay=SECOND)) == []
    assert warned(group(Services=unscoped, Tasks=[task(ShutdownDelay=SECOND)])) == []
    sidecar = [{"Name": "s", "Connect": {"SidecarService": {}, "SidecarTask": {}}}]
    assert warned(group(Services=sidecar)) == []


def test_automatic_promotion_needs_every_canary_group() -> None:
    promoted, manual = {"Canary": 1, "AutoPromote": True}, {"Canary": 1}
    text = ["auto_promote must be true for all groups to enable automatic promotion"]
    assert warned(group(Name="a", Update=promoted), group(Name="b", Update=manual)) == text
    assert warned(group(Name="a", Update=promoted), group(Name="b", Update={})) == []
    assert warned(group(Name="a", Update=manual)) == []


def test_cron_warns_even_when_disabled() -> None:
    """spec: admission §15, quirk 16"""
    periodic = {"Enabled": False, "Spec": "* * * * *"}
    assert warned(group(), Type="batch", Periodic=periodic) == [
        "cron is deprecated and may be removed in a future release. Use crons instead"
    ]


def test_vault_identities_without_vault_come_before_memory() -> None:
    identity = {"Name": "vault_default", "Audience": ["a"], "TTL": SECOND}
    part = group(Tasks=[task(Identities=[identity], Resources={"MemoryMaxMB": -1})])
    vault = "Task t has an identity called vault_default but no vault block"
    memory = (
        'Memory oversubscription is not enabled; Task "g.t" memory_max value will be ignored. '
        "Update the Scheduler Configuration to allow oversubscription."
    )
    assert warned(part) == [vault, memory]
    assert warned(part, settings=Settings(memory_oversubscription=True)) == [vault]
    pool = Settings(memory_oversubscription=True, pool_memory_oversubscription={"small": False})
    assert warned(part, settings=pool, NodePool="small") == [vault, memory]
