"""Connect injection and exposed checks. spec: admission §5.4, §5.5"""

from __future__ import annotations

import copy
from typing import Any

import pytest

import jobplan
from jobplan.admission.mutators.connect import inject_connect
from jobplan.admission.mutators.expose import expose_checks
from jobplan.errors import ServerCrash
from jobplan.model.settings import DEFAULT_SETTINGS

SECOND = 1_000_000_000

Api = dict[str, Any]


def mesh_job(service: Api, *, mode: str = "bridge", driver: str = "docker", **group: Any) -> Api:
    """A job `shop` whose group `till` has one service and one task `scan`."""
    return {
        "ID": "shop",
        "Name": "Shop",
        "Meta": {"zone": "north", "colour": "red"},
        "TaskGroups": [
            {
                "Name": "till",
                "Networks": [{"Mode": mode, "ReservedPorts": [{"Label": "web", "Value": 8080}]}],
                "Services": [service],
                "Tasks": [{"Name": "scan", "Driver": driver}],
                **group,
            }
        ],
    }


def mutated(api: Api) -> Api:
    """The stored form after `connect` and `expose-check`, which must both succeed."""
    job = jobplan.load_job(api)
    assert inject_connect(job, DEFAULT_SETTINGS) is None
    assert expose_checks(job, DEFAULT_SETTINGS) is None
    return job.to_api()["TaskGroups"][0]


def refusal(api: Api) -> str:
    job = jobplan.load_job(api)
    problem = inject_connect(job, DEFAULT_SETTINGS) or expose_checks(job, DEFAULT_SETTINGS)
    assert problem is not None
    return str(problem)


def sidecar(**connect: Any) -> Api:
    return {"Name": "till-api", "PortLabel": "8080", "Connect": {"SidecarService": {}, **connect}}


def test_a_sidecar_is_injected_whole() -> None:
    group = mutated(mesh_job(sidecar()))
    task = group["Tasks"][1]
    assert {key: value for key, value in task.items() if value not in (None, 0, "", False)} == {
        "Name": "connect-proxy-till-api",
        "Kind": "connect-proxy:till-api",
        "Driver": "docker",
        "Config": {
            "image": "${meta.connect.sidecar_image}",
            "args": [
                "-c",
                "${NOMAD_SECRETS_DIR}/envoy_bootstrap.json",
                "-l",
                "${meta.connect.log_level}",
                "--concurrency",
                "${meta.connect.proxy_concurrency}",
                "--disable-hot-restart",
            ],
        },
        "ShutdownDelay": 5 * SECOND,
        "KillTimeout": 5 * SECOND,
        "LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2, "Disabled": False},
        "Resources": {
            "CPU": 250,
            "Cores": 0,
            "MemoryMB": 128,
            "MemoryMaxMB": 0,
            "DiskMB": 0,
            "IOPS": 0,
            "SecretsMB": 0,
            "Networks": None,
            "Devices": None,
            "NUMA": None,
        },
        "Lifecycle": {"Hook": "prestart", "Sidecar": True},
        "Constraints": [
            {"LTarget": "${attr.consul.version}", "RTarget": ">= 1.8.0", "Operand": "semver"},
            {"LTarget": "${attr.consul.grpc}", "RTarget": "0", "Operand": ">"},
        ],
        "RestartPolicy": group["RestartPolicy"],
        "Identity": {
            **task["Identity"],
            "Name": "default",
            "Audience": ["nomadproject.io"],
        },
    }
    assert group["Networks"][0]["DynamicPorts"] == [
        {"Label": "connect-proxy-till-api", "To": -1, "HostNetwork": "default"}
    ]


@pytest.mark.parametrize(
    ("drivers", "expected"), [(["podman", "exec"], "podman"), (["podman", "docker"], "docker"), (["exec"], "docker")]
)
def test_the_sidecar_follows_podman(drivers: list[str], expected: str) -> None:
    api = mesh_job(sidecar())
    api["TaskGroups"][0]["Tasks"] = [{"Name": name, "Driver": name} for name in drivers]
    assert mutated(api)["Tasks"][-1]["Driver"] == expected


def test_a_name_in_use_gets_a_suffix_that_repeats() -> None:
    api = mesh_job(sidecar())
    api["TaskGroups"][0]["Tasks"][0]["Name"] = "connect-proxy-till-api"
    first, second = (mutated(copy.deepcopy(api))["Tasks"][1]["Name"] for _ in range(2))
    assert first == second
    prefix, _, suffix = first.rpartition("-")
    assert (prefix, len(suffix)) == ("connect-proxy-till-api", 6)
    assert set(suffix) <= set("0123456789abcdef")


def test_any_sidecar_task_block_resets_the_injected_task() -> None:
    """spec: admission §15, quirk 3"""
    task = mutated(mesh_job(sidecar(SidecarTask={})))["Tasks"][1]
    assert (task["Resources"]["CPU"], task["Resources"]["MemoryMB"]) == (100, 300)
    assert (task["LogConfig"]["MaxFiles"], task["LogConfig"]["MaxFileSizeMB"]) == (10, 10)
    assert (task["ShutdownDelay"], task["KillTimeout"]) == (0, 5 * SECOND)


def test_a_sidecar_task_block_is_merged_field_by_field() -> None:
    block = {
        "Name": "envoy",
        "Config": {"image": "proxy:1"},
        "Env": {"A": "1"},
        "User": "nobody",
        "Resources": {"CPU": 700, "Networks": [{"DynamicPorts": [{"Label": "admin"}]}]},
        "KillTimeout": 0,
        "LogConfig": {"MaxFiles": 3, "MaxFileSizeMB": 0},
        "KillSignal": "SIGINT",
    }
    group = mutated(mesh_job(sidecar(SidecarTask=block)))
    task = group["Tasks"][1]
    assert (task["Name"], task["User"], task["KillSignal"], task["Env"]) == ("envoy", "nobody", "SIGINT", {"A": "1"})
    assert task["Config"]["image"] == "proxy:1"
    assert "args" in task["Config"]
    assert (task["Resources"]["CPU"], task["Resources"]["MemoryMB"]) == (700, 300)
    assert task["KillTimeout"] == 5 * SECOND
    assert (task["LogConfig"]["MaxFiles"], task["LogConfig"]["MaxFileSizeMB"]) == (3, 2)
    # the network is one object in the task and in the service's block
    shared = group["Services"][0]["Connect"]["SidecarTask"]["Resources"]["Networks"]
    assert shared == task["Resources"]["Networks"]
    assert shared[0]["DynamicPorts"] == [{"Label": "admin", "HostNetwork": "default"}]


def test_another_driver_replaces_the_whole_config() -> None:
    task = mutated(mesh_job(sidecar(SidecarTask={"Driver": "exec"})))["Tasks"][1]
    assert (task["Driver"], task["Config"]) == ("exec", None)


def test_identities_of_the_block_move_up_and_leave_a_null() -> None:
    identities = [{"Name": "a"}, {"Name": "", "ChangeSignal": "sighup"}, {"Name": "b"}]
    group = mutated(mesh_job(sidecar(SidecarTask={"Identities": identities})))
    task = group["Tasks"][1]
    assert [identity["Name"] for identity in task["Identities"]] == ["a", "b"]
    assert (task["Identity"]["Name"], task["Identity"]["ChangeSignal"]) == ("default", "SIGHUP")
    shown = group["Services"][0]["Connect"]["SidecarTask"]["Identities"]
    assert [identity and identity["Name"] for identity in shown] == ["a", "b", None]


def test_an_existing_sidecar_is_merged_again_and_not_duplicated() -> None:
    api = mesh_job(sidecar(SidecarTask={"User": "proxy"}))
    api["TaskGroups"][0]["Tasks"].append({"Name": "mine", "Driver": "exec", "Kind": "connect-proxy:till-api"})
    tasks = mutated(api)["Tasks"]
    assert [task["Name"] for task in tasks] == ["scan", "mine"]
    assert (tasks[1]["User"], tasks[1]["Driver"]) == ("proxy", "exec")


def test_a_static_port_does_not_serve_the_sidecar() -> None:
    """spec: admission §15, quirk 13"""
    service = sidecar()
    service["Connect"]["SidecarService"]["Port"] = "web"
    network = mutated(mesh_job(service))["Networks"][0]
    assert [port["Label"] for port in (*network["ReservedPorts"], *network["DynamicPorts"])] == ["web", "web"]


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("${NOMAD_GROUP_NAME}-${NOMAD_JOB_NAME}", "till-Shop"),
        ("${NOMAD_JOB_ID}-${NOMAD_ALLOC_INDEX}-${NOMAD_REGION}-${node.region}", "shop-0-global-global"),
        ("${NOMAD_META_zone}${NOMAD_META_COLOUR}", "southblue"),
        ("${NOMAD_META_my_key}${NOMAD_META_my-key}", "v${NOMAD_META_my-key}"),
        ("${NOMAD_META_where}", "till/${NOMAD_DC}"),
        ("${NOMAD_UPSTREAM_ADDR_stock-db}-${NOMAD_UPSTREAM_PORT_stock_db}", "127.0.0.1:9090-9090"),
        ("${NOMAD_TASK_NAME}${attr.kernel.name}${}", "${NOMAD_TASK_NAME}${attr.kernel.name}${}"),
    ],
)
def test_known_references_of_service_names(reference: str, value: str) -> None:
    service = sidecar()
    service["Name"] = reference
    service["Connect"]["SidecarService"]["Proxy"] = {
        "Upstreams": [{"DestinationName": "stock-db", "LocalBindPort": 9090}]
    }
    meta = {"zone": "south", "colour": "blue", "my-key": "v", "where": "${NOMAD_GROUP_NAME}/${NOMAD_DC}"}
    assert mutated(mesh_job(service, Meta=meta))["Services"][0]["Name"] == value


def test_native_services_name_their_task() -> None:
    group = mutated(mesh_job({"Name": "api", "Connect": {"Native": True}}))
    assert group["Tasks"][0]["Kind"] == "connect-native:api"
    assert group["Services"][0]["TaskName"] == "scan"


def test_native_services_without_a_clear_task_are_refused() -> None:
    two = [{"Name": "a", "Driver": "exec"}, {"Name": "b", "Driver": "exec"}]
    native: Api = {"Name": "api", "Connect": {"Native": True}}
    assert refusal(mesh_job(native, Tasks=two)) == (
        "task for Consul Connect Native service till->api is ambiguous and must be set"
    )
    assert refusal(mesh_job({**native, "TaskName": "c"}, Tasks=two)) == (
        "task c named by Consul Connect Native service till->api does not exist"
    )


def gateway(kind: str, entry: Api, **more: Any) -> Api:
    return {"Name": "edge", "Connect": {"Gateway": {kind: entry, **more}}}


@pytest.mark.parametrize(
    ("service", "mode", "kind", "addresses"),
    [
        (
            gateway("Ingress", {"Listeners": [{"Port": 80, "Services": [{"Name": "a"}, {"Name": "b"}]}]}),
            "bridge",
            "connect-ingress:edge",
            {"a": {"Address": "0.0.0.0", "Port": 80}, "b": {"Address": "0.0.0.0", "Port": 80}},
        ),
        (gateway("Ingress", {}), "cni/net", "connect-ingress:edge", {}),
        (gateway("Ingress", {}), "host", "connect-ingress:edge", None),
        (
            gateway("Terminating", {}),
            "bridge",
            "connect-terminating:edge",
            {"default": {"Address": "0.0.0.0", "Port": -1}},
        ),
        (
            {**gateway("Mesh", {}), "PortLabel": "web"},
            "bridge",
            "connect-mesh:edge",
            {"wan": {"Address": "0.0.0.0", "Port": -1}, "lan": {"Address": "0.0.0.0", "Port": -1}},
        ),
    ],
)
def test_gateways_bind_where_their_network_lets_them(service: Api, mode: str, kind: str, addresses: Api | None) -> None:
    group = mutated(mesh_job(service, mode=mode))
    task, proxy = group["Tasks"][1], group["Services"][0]["Connect"]["Gateway"]["Proxy"]
    assert (task["Kind"], task["Name"], task["Lifecycle"]) == (kind, kind.replace(":", "-"), None)
    assert task["Config"].get("network_mode") == ("host" if mode == "host" else None)
    assert proxy["EnvoyGatewayBindAddresses"] == addresses
    assert proxy["EnvoyGatewayNoDefaultBind"] is (mode != "host")
    assert proxy["ConnectTimeout"] == 5 * SECOND


def test_a_gateway_that_binds_by_itself_keeps_its_proxy() -> None:
    proxy = {"EnvoyGatewayBindAddresses": {"x": {"Address": "::", "Port": 1}}, "EnvoyDNSDiscoveryType": "STRICT_DNS"}
    kept = mutated(mesh_job(gateway("Ingress", {}, Proxy=proxy)))["Services"][0]["Connect"]["Gateway"]["Proxy"]
    assert kept["EnvoyGatewayBindAddresses"] == {"x": {"Address": "::", "Port": 1}}
    assert kept["EnvoyGatewayNoDefaultBind"] is False


def test_ports_and_tls_of_gateways() -> None:
    group = mutated(mesh_job(gateway("Terminating", {})))
    assert group["Services"][0]["PortLabel"] == "connect-terminating-edge"
    assert [port["Label"] for port in group["Networks"][0]["DynamicPorts"]] == ["connect-terminating-edge"]
    group = mutated(mesh_job({**gateway("Mesh", {}), "PortLabel": "web"}))
    assert [port["Label"] for port in group["Networks"][0]["DynamicPorts"]] == ["connect-mesh-edge-lan"]
    assert refusal(mesh_job(gateway("Mesh", {}))) == "service.port must be set for mesh gateway service"
    group = mutated(mesh_job(gateway("Ingress", {"TLS": {"TLSMinVersion": "TLSv1_2"}})))
    assert group["Tasks"][1]["Constraints"][2] == {
        "LTarget": "${attr.consul.version}",
        "RTarget": ">= 1.11.2",
        "Operand": "semver",
    }


def test_a_null_listener_crashes_only_where_addresses_are_derived() -> None:
    service = gateway("Ingress", {"Listeners": [None]})
    assert mutated(mesh_job(service, mode="host"))["Tasks"][1]["Kind"] == "connect-ingress:edge"
    with pytest.raises(ServerCrash):
        mutated(mesh_job(service))


def exposed(label: str, **check: Any) -> Api:
    made = sidecar()
    made["PortLabel"] = label
    made["Checks"] = [
        {"Type": "http", "Path": "/health", "Expose": True, "Interval": SECOND, "Timeout": SECOND, **check}
    ]
    return made


@pytest.mark.parametrize(("label", "port"), [("9000", 9000), ("web", 8080)])
def test_an_exposed_check_gets_a_port_and_a_path(label: str, port: int) -> None:
    group = mutated(mesh_job(exposed(label)))
    check = group["Services"][0]["Checks"][0]
    prefix, _, digest = check["PortLabel"].rpartition("_")
    assert (prefix, len(digest)) == ("svc_till-api_ck", 6)
    assert group["Networks"][0]["DynamicPorts"][-1] == {
        "Label": check["PortLabel"],
        "To": -1,
        "HostNetwork": "default",
    }
    assert group["Services"][0]["Connect"]["SidecarService"]["Proxy"]["Expose"]["Paths"] == [
        {"Path": "/health", "Protocol": "", "LocalPathPort": port, "ListenerPort": check["PortLabel"]}
    ]


def test_checks_that_cannot_be_exposed() -> None:
    untouched = mutated(mesh_job(exposed("9000", Type="tcp")))
    assert untouched["Services"][0]["Connect"]["SidecarService"]["Proxy"] is None
    assert refusal(mesh_job(exposed("nowhere", Name="alive"))) == (
        "unable to determine local service port for service check till->till-api->alive"
    )
    assert refusal(mesh_job(exposed("9000"), mode="host")) == (
        'connect expose check: invalid network mode for Consul Connect: group "till" uses network mode "host"; '
        'must be "bridge" or "cni/*"'
    )
    assert refusal(mesh_job(exposed("9000"), Networks=None)) == (
        'connect expose check: must have exactly one network for Consul Connect: group "till" has 0 networks'
    )
