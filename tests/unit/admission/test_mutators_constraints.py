"""Implied constraints, partitions and identities. spec: admission §5.3, §5.6, §5.8, §5.10"""

from __future__ import annotations

from typing import Any

import jobplan
from jobplan.admission.mutators import MUTATORS, mutate
from jobplan.model.settings import (
    DEFAULT_SETTINGS,
    ConsulSettings,
    IdentitySettings,
    Settings,
    VaultSettings,
)

Api = dict[str, Any]
HOUR = 3600 * 10**9
CNI = [
    (f"${{attr.plugins.cni.version.{name}}}", "semver", ">= 0.4.0")
    for name in ("bridge", "firewall", "host-local", "loopback", "portmap")
]
CONSUL = ("${attr.consul.version}", "semver", ">= 1.8.0")
IDENTITY = ("${attr.nomad.version}", "semver", ">= 1.7.0-a")


def task(name: str = "t", **more: Any) -> Api:
    return {"Name": name, "Driver": "exec", **more}


def group(name: str = "g", **more: Any) -> Api:
    return {"Name": name, "Tasks": [task()], **more}


def mutated(*groups: Api, settings: Settings = DEFAULT_SETTINGS, **job: Any) -> jobplan.Job:
    made = jobplan.load_job({"ID": "ledger", "TaskGroups": list(groups), **job})
    assert mutate(made, settings) is None
    return made


def listed(owner: Any) -> list[tuple[str, str, str]]:
    return [(item.ltarget, item.operand, item.rtarget) for item in owner.constraints or ()]


def of_group(*groups: Api, **job: Any) -> list[tuple[str, str, str]]:
    return listed(mutated(*groups, **job).task_groups[0])


def test_the_names_stand_in_the_order_of_the_specification() -> None:
    assert [name for name, _ in MUTATORS] == [
        "canonicalize",
        "vault",
        "consul",
        "connect",
        "expose-check",
        "constraints",
        "node-pool-mutation",
        "implicit-identities",
        "numa",
    ]


def test_bridge_network_and_consul_service() -> None:
    """spec: admission §14.5"""
    plain = group(Networks=[{"Mode": "bridge"}], Services=[{"Name": "s"}])
    assert of_group(plain) == [CONSUL, *CNI]
    mesh = group(Networks=[{"Mode": "bridge"}], Services=[{"Name": "s", "Connect": {"SidecarService": {}}}])
    assert of_group(mesh) == [CONSUL, *CNI]


def test_all_rows_in_order() -> None:
    uses = group(
        Consul={"Partition": "east"},
        Constraints=[{"LTarget": "${attr.cpu.arch}", "RTarget": "amd64", "Operand": "="}],
        Networks=[{"Mode": "bridge"}],
        Services=[
            {"Name": "n", "Provider": "nomad", "Checks": [{"Type": "tcp"}]},
            {"Name": "c", "Connect": {"SidecarService": {"Proxy": {"TransparentProxy": {}}}}},
        ],
        Tasks=[
            task(
                Vault={"Cluster": "own", "ChangeMode": "signal", "ChangeSignal": "sigusr1"},
                KillSignal="SIGINT",
                Secrets=[{"Name": "x", "Provider": "nomad", "Path": "p"}],
                Resources={"NUMA": {"Affinity": "require"}},
                Templates=[{"ChangeMode": "signal", "ChangeSignal": "SIGHUP", "DestPath": "x"}],
                Identities=[{"Name": "aws"}],
            )
        ],
    )
    assert of_group(uses) == [
        ("${attr.cpu.arch}", "=", "amd64"),
        ("${attr.consul.partition}", "=", "east"),
        ("${attr.vault.own.version}", "semver", ">= 1.11.0"),
        ("${attr.plugins.secrets.nomad.version}", "is_set", ""),
        ("${attr.nomad.version}", "semver", ">= 1.6.3-dev"),
        ("${attr.kernel.name}", "=", "linux"),
        ("${attr.os.signals}", "set_contains", "SIGHUP,SIGINT,SIGUSR1"),
        ("${attr.nomad.service_discovery}", "=", "true"),
        ("${attr.nomad.version}", "semver", ">= 1.4.0"),
        CONSUL,
        *CNI,
        ("${attr.plugins.cni.version.consul-cni}", "semver", ">= 1.4.2"),
        IDENTITY,
    ]


def test_attribute_rows_yield_to_the_user_and_exact_rows_do_not() -> None:
    own = [
        {"LTarget": "${attr.consul.version}", "Operand": "is_set"},
        {"LTarget": "${attr.nomad.service_discovery}", "RTarget": "false", "Operand": "="},
    ]
    services = [{"Name": "a"}, {"Name": "b", "Provider": "nomad"}]
    found = of_group(group(Services=services, Constraints=own))
    assert ("${attr.nomad.service_discovery}", "=", "true") in found
    assert CONSUL not in found
    # the job's own constraints suppress nothing
    assert CONSUL in of_group(group(Services=services), Constraints=own)


def test_task_services_constrain_the_task() -> None:
    made = mutated(group(Tasks=[task(Services=[{"Name": "s", "Cluster": "east"}])]))
    assert listed(made.task_groups[0]) == []
    assert listed(made.task_groups[0].tasks[0]) == [("${attr.consul.east.version}", "semver", ">= 1.8.0")]


def test_secret_providers_of_every_group_go_to_every_group() -> None:
    """spec: admission §15, quirk 5"""

    def secret(provider: str) -> Api:
        return {"Name": "x", "Provider": provider, "Path": "p"}

    made = mutated(
        group("a", Tasks=[task(Secrets=[secret("vault"), secret("env"), secret("vault")])]),
        group("b", Tasks=[task(Secrets=[secret("env")])]),
    )
    expected = [(f"${{attr.plugins.secrets.{name}.version}}", "is_set", "") for name in ("vault", "env")]
    assert [listed(part) for part in made.task_groups] == [expected, expected]


def test_groups_of_one_name_share_their_uses() -> None:
    first = group(Tasks=[task(KillSignal="SIGINT", Vault={})], Networks=[{"Mode": "bridge"}])
    second = group(Tasks=[task(KillSignal="SIGHUP", Vault={"Cluster": "own"})], Services=[{"Name": "s"}])
    made = mutated(first, second)
    signals = ("${attr.os.signals}", "set_contains", "SIGHUP,SIGINT")
    vault = ("${attr.vault.own.version}", "semver", ">= 1.11.0")
    assert listed(made.task_groups[0]) == [vault, signals, *CNI]
    assert listed(made.task_groups[1]) == [vault, signals, CONSUL, *CNI]


def test_partitions_and_identities_multiply() -> None:
    """spec: admission §5.10"""
    uses = group(Consul={"Partition": "east"}, Services=[{"Name": "s"}], Tasks=[task(Identities=[{"Name": "aws"}])])
    made = mutated(uses)
    once = listed(made.task_groups[0])
    assert mutate(made, DEFAULT_SETTINGS) is None
    assert listed(made.task_groups[0]) == [*once, ("${attr.consul.partition}", "=", "east"), IDENTITY]


def test_the_server_adds_its_identities() -> None:
    settings = Settings(
        job_default_priority=70,
        vault=VaultSettings(True, IdentitySettings(("vault.io",), ttl=HOUR)),
        consul=ConsulSettings(IdentitySettings(("consul.io",), ttl=HOUR), IdentitySettings(("tasks",), env=True)),
    )
    made = mutated(
        group(
            Consul={},
            Services=[{"Name": "s", "PortLabel": "http"}, {"Name": "n", "Provider": "nomad"}],
            Tasks=[task(Vault={}, Services=[{"Name": "u", "Identity": {"Name": "mine", "File": True}}]), task("v")],
        ),
        settings=settings,
        Priority=0,
    )
    services, tasks = made.task_groups[0].services, made.task_groups[0].tasks
    assert made.priority == 70
    assert services[0].identity.name == "consul-service_s-http"
    assert (services[0].identity.audience, services[0].identity.ttl) == (["consul.io"], HOUR)
    assert services[1].identity is None
    own = tasks[0].services[0].identity
    assert (own.name, own.service_name, own.file) == ("consul-service_t-u-", "u", True)
    assert [identity.name for identity in tasks[0].identities] == ["consul_default", "vault_default"]
    assert [(identity.name, identity.env) for identity in tasks[1].identities] == [("consul_default", True)]
    assert listed(made.task_groups[0]) == [
        ("${attr.vault.version}", "semver", ">= 0.6.1"),
        ("${attr.nomad.service_discovery}", "=", "true"),
        CONSUL,
        IDENTITY,
    ]


def test_own_identities_of_a_name_are_kept_and_other_clusters_get_none() -> None:
    settings = Settings(vault=VaultSettings(True, IdentitySettings(("vault.io",))))
    made = mutated(
        group(
            Tasks=[
                task("a", Vault={}, Identities=[{"Name": "vault_default", "Audience": ["mine"]}]),
                task("b", Vault={"Cluster": "own"}),
            ]
        ),
        settings=settings,
    )
    tasks = made.task_groups[0].tasks
    assert [(identity.name, identity.audience) for identity in tasks[0].identities] == [("vault_default", ["mine"])]
    assert tasks[1].identities is None
