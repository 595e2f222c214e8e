"""The validators on our own jobs: worked examples, quirks, laws. spec: admission §6, §7, §14, §15"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jobplan.admission.problems import Problem, error_text
from jobplan.admission.rules import validate_job
from jobplan.canonical import load_job
from jobplan.model.settings import NamespaceSettings, Settings
from jobplan.values.durations import MINUTE, SECOND

DEFAULTS = Settings()


def task(name: str = "t", **fields: Any) -> dict[str, Any]:
    return {"Name": name, "Driver": "exec", "Resources": {"CPU": 100, "MemoryMB": 64}, **fields}


def job(*tasks: dict[str, Any], group: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    groups = [{"Name": "g", "Count": 1, "Tasks": list(tasks or (task(),)), **(group or {})}]
    return {"ID": "shop", "Name": "shop", "Datacenters": ["*"], "NodePool": "default", "TaskGroups": groups, **fields}


def problems(api: dict[str, Any], settings: Settings = DEFAULTS) -> list[Problem]:
    return validate_job(load_job(api), settings)


def leaves(api: dict[str, Any], settings: Settings = DEFAULTS) -> list[str]:
    return [leaf.text for problem in problems(api, settings) for leaf in problem.leaves()]


def test_a_good_job_has_no_problems() -> None:
    assert problems(job()) == []


def test_group_without_tasks_and_with_a_negative_count() -> None:
    """spec: admission §14.1"""
    api = job(TaskGroups=[{"Name": "web", "Count": -1}])
    assert error_text(problems(api)) == (
        "1 error occurred:\n\t* Task group web validation failed: 2 errors occurred:\n"
        "\t* Task group count can't be negative\n\t* Missing tasks for task group\n\n\n\n"
    )


def test_memory_below_the_minimum_is_five_lists_deep() -> None:
    """spec: admission §14.2"""
    text = error_text(problems(job(task(Resources={"CPU": 100, "MemoryMB": 5}))))
    assert text.endswith("minimum MemoryMB value is 10; got 5" + "\n" * 10)
    assert text.count("1 error occurred:") == 5


def test_validators_are_spliced_in_order() -> None:
    """spec: admission §14.3"""
    api = job(ID="my job", NodePool="gpu", Priority=101)
    assert [str(problem) for problem in problems(api)] == [
        'job "my job" is in nonexistent node pool "gpu"',
        "Job ID contains a space",
        "job priority must be between [1, 100]",
    ]


def test_periodic_list_nests_without_a_prefix() -> None:
    """spec: admission §14.6"""
    api = job(Type="batch", Periodic={"Specs": ["* * *"]})
    assert error_text(problems(api)) == (
        '1 error occurred:\n\t* 1 error occurred:\n\t* Invalid cron spec "* * *": missing field(s)\n\n\n\n'
    )


def test_an_empty_operand_yields_two_errors() -> None:
    """spec: admission §14.7"""
    constraint = {"LTarget": "${node.region}", "RTarget": "x"}
    assert leaves(job(task(Constraints=[constraint]))) == [
        "Missing constraint operand",
        'Unknown constraint type ""',
        'unsupported attribute "${node.region}"',
    ]


@pytest.mark.parametrize(
    "policy, texts",
    [
        (
            {"Attempts": 5, "Interval": MINUTE, "Delay": 30 * SECOND, "DelayFunction": "constant", "MaxDelay": MINUTE},
            [
                'Nomad can only make 2 attempts in 1m0s with initial delay 30s and delay function "constant"',
                "Set the interval to at least 2m30s to accommodate 5 attempts",
            ],
        ),
        (
            {"Attempts": 4, "Interval": MINUTE, "Delay": 10 * SECOND, "DelayFunction": "fibonacci", "MaxDelay": MINUTE},
            [],
        ),
        (
            {"Attempts": 9, "Interval": 20 * SECOND, "Delay": 6 * SECOND, "DelayFunction": "exponential",
             "MaxDelay": 7 * SECOND},
            [
                "Nomad can only make 2 attempts in 20s with initial delay 6s, delay function \"exponential\", "
                "and delay ceiling 7s",
                "Set the interval to at least 1m2s to accommodate 9 attempts",
            ],
        ),
        (
            {"Attempts": 10**12, "Interval": 60 * MINUTE, "Delay": 5 * SECOND, "DelayFunction": "fibonacci",
             "MaxDelay": 6 * SECOND},
            [
                "Nomad can only make 602 attempts in 1h0m0s with initial delay 5s, delay function \"fibonacci\", "
                "and delay ceiling 6s",
            ],
        ),
    ],
)  # fmt: skip
def test_attempts_must_fit_into_the_interval(policy: dict[str, Any], texts: list[str]) -> None:
    """spec: admission §7.5 row 9; however many attempts are asked for, the answer comes at once."""
    found = leaves(job(group={"ReschedulePolicy": {**policy, "Unlimited": False}}))
    assert found[: len(texts)] == texts
    assert bool(found) == bool(texts)


def test_ports_collide_per_host_network_and_tell_the_owner() -> None:
    """spec: admission §7.9"""
    ports = [
        {"Label": "http", "Value": 8080},
        {"Label": "other", "Value": 8080, "HostNetwork": "private"},
        {"Label": "quiet", "Value": 8080, "IgnoreCollision": True},
        {"Label": "http", "Value": 8080},
    ]
    assert leaves(job(group={"Networks": [{"ReservedPorts": ports}]})) == [
        "Port label http already in use by taskgroup network",
        "Static port 8080 already reserved by taskgroup network:http",
    ]


def test_a_repeated_action_is_reported_every_second_time() -> None:
    """spec: admission §7.11 row 15"""
    action = {"Name": "dump", "Command": "/bin/dump"}
    assert leaves(job(task(Actions=[action] * 5))) == ["Action dump defined multiple times"] * 2


def test_upper_case_check_types_need_no_port() -> None:
    """spec: admission §7.20"""
    check = {"Name": "c", "Path": "/", "Interval": 10 * SECOND, "Timeout": SECOND}
    exact, loud = ({"Name": "web", "Checks": [{**check, "Type": type_}]} for type_ in ("http", "HTTP"))
    assert leaves(job(group={"Services": [exact]})) == [
        'Check c invalid: check requires a port but neither check nor service "web" have a port'
    ]
    assert leaves(job(group={"Services": [loud]})) == []


def test_several_proxy_errors_nest_and_a_single_one_does_not() -> None:
    """spec: admission §7.19a"""

    def service(**proxy: Any) -> dict[str, Any]:
        sidecar = {"Proxy": {"TransparentProxy": proxy}}
        return {"Name": "web", "PortLabel": "80", "Connect": {"SidecarService": sidecar}}

    def text(**proxy: Any) -> str:
        return error_text(problems(job(group={"Networks": [{"Mode": "bridge"}], "Services": [service(**proxy)]})))

    bad_user = 'transparent proxy block has invalid UID field: invalid user ID "x": invalid syntax'
    assert f"Service[0] web validation failed: 1 error occurred:\n\t* {bad_user}\n\n" in text(UID="x")
    assert "failed: 1 error occurred:\n\t* 2 errors occurred:\n\t* could not parse" in text(
        UID="x", ExcludeOutboundCIDRs=["10.0.0.0"]
    )


def test_namespace_capabilities_decide_about_drivers_and_modes() -> None:
    """spec: admission §6.5"""
    settings = Settings(namespaces={"apps": NamespaceSettings(("exec",), ("exec",), (), ("host",))})
    two = job(task("a"), task("b", Driver="raw_exec"), group={"Networks": [{}]}, Namespace="apps")
    assert leaves(two, settings)[:1] == ['used task drivers ["exec" "raw_exec"] are not allowed in namespace "apps"']
    modes = Settings(namespaces={"apps": NamespaceSettings(disabled_network_modes=("host",))})
    assert leaves(two, modes)[:1] == ['used group network mode "host" is not allowed in namespace "apps"']
    assert leaves(two)[:1] == ['job "shop" is in nonexistent namespace "apps"']


def test_checksums_by_weak_digests_are_refused_in_fips_mode() -> None:
    """spec: admission §7.26"""
    artifact = {"GetterSource": "https://example.net/a", "GetterOptions": {"checksum": "md5:" + "0" * 32}}
    api = job(task(Artifacts=[artifact]))
    assert leaves(api) == []
    assert leaves(api, Settings(fips=True)) == ["md5 checksums are not supported in FIPS-140 mode"]


BROKEN = job(
    task(
        "a/b",
        KillTimeout=-1,
        Resources={"CPU": 0, "MemoryMB": 1, "Devices": [{"Constraints": [{"Operand": "distinct_hosts"}]}],
                   "Networks": [{"DynamicPorts": [{"Label": "p"}]}]},
        Constraints=[{"Operand": "distinct_hosts"}],
        Services=[{"Name": "_", "PortLabel": "q", "Checks": [{"Name": "c", "Type": "tcp", "PortLabel": "1"}]}],
        Templates=[{}],
        VolumeMounts=[{"Volume": "v", "Destination": "/v", "PropagationMode": "x"}],
        Identities=[{"Name": "!", "Audience": [""]}],
        Secrets=[{}],
    ),
    group={
        "Networks": [{"DynamicPorts": [{"Label": "p"}, {"Label": "p"}], "CNI": {"Args": {"a;": "b"}}}],
        "Services": [{"Name": "web", "Connect": {"Gateway": {"Ingress": {"Listeners": [{"Port": 1}]}}}}],
        "Volumes": {"a/b": {"Type": "csi"}},
        "Spreads": [{"SpreadTarget": [{"Value": "x", "Percent": 200}]}],
        "Scaling": {"Min": -1},
    },
    Affinities=[{}],
    UI={"Description": "x" * 1001},
    Periodic={"Specs": ["x"]},
)  # fmt: skip


def _all(found: list[Problem]) -> list[Problem]:
    return [part for problem in found for part in (problem, *_all(list(problem.children)))]


def test_every_problem_points_to_an_object_of_the_job() -> None:
    stored = load_job(BROKEN).to_api()
    found = _all(problems(BROKEN))
    assert len(found) > 40
    for problem in found:
        place: Any = stored
        for part in problem.path.split("/")[1:]:
            place = place[int(part)] if isinstance(place, list) else place[part.replace("~1", "/")]
        assert place is not None, problem


def test_every_problem_names_its_rule() -> None:
    assert all(problem.rule.startswith(("admission/6.", "admission/7.")) for problem in _all(problems(BROKEN)))


def test_the_job_is_not_changed() -> None:
    checked = load_job(BROKEN)
    before = copy.deepcopy(checked)
    validate_job(checked, DEFAULTS)
    assert checked == before
