"""ServerConfig. spec: admission §1.4, interface (ServerConfig)"""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from jobplan import ConfigError, ServerConfig
from jobplan.model.settings import IdentitySettings, Settings

HOUR = 3600 * 10**9


def test_the_defaults_are_those_of_a_default_server() -> None:
    """The declared model and the plain form never differ."""
    assert ServerConfig().settings == ServerConfig.from_api({}).settings == Settings()
    assert list(ServerConfig.model_fields) == [field.name for field in dataclasses.fields(Settings)]


def test_the_keys_of_the_interface() -> None:
    config = ServerConfig.from_api(
        {
            "region": "eu",
            "job_default_priority": 60,
            "job_max_priority": 200,
            "job_max_count": 0,
            "job_max_source_size": "2M",
            "vault": {"enabled": True, "default_identity": {"Audience": ["v"], "TTL": "1h", "Filepath": None}},
            "consul": {"service_identity": {"Audience": ["c"], "TTL": HOUR, "Env": True}},
            "memory_oversubscription": True,
            "node_pools": ["gpu"],
            "reject_job_registration": None,
        }
    )
    settings = config.settings
    assert settings.vault.default_identity == IdentitySettings(("v",), ttl=HOUR)
    assert settings.consul.service_identity == IdentitySettings(("c",), env=True, ttl=HOUR)
    assert settings.consul.task_identity is None
    assert (settings.job_max_source_size, settings.job_max_count, settings.node_pools) == (2_000_000, 0, ("gpu",))
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"unheard_of": 1}, "unheard_of"),
        ({"region": 1}, "region"),
        ({"job_max_priority": 99}, "job_max_priority"),
        ({"job_default_priority": True}, "job_default_priority"),
        ({"job_default_priority": 100}, ""),
        ({"node_pools": "gpu"}, "node_pools"),
        ({"vault": {"enabled": "yes"}}, "vault.enabled"),
        ({"vault": {"default_identity": {"TTL": "soon"}}}, "vault.default_identity.TTL"),
        ({"consul": {"task_identity": []}}, "consul.task_identity"),
        ({"job_max_source_size": "many"}, "job_max_source_size"),
    ],
)
def test_bad_values_name_their_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ServerConfig.from_api(given)
    assert caught.value.key == key


def test_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "server.toml"
    path.write_text('region = "eu"\n[vault]\nenabled = true\n[vault.default_identity]\nAudience = ["v"]\nTTL = "90m"\n')
    settings = ServerConfig.load(path).settings
    assert (settings.region, settings.vault.enabled) == ("eu", True)
    assert settings.vault.default_identity == IdentitySettings(("v",), ttl=HOUR * 3 // 2)


def test_an_error_in_a_file_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "server.toml"
    path.write_text("regions = 1")
    with pytest.raises(ConfigError) as caught:
        ServerConfig.load(path)
    assert str(caught.value) == f"{path}: regions: unknown setting"


def test_a_captured_agent(tmp_path: Path) -> None:
    path = tmp_path / "self.json"
    agent = {
        "Region": "eu",
        "Server": {
            "JobDefaultPriority": 55,
            "JobMaxPriority": 150,
            "JobMaxSourceSize": "1M",
            "DefaultSchedulerConfig": {"MemoryOversubscriptionEnabled": True},
        },
        "Vaults": [{"Name": "default", "Enabled": True, "DefaultIdentity": {"Audience": ["vault.io"], "TTL": HOUR}}],
        "Consuls": [{"Name": "default", "ServiceIdentity": {"Audience": ["consul.io"], "Env": None}}],
    }
    path.write_text(json.dumps({"config": agent, "member": {}, "stats": {}}))
    settings = ServerConfig.load(path).settings
    assert (settings.region, settings.job_default_priority, settings.job_max_priority) == ("eu", 55, 150)
    assert settings.memory_oversubscription is True
    assert settings.vault.default_identity == IdentitySettings(("vault.io",), ttl=HOUR)
    assert settings.consul.service_identity == IdentitySettings(("consul.io",))


@pytest.mark.parametrize("text", ["{", "[1]", "region = ", "region = 1", '{"config": {"Region": 1}}', "{}x"])
def test_unreadable_files_name_their_source(tmp_path: Path, text: str) -> None:
    path = tmp_path / "server"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        ServerConfig.load(path)
    assert caught.value.source == str(path)
    assert str(caught.value).startswith(str(path))
    with pytest.raises(ConfigError):
        ServerConfig.load(tmp_path / "absent")
