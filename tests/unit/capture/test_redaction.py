"""Redacted jobs: nothing secret left, plans as before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import jobplan
from jobplan.capture import Redaction
from jobplan.errors import ConfigError
from jobplan.testing import factories
from jobplan.testing.strategies import api_jobs

Api = dict[str, Any]
SALT = Redaction("0f1e")

SECRETS = {
    "env": "hunter2-env",
    "meta": "hunter2-meta",
    "template": "password = hunter2-template",
    "auth": "hunter2-auth",
    "header": "hunter2-header",
    "body": "hunter2-body",
}


def job(**changed: str) -> Api:
    values = {**SECRETS, **changed}
    return {
        "ID": "safe",
        "Name": "safe",
        "Datacenters": ["dc1"],
        "Meta": {"owner": values["meta"], "empty": ""},
        "TaskGroups": [
            {
                "Name": "vault",
                "Count": 2,
                "Networks": [{"DynamicPorts": [{"Label": "http"}]}],
                "Services": [
                    {
                        "Name": "safe",
                        "PortLabel": "http",
                        "Provider": "nomad",
                        "Checks": [
                            {
                                "Type": "http",
                                "Path": "/",
                                "Interval": 10_000_000_000,
                                "Timeout": 1_000_000_000,
                                "Header": {"Authorization": [values["header"]]},
                                "Body": values["body"],
                            }
                        ],
                    }
                ],
                "Tasks": [
                    {
                        "Name": "lock",
                        "Driver": "docker",
                        "Config": {
                            "image": "safe:2",
                            "auth": [{"username": "me", "password": values["auth"]}],
                            "ports": ["http"],
                        },
                        "Env": {"PIN": values["env"], "PORT": "${NOMAD_PORT_http}"},
                        "Templates": [{"EmbeddedTmpl": values["template"], "DestPath": "local/x"}],
                    }
                ],
            }
        ],
    }


def world(redaction: Redaction | None) -> jobplan.Inventory:
    nodes = [factories.node(f"client-{i}") for i in range(3)]
    stored = factories.stored_job(job())
    allocations = factories.spread_over(stored, nodes)
    if redaction is not None:
        stored = redaction.job(stored)
    return jobplan.Inventory.from_api(factories.inventory(nodes, [stored], allocations))


def test_no_secret_is_left_and_references_and_names_stay() -> None:
    text = json.dumps(SALT.job(jobplan.load_job(job()).to_api()))
    assert "hunter2" not in text
    for kept in ("${NOMAD_PORT_http}", '"empty": ""', "safe:2", "Authorization", "PIN"):
        assert kept in text


@pytest.mark.parametrize("changed", ["nothing", *SECRETS])
def test_a_plan_against_a_redacted_cluster_tells_the_same(changed: str) -> None:
    submitted = jobplan.load_job(job(**({} if changed == "nothing" else {changed: "other"})))
    clear = jobplan.plan(submitted, world(None)).to_api()
    redacted = jobplan.plan(SALT.submitted(submitted), world(SALT)).to_api()
    assert redacted["Annotations"] == clear["Annotations"]
    assert redacted["FailedTGAllocs"] == clear["FailedTGAllocs"]
    assert _without_values(redacted["Diff"]) == _without_values(clear["Diff"])
    assert (clear["Diff"]["Type"] == "None") == (changed == "nothing")
    assert "hunter2" not in json.dumps(redacted["Diff"])


def _without_values(diff: Any) -> Any:
    if isinstance(diff, dict):
        return {key: _without_values(value) for key, value in diff.items() if key not in ("Old", "New")}
    return [_without_values(item) for item in diff] if isinstance(diff, list) else diff


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None, max_examples=60)
@given(api_jobs())
def test_redacting_twice_changes_nothing_and_leaves_the_shape(api: Api) -> None:
    once = SALT.job(api)
    assert SALT.job(once) == once
    assert _shape(once) == _shape(api)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in value.items()}
    return [_shape(item) for item in value] if isinstance(value, list) else type(value)


def test_another_salt_gives_other_digests() -> None:
    assert Redaction("a").text("x") != Redaction("b").text("x") != SALT.text("x")


def test_payloads_stay_base64() -> None:
    made = SALT.job({"Payload": "aHVudGVyMg=="})
    assert jobplan.load_job({**job(), **made}).to_api()["Payload"] == made["Payload"]
    assert made["Payload"] != "aHVudGVyMg=="


def test_a_secret_salt_has_to_be_given_and_is_checked() -> None:
    told = {"Redaction": Redaction("mine", public=False).to_api()}
    assert "mine" not in json.dumps(told)
    assert Redaction.of(told, "mine") == Redaction("mine", public=False)
    with pytest.raises(ConfigError, match="set JOBPLAN_REDACT_SALT"):
        Redaction.of(told)
    with pytest.raises(ConfigError, match="another salt"):
        Redaction.of(told, "yours")
    with pytest.raises(ConfigError, match="does not know"):
        Redaction.of({"Redaction": {"Method": "rot13"}})
    assert Redaction.of({"Nodes": []}) is None
    assert "mine" not in repr(Redaction("mine"))
