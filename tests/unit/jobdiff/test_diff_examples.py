"""Worked examples and quirks, with jobs of our own. spec: diff §14, §15"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan import DiffError, ServerCrash, diff

Api = dict[str, Any]


def job(task: Api | None = None, group: Api | None = None, **fields: Any) -> Api:
    made_task = {"Name": "miller", "Driver": "exec", **(task or {})}
    return {"ID": "mill", "TaskGroups": [{"Name": "wheel", "Tasks": [made_task], **(group or {})}], **fields}


def one_object(level: Any, name: str) -> Api:
    found = [item for item in level.to_api()["Objects"] or [] if item["Name"] == name]
    assert len(found) == 1, [item["Name"] for item in level.to_api()["Objects"] or []]
    return found[0]  # type: ignore[no-any-return]


def texts(item: Api) -> list[tuple[str, str, str, str]]:
    return [(field["Type"], field["Name"], field["Old"], field["New"]) for field in item["Fields"] or []]


def of_task(old: Api | None, new: Api | None, name: str, *, contextual: bool = True) -> Api:
    """The object of the only task when its fields change from `old` to `new`."""
    made = diff(job(old), job(new), contextual=contextual)
    return one_object(made.task_groups[0].tasks[0], name)  # type: ignore[index]


def of_group(old: Api | None, new: Api | None, name: str, *, contextual: bool = True) -> Api:
    made = diff(job(group=old), job(group=new), contextual=contextual)
    return one_object(made.task_groups[0], name)  # type: ignore[index]


def of_job(old: Api, new: Api, name: str, *, contextual: bool = True) -> Api:
    return one_object(diff(job(**old), job(**new), contextual=contextual), name)


# ---- jobs -----------------------------------------------------------------------------------------------------------


def test_unchanged_job_lists_everything_as_unchanged() -> None:
    assert diff(job(), job(), contextual=True).to_api() == {
        "Type": "None",
        "ID": "mill",
        "Fields": None,
        "Objects": None,
        "TaskGroups": [
            {
                "Type": "None",
                "Name": "wheel",
                "Fields": None,
                "Objects": None,
                "Tasks": [
                    {"Type": "None", "Name": "miller", "Fields": None, "Objects": None, "Annotations": None},
                ],
                "Updates": None,
            }
        ],
    }


def test_nothing_and_nothing() -> None:
    assert diff(None, None).to_api() == {
        "Type": "None",
        "ID": "",
        "Fields": None,
        "Objects": None,
        "TaskGroups": None,
    }


def test_new_job_shows_no_empty_texts() -> None:
    made = diff(None, job(), contextual=True).to_api()
    assert (made["Type"], made["ID"]) == ("Added", "mill")
    names = [field["Name"] for field in made["Fields"]]
    assert names == ["AllAtOnce", "Dispatched", "Name", "Namespace", "Priority", "Region", "Stop", "Type"]
    group = made["TaskGroups"][0]
    assert [item["Name"] for item in group["Objects"]] == [
        "RestartPolicy",
        "Migrate",
        "ReschedulePolicy",
        "EphemeralDisk",
        "Update",
    ]
    assert [item["Name"] for item in group["Tasks"][0]["Objects"]] == ["Resources", "LogConfig", "Identity"]


def test_different_ids_cannot_be_compared() -> None:
    with pytest.raises(DiffError) as refused:
        diff({"ID": 'a"b'}, {"ID": "c"})
    assert str(refused.value) == 'can not diff jobs with different IDs: "a\\"b" and "c"'


def test_invisible_members_leave_the_job_unchanged() -> None:
    made = diff(job(), job(Spreads=[{"Attribute": "${node.datacenter}"}], VersionTag={"Name": "spring"}))
    assert made.type == "None"


def test_silent_members_mark_group_and_task() -> None:
    made = diff(job(), job({"Lifecycle": {"Hook": "prestart"}}))
    assert made.type == "Edited"
    group = made.task_groups[0]  # type: ignore[index]
    task = group.tasks[0]  # type: ignore[index]
    assert (group.type, group.fields, group.objects) == ("Edited", None, None)
    assert (task.type, task.fields, task.objects) == ("Edited", None, None)


def test_restart_policy_of_the_group_reaches_the_tasks() -> None:
    made = diff(job(), job(group={"RestartPolicy": {"Attempts": 7}}), contextual=True)
    group = made.task_groups[0]  # type: ignore[index]
    assert ("Edited", "Attempts", "2", "7") in texts(one_object(group, "RestartPolicy"))
    assert [(task.type, task.objects) for task in group.tasks or ()] == [("Edited", None)]


def test_shutdown_delay_of_a_group_shows_only_when_both_exist() -> None:
    edited = diff(job(), job(group={"ShutdownDelay": 5}))
    added = diff(None, job(group={"ShutdownDelay": 5}))
    assert [field.name for field in edited.task_groups[0].fields or ()] == ["ShutdownDelay"]  # type: ignore
    assert "ShutdownDelay" not in [field.name for field in added.task_groups[0].fields or ()]  # type: ignore


def test_empty_constraint_leaves_null_where_it_is_added() -> None:
    empty: Api = {"Constraints": [{}]}
    made = diff(job(), job(group=empty)).to_api()
    assert made["TaskGroups"][0]["Objects"] == [None]
    assert diff(job(group=empty), job()).to_api()["TaskGroups"][0]["Objects"] is None
    with pytest.raises(DiffError):
        diff(job(), job(**empty))
    assert diff(job(), job(Priority=60, **empty)).type == "Edited"


# ---- rules ----------------------------------------------------------------------------------------------------------


def test_opaque_maps_show_floats_and_nil() -> None:
    old = {"Config": {"image": "a", "mem": 134217728, "args": ["x"]}}
    new = {"Config": {"image": "b", "mem": 134217728, "args": ["x", "y"], "opt": None}}
    made = of_task(old, new, "Config")
    assert made["Type"] == "Edited"
    assert texts(made) == [
        ("None", "args[0]", "x", "x"),
        ("Added", "args[1]", "", "y"),
        ("Edited", "image", "a", "b"),
        ("None", "mem", "1.34217728e+08", "1.34217728e+08"),
        ("Added", "opt", "", "nil"),
    ]


@pytest.mark.parametrize(("old", "new"), [(1, "1"), (True, "true"), (None, "nil"), ([], {}), (1, 1.0)])
def test_types_count_in_opaque_maps_even_where_texts_agree(old: Any, new: Any) -> None:
    task = diff(job({"Config": {"k": old}}), job({"Config": {"k": new}})).to_api()["TaskGroups"][0]["Tasks"][0]
    if old == new:
        assert task["Type"] == "None"
    else:
        assert task["Objects"] == [{"Type": "Edited", "Name": "Config", "Fields": None, "Objects": None}]


def test_type_of_simple_objects_describes_their_fields() -> None:
    source = {"GetterSource": "https://mill.invalid/flour"}
    made = of_task({"Artifacts": [source]}, {"Artifacts": [{**source, "GetterOptions": {"depth": "1"}}]}, "Artifact")
    assert made["Type"] == "Added"
    assert ("None", "GetterSource", source["GetterSource"], source["GetterSource"]) in texts(made)
    assert ("Added", "GetterOptions[depth]", "", "1") in texts(made)


def test_string_set_sorts_additions_first() -> None:
    old, new = {"Tags": ["foo", "bar"]}, {"Tags": ["bar", "bam"]}
    name = {"Name": "grain"}
    made = of_group({"Services": [{**name, **old}]}, {"Services": [{**name, **new}]}, "Service")
    (tags,) = (item for item in made["Objects"] if item["Name"] == "Tags")
    assert tags["Type"] == "Edited"
    assert texts(tags) == [
        ("Added", "Tags", "", "bam"),
        ("None", "Tags", "bar", "bar"),
        ("Deleted", "Tags", "foo", ""),
    ]


def test_empty_element_of_a_set_leaves_null_without_context() -> None:
    old, new = ({"Services": [{"Name": "grain", "Tags": tags}]} for tags in (["a"], ["", "a"]))
    plain = of_group(old, new, "Service", contextual=False)["Objects"][0]
    assert (plain["Type"], plain["Fields"]) == ("Added", [None])
    contextual = of_group(old, new, "Service")["Objects"][0]
    assert (contextual["Type"], texts(contextual)) == ("Added", [("None", "Tags", "", ""), ("None", "Tags", "a", "a")])


def test_networks_are_never_edited() -> None:
    ports = {"Mode": "bridge", "DynamicPorts": [{"Label": "door"}]}
    made = diff(job(group={"Networks": [ports]}), job(group={"Networks": [{**ports, "MBits": 5}]}), contextual=True)
    objects = made.to_api()["TaskGroups"][0]["Objects"]
    assert [(item["Name"], item["Type"]) for item in objects] == [("Network", "Added"), ("Network", "Deleted")]
    assert texts(objects[0]) == [("None", "Hostname", "", ""), ("Added", "Mode", "", "bridge")]
    assert texts(objects[0]["Objects"][0]) == [
        ("Added", "HostNetwork", "", "default"),
        ("Added", "Label", "", "door"),
        ("Added", "To", "", "0"),
    ]


def test_wait_of_a_template_is_named_template() -> None:
    base = {"DestPath": "local/a"}
    made = of_task({"Templates": [base]}, {"Templates": [{**base, "Wait": {"Min": 5}}]}, "Template")
    (wait,) = made["Objects"]
    assert (wait["Name"], wait["Type"]) == ("Template", "Added")
    assert texts(wait) == [("Added", "Max", "", "nil"), ("Added", "Min", "", "5")]


def test_disconnect_shows_unset_members() -> None:
    made = of_group(None, {"Disconnect": {"LostAfter": 1_000_000_000}}, "Disconnect")
    assert texts(made) == [
        ("Added", "LostAfter", "", "1000000000"),
        ("Added", "Reconcile", "", "best_score"),
        ("Added", "Replace", "", "true"),
        ("Added", "StopOnClientAfter", "", "nil"),
    ]


def test_scaling_hides_its_target() -> None:
    made = of_group({"Scaling": {"Max": 3}}, {"Scaling": {"Max": 4, "Policy": {}}}, "Scaling")
    assert texts(made) == [("Edited", "Max", "3", "4")]
    assert made["Objects"] == [{"Type": "Added", "Name": "Policy", "Fields": None, "Objects": None}]


# ---- blocks of a job -------------------------------------------------------------------------------------------------


def test_region_shows_no_change_of_datacenters() -> None:
    old, new = ({"Multiregion": {"Regions": [{"Name": "west", "Datacenters": [dc]}]}} for dc in "ab")
    assert of_job(old, new, "Multiregion") == {"Type": "Edited", "Name": "Multiregion", "Fields": None, "Objects": None}


def test_added_multiregion_edits_a_zero_strategy() -> None:
    block = {"Multiregion": {"Strategy": {"MaxParallel": 2}, "Regions": [{"Name": "west"}]}}
    made = of_job({}, block, "Multiregion")
    assert [(item["Name"], item["Type"]) for item in made["Objects"]] == [("Region", "Added"), ("Strategy", "Edited")]
    deleted = of_job(block, {}, "Multiregion")
    assert [item["Type"] for item in deleted["Objects"]] == ["Deleted", "Deleted"]


def test_links_without_texts_are_not_there() -> None:
    made = of_job({"UI": {}}, {"UI": {"Description": "d", "Links": [{}, {"Label": "l"}]}}, "UI")
    assert [(item["Name"], item["Type"], texts(item)) for item in made["Objects"]] == [
        ("Link", "Added", [("Added", "Label", "", "l"), ("None", "Url", "", "")])
    ]


# ---- Connect ---------------------------------------------------------------------------------------------------------


def connect_diff(old: Api | None, new: Api | None, *path: str) -> Api:
    """The object at this path below `ConsulConnect` of the only service."""
    made = of_group(
        {"Services": [{"Name": "grain", "Connect": old}]}, {"Services": [{"Name": "grain", "Connect": new}]}, "Service"
    )
    for name in ("ConsulConnect", *path):
        (made,) = (item for item in made["Objects"] if item["Name"] == name)
    return made


def test_transparent_proxy_shows_in_every_changed_proxy() -> None:
    old, new = ({"SidecarService": {"Proxy": {"LocalServicePort": port}}} for port in (1, 2))
    made = connect_diff(old, new, "SidecarService", "ConsulProxy")
    assert made["Objects"] == [{"Type": "None", "Name": "TransparentProxy", "Fields": None, "Objects": None}]


def test_transparent_proxy_lists_are_compared_from_one_side() -> None:
    def with_ports(*ports: str) -> Api:
        return {"SidecarService": {"Proxy": {"TransparentProxy": {"ExcludeInboundPorts": list(ports)}}}}

    path = ("SidecarService", "ConsulProxy", "TransparentProxy")
    assert connect_diff(with_ports("1", "1"), with_ports("1", "2"), *path)["Type"] == "None"
    assert connect_diff(with_ports("1", "2"), with_ports("1", "1"), *path)["Type"] == "Edited"


def test_expose_without_paths_is_added_also_when_it_goes() -> None:
    with_it: Api = {"SidecarService": {"Proxy": {"Expose": {}}}}
    without: Api = {"SidecarService": {"Proxy": {}}}
    for old, new in ((with_it, without), (without, with_it)):
        made = connect_diff(old, new, "SidecarService", "ConsulProxy", "Expose")
        assert made == {"Type": "Added", "Name": "Expose", "Fields": None, "Objects": None}


def test_upstreams_meet_by_datacenter_and_name() -> None:
    def with_upstreams(*upstreams: Api) -> Api:
        return {"SidecarService": {"Proxy": {"Upstreams": list(upstreams)}}}

    old = with_upstreams({"DestinationName": "oats", "LocalBindPort": 1, "DestinationPeer": "east"})
    new = with_upstreams(
        {"DestinationName": "oats", "LocalBindPort": 2}, {"DestinationName": "oats", "Config": {"a": 1}}
    )
    made = connect_diff(old, new, "SidecarService", "ConsulProxy", "ConsulUpstreams")
    assert made["Type"] == "Edited"
    assert ("Edited", "LocalBindPort", "1", "0") in texts(made)
    assert ("Deleted", "DestinationPeer", "east", "") in texts(made)


def test_gateway_timeout_is_a_duration_shown_when_both_exist() -> None:
    old, new = ({"Gateway": {"Proxy": {"ConnectTimeout": ns}}} for ns in (90_000_000_000, 1_500_000))
    assert ("Edited", "ConnectTimeout", "1m30s", "1.5ms") in texts(connect_diff(old, new, "Gateway", "Proxy"))
    added = connect_diff({"Gateway": {}}, new, "Gateway", "Proxy")
    assert "ConnectTimeout" not in [name for _, name, _, _ in texts(added)]
    assert added["Objects"] == [{"Type": "Added", "Name": "EnvoyGatewayBindAddresses", "Fields": None, "Objects": None}]


def test_bind_addresses_are_host_and_port() -> None:
    old: Api = {"Gateway": {"Proxy": {}}}
    new = {"Gateway": {"Proxy": {"EnvoyGatewayBindAddresses": {"inn": {"Address": "::1", "Port": 80}}}}}
    made = connect_diff(old, new, "Gateway", "Proxy", "EnvoyGatewayBindAddresses")
    assert texts(made) == [("Added", "inn", "", "[::1]:80")]


def test_null_among_ingress_listeners_crashes_the_server() -> None:
    old, new = ({"Gateway": {"Ingress": {"Listeners": listeners}}} for listeners in ([], [None]))
    with pytest.raises(ServerCrash):
        connect_diff(old, new)
