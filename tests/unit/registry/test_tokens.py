"""Tokens and what they allow."""

from __future__ import annotations

import pytest

from jobplan.errors import ConfigError
from jobplan.registry import Refusal
from jobplan.registry.tokens import HashedToken, Tokens

TOKENS = Tokens([HashedToken.of("read", "r"), HashedToken.of("plan", "p"), HashedToken.of("submit", "s")])


@pytest.mark.parametrize(
    ("secret", "allowed"), [("r", ("read",)), ("p", ("read", "plan")), ("s", ("read", "plan", "submit")), ("", ())]
)
def test_each_capability_includes_those_before_it(secret: str, allowed: tuple[str, ...]) -> None:
    for capability in ("read", "plan", "submit"):
        if capability in allowed:
            TOKENS.caller(secret).require(capability)
        else:
            with pytest.raises(Refusal, match=r"^Permission denied$") as refused:
                TOKENS.caller(secret).require(capability)
            assert refused.value.http_status == 403


def test_an_unknown_token() -> None:
    with pytest.raises(Refusal, match=r"^ACL token not found$"):
        TOKENS.caller("x").require("read")


def test_the_text_form_keeps_no_secret_and_reads_back() -> None:
    text = str(HashedToken.of("plan", "swordfish"))
    assert "swordfish" not in text
    assert HashedToken.parse(text).fits("swordfish")
    assert not HashedToken.parse(text).fits("Swordfish")
    assert str(HashedToken.of("plan", "swordfish")) != text


@pytest.mark.parametrize("text", ["", "plan", "plan:zz:00", "root:00:" + "00" * 32, "plan:00:0000"])
def test_bad_text_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        HashedToken.parse(text)
