"""In place or replacement. spec: plan §6.3–§6.5"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan import PlanError, replacement_reasons
from jobplan.canonical import load_job
from jobplan.updates import needs_replacement
from jobplan.updates.grouprules import GROUP_RULES, TASK_RULES

Api = dict[str, Any]


def job(task: Api | None = None, group: Api | None = None, **fields: Any) -> Api:
    made_task = {"Name": "baker", "Driver": "exec", **(task or {})}
    return {"ID": "bakery", "TaskGroups": [{"Name": "oven", "Tasks": [made_task], **(group or {})}], **fields}


def reasons(old: Api, new: Api) -> tuple[str, ...]:
    return replacement_reasons(old, new)["oven"]


IN_PLACE_TASK: list[Api] = [
    {"KillTimeout": 10**9},
    {"Leader": True},
    {"KillSignal": "SIGTERM"},
    {"ShutdownDelay": 5},
    {"LogConfig": {"MaxFiles": 3}},
    {"Services": [{"Name": "bread"}]},
    {"Constraints": [{"LTarget": "${node.class}", "RTarget": "brick", "Operand": "="}]},
    {"RestartPolicy": {"Attempts": 1}},
    {"Lifecycle": {"Hook": "poststart"}},
    {"DispatchPayload": {"File": "dough"}},
    {"Actions": [{"Name": "knead", "Command": "knead"}]},
    {"Resources": {"IOPS": 5}},
    {"Consul": {"Cluster": "east"}},  # a block that only one side has
    {"Config": {}},  # the same as none
]
REPLACING_TASK: list[tuple[Api, str]] = [
    ({"Driver": "docker"}, "Driver"),
    ({"User": "nobody"}, "User"),
    ({"Config": {"command": "bake"}}, "Config"),
    ({"Env": {"HEAT": "240"}}, "Env"),
    ({"Artifacts": [{"GetterSource": "https://flour.invalid"}]}, "Artifacts"),
    ({"Vault": {}}, "Vault"),
    ({"Secrets": [{"Name": "recipe"}]}, "Secrets"),
    ({"Templates": [{"DestPath": "local/list"}]}, "Templates"),
    ({"CSIPluginConfig": {"ID": "shelf"}}, "CSIPluginConfig"),
    ({"Meta": {"shift": "night"}}, "Meta"),
    ({"Resources": {"Networks": [{"MBits": 1}]}}, "Resources.Networks"),
    ({"Resources": {"CPU": 500}}, "Resources.CPU"),
    ({"Resources": {"MemoryMaxMB": 900}}, "Resources.MemoryMaxMB"),
    ({"Resources": {"SecretsMB": 9}}, "Resources.SecretsMB"),
    ({"Resources": {"Devices": [{"Name": "gpu"}]}}, "Resources.Devices"),
    ({"Resources": {"NUMA": {}}}, "Resources.NUMA"),
    ({"Identities": [{"Name": "till"}]}, "Identities"),
    ({"LogConfig": {"Disabled": True}}, "LogConfig.Disabled"),
    ({"RestartPolicy": {"RenderTemplates": True}}, "RestartPolicy.RenderTemplates"),
]


@pytest.mark.parametrize("change", IN_PLACE_TASK, ids=lambda change: next(iter(change)))
def test_changes_of_a_task_in_place(change: Api) -> None:
    assert reasons(job(), job(change)) == ()


@pytest.mark.parametrize(("change", "field"), REPLACING_TASK, ids=lambda value: value if isinstance(value, str) else "")
def test_changes_of_a_task_that_replace(change: Api, field: str) -> None:
    assert reasons(job(), job(change)) == (f"Tasks[baker].{field}",)
    assert reasons(job(change), job()) == (f"Tasks[baker].{field}",)


IN_PLACE_GROUP: list[Api] = [
    {"Count": 4},
    {"Consul": {"Namespace": "bread"}},
    {"Services": [{"Name": "bread", "Tags": ["rye"]}]},
    {"Update": {"MaxParallel": 3}},
    {"Disconnect": {"LostAfter": 10**9}},
    {"Spreads": [{"Attribute": "${node.datacenter}"}]},
]
REPLACING_GROUP: list[tuple[Api, str]] = [
    ({"EphemeralDisk": {"SizeMB": 999}}, "EphemeralDisk"),
    ({"Networks": [{"Mode": "bridge"}]}, "Networks"),
    ({"Volumes": {"bin": {"Type": "host", "Source": "bin"}}}, "Volumes"),
]


@pytest.mark.parametrize("change", IN_PLACE_GROUP, ids=lambda change: next(iter(change)))
def test_changes_of_a_group_in_place(change: Api) -> None:
    assert reasons(job(), job(group=change)) == ()


@pytest.mark.parametrize(
    ("change", "field"), REPLACING_GROUP, ids=lambda value: value if isinstance(value, str) else ""
)
def test_changes_of_a_group_that_replace(change: Api, field: str) -> None:
    assert reasons(job(), job(group=change)) == (field,)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"CIDR": "10.0.0.0/8"}, {"CIDR": ""}, False),
        ({"DynamicPorts": [{"Label": "a", "Value": 1}]}, {"DynamicPorts": [{"Label": "a", "Value": 2}]}, False),
        ({"ReservedPorts": [{"Label": "a", "Value": 1}]}, {"ReservedPorts": [{"Label": "a", "Value": 2}]}, True),
        ({"ReservedPorts": [{"Label": "a", "IgnoreCollision": True}]}, {"ReservedPorts": [{"Label": "a"}]}, False),
        ({"DynamicPorts": [{"Label": "a"}]}, {"DynamicPorts": [{"Label": "a", "HostNetwork": "private"}]}, True),
        ({"DNS": {}}, {}, True),
        ({"DNS": {"Servers": []}}, {"DNS": {}}, False),
        ({"CNI": {"Args": {"a": "1"}}}, {"CNI": {"Args": {"a": "2"}}}, True),
    ],
)
def test_networks(old: Api, new: Api, replaces: bool) -> None:
    networks = ({"Networks": [{"Mode": "bridge", **network}]} for network in (old, new))
    assert reasons(*(job(group=group) for group in networks)) == (("Networks",) if replaces else ())


def test_two_devices_of_one_name_differ_from_themselves() -> None:
    one, other = {"Name": "gpu", "Count": 1}, {"Name": "gpu", "Count": 2}
    both = job({"Resources": {"Devices": [one, other]}})
    assert reasons(both, both) == ("Tasks[baker].Resources.Devices",)
    twice = job({"Resources": {"Devices": [one, one]}})
    assert reasons(twice, twice) == ()


def test_meta_counts_as_the_task_sees_it() -> None:
    assert reasons(job(), job(Meta={"shift": "day"})) == ("Tasks[baker].Meta",)
    own = {"Meta": {"shift": "night"}}
    assert reasons(job(own), job(own, Meta={"shift": "day"})) == ()


def test_uid_zero_is_not_unset() -> None:
    old, new = (job({"Templates": [{"DestPath": "a", **ids}]}) for ids in ({"Uid": 0}, {}))
    assert reasons(old, new) == ("Tasks[baker].Templates",)


def connect(block: Api | None, **service: Any) -> Api:
    return job(group={"Services": [{"Name": "bread", "Connect": block, **service}]})


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (None, {"Native": True}, "Connect"),
        ({"Native": True}, None, ""),
        ({"SidecarService": {}}, {}, "Connect.SidecarService"),
        ({"SidecarService": {"Port": "a"}}, {"SidecarService": {"Port": "b"}}, "Connect.SidecarService"),
        ({"SidecarService": {"Tags": ["a"]}}, {"SidecarService": {"Meta": {"a": "b"}}}, ""),
        ({"SidecarTask": {"Resources": {"CPU": 1}}}, {"SidecarTask": {"Resources": {"CPU": 2}}}, "Connect.SidecarTask"),
        ({"SidecarTask": {"Resources": {"NUMA": {}}}}, {"SidecarTask": {}}, ""),
        ({"Gateway": {"Mesh": {}}}, {"Gateway": {}}, "Connect.Gateway"),
        (
            {"Gateway": {"Ingress": {"Listeners": [{"Port": 1}, {"Port": 2}]}}},
            {"Gateway": {"Ingress": {"Listeners": [{"Port": 2}, {"Port": 1}]}}},
            "",
        ),
    ],
)
def test_connect(old: Api | None, new: Api | None, field: str) -> None:
    expected = (f"Services[bread].{field}",) if field else ()
    assert reasons(connect(old), connect(new)) == expected


def test_port_and_cluster_count_for_mesh_services_only() -> None:
    mesh: Api = {"SidecarService": {}}
    assert reasons(connect(mesh), connect(mesh, PortLabel="p")) == ("Services[bread].PortLabel",)
    assert reasons(connect(None), connect(None, PortLabel="p")) == ()


def test_all_reasons_come_in_the_order_of_the_rules() -> None:
    old = job()
    new = job({"Driver": "docker", "Env": {"A": "b"}}, {"EphemeralDisk": {"Sticky": True}})
    assert reasons(old, new) == ("EphemeralDisk", "Tasks[baker].Driver", "Tasks[baker].Env")


def test_renamed_task_and_groups_of_one_side() -> None:
    old, new = job(), job({"Name": "cook"})
    new["TaskGroups"].append({"Name": "shop", "Tasks": []})
    assert replacement_reasons(old, new) == {"oven": ("Tasks[cook]",)}


def test_lists_in_secrets_make_the_comparison_fault() -> None:
    secret = {"Secrets": [{"Name": "recipe", "Config": {"parts": ["flour"]}}]}
    with pytest.raises(PlanError) as fault:
        reasons(job(secret), job(secret))
    assert str(fault.value) == "failed to process eval: runtime error: comparing uncomparable type []interface {}"
    # an earlier difference decides before the fault
    driver = job({**secret, "Driver": "docker"})
    assert reasons(job(secret), driver)[0] == "Tasks[baker].Driver"
    assert needs_replacement(load_job(job(secret)), load_job(driver), "oven")


def test_rules_are_numbered_without_gaps() -> None:
    """5 and 18 need more than one group or task and are functions."""
    numbers = [rule.number for rule in (*GROUP_RULES, *TASK_RULES)]
    assert numbers == sorted(numbers)
    assert {*numbers, 5, 18} == set(range(1, 25))
