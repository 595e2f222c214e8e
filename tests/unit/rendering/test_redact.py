"""What is hidden, what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.rendering.formats import render
from jobplan.rendering.options import Options, Report
from jobplan.rendering.redaction import is_secret_name, redact

from .responses import entries, field, group, response, secrets, task


def shown(part: dict[str, Any], salt: str = "") -> str:
    """The new value of the first field of a task after redaction."""
    plan = response("Edited", groups=(group("Edited", "g", tasks=(task("Edited", "t", part),)),))
    node = redact(plan, salt)["Diff"]["TaskGroups"][0]["Tasks"][0]
    node = node["Objects"][0] if node["Objects"] else node
    text: str = node["Fields"][-1]["New"]
    return text


@pytest.mark.parametrize(
    "key", ["DB_PASSWORD", "apiKey", "api-key", "AWS_SECRET_ACCESS_KEY", "token", "JWT_SECRET", "db.dsn", "authToken"]
)
def test_names_of_secrets(key: str) -> None:
    assert is_secret_name(key)


@pytest.mark.parametrize(
    "key", ["KEYSPACE", "PUBLIC_KEY", "TOKEN_FILE", "monkey", "SECRET_NAME", "path", "LOG_LEVEL", "password_length"]
)
def test_names_of_other_things(key: str) -> None:
    assert not is_secret_name(key)


# Made up; put together here so that no scanner takes this file for a leak.
SHAPES = [
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "ghp" + "_" + "a1B2" * 9,
    "eyJ" + "hbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".c2lnbmF0dXJl",
    "hvs" + "." + "CAESI" * 6,
    "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA " + "PRIVATE KEY-----",
]
RANDOM = ["f" * 8 + "0123456789abcdef" * 2, "aB3dE5fG7hI9jK1lM3nO5pQ7rS9t"]


@pytest.mark.parametrize("value", [*SHAPES, *RANDOM])
def test_values_that_look_like_credentials(value: str) -> None:
    assert shown(field("Env[X]", None, value)) == "[redacted]"


@pytest.mark.parametrize("value", SHAPES)
def test_credentials_inside_a_text(value: str) -> None:
    text = entries("Added", "Template", field("EmbeddedTmpl", None, f"a\nx {value} y\n"))
    assert shown(text) == "a\nx [redacted] y\n"


@pytest.mark.parametrize("value", RANDOM)
def test_digests_are_meant_to_be_seen(value: str) -> None:
    assert shown(field("Env[GIT_COMMIT]", None, value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "${NOMAD_SECRETS_DIR}/token",
        "docker.io/library/nginx:1.27",
        "sha256:" + "0a" * 32,
        "true",
        "",
        "a-long-but-plain-name-of-a-host",
    ],
)
def test_values_that_are_shown(value: str) -> None:
    assert shown(field("Env[X]", "old", value)) == value


@pytest.mark.parametrize("value", ["${var.secret}", "{{ .password }}", "false", "nil"])
def test_references_are_no_secrets(value: str) -> None:
    assert shown(field("Env[PASSWORD]", "old", value)) == value


@pytest.mark.parametrize(
    "part, text",
    [
        (field("Env[URL]", None, "amqp://user:pw@mq/vhost"), "amqp://user:[redacted]@mq/vhost"),
        (field("Env[H]", None, "Authorization: Bearer abcdefgh123"), "Authorization: Bearer [redacted]"),
        (field("KillSignal", None, "SIGTERM"), "SIGTERM"),
        (entries("Edited", "Vault", field("AllowTokenExpiration", None, "x")), "x"),
        (entries("Edited", "Config", field("auth[password]", None, "x")), "[redacted]"),
        (entries("Edited", "Config", field("args[0]", None, "--token=abc")), "--token=[redacted]"),
        (entries("Edited", "Config", field("args[0]", "-x", "--token"), field("args[1]", "1", "2")), "[redacted]"),
        (entries("Edited", "Template", field("EmbeddedTmpl", None, 'a\napi_key: "x"\n')), 'a\napi_key: "[redacted]"\n'),
        (entries("Edited", "Template", field("EmbeddedTmpl", None, "password={{ .pw }}\n")), "password={{ .pw }}\n"),
    ],
)  # fmt: skip
def test_places(part: dict[str, Any], text: str) -> None:
    assert shown(part) == text


def test_a_salt_tells_equal_from_different_values() -> None:
    one, same, other = (shown(field("Env[TOKEN]", None, value), "pepper") for value in ("a1", "a1", "b2"))
    assert one == same != other
    assert one != shown(field("Env[TOKEN]", None, "a1"), "salt")
    assert one.startswith("[redacted ")


@pytest.mark.parametrize("name", ["pretty", "markdown", "html"])
def test_pages_hide_secrets_unless_told_otherwise(name: str) -> None:
    hidden = ("hunter2", "correct horse", "s3cr3t", "alpha", "beta")
    page = render(name, secrets())
    assert not [value for value in hidden if value in page]
    open_page = render(name, secrets(), Options(redact=False))
    assert [value for value in hidden if value in open_page.replace("<del>", "").replace("</del>", "")]


@given(
    st.text(min_size=4).filter(lambda text: text.strip().lower() not in ("", "true", "false", "null", "none", "nil"))
)
def test_a_password_never_survives(value: str) -> None:
    value = f"Zq{value}"
    plan = redact(response("Edited", field("Meta[db_password]", "x", value)))
    assert json.dumps(value) not in json.dumps(plan)


def test_the_response_is_copied_and_otherwise_equal() -> None:
    report = secrets()
    before = json.dumps(report.response)
    assert report.response is not None
    copy = redact(report.response)
    assert json.dumps(report.response) == before
    assert copy["Annotations"] is report.response["Annotations"]
    assert json.loads(render("json", Report(report.response)))["plan"] == report.response
