"""Values of jobs replaced by digests, so that an inventory can be given away and plans still compare.

Equal values have equal digests, so a plan against a redacted inventory is right if the submitted job is redacted with
the same salt: what differs still differs, what is equal stays equal, only the texts in the diff are digests.

Replaced are: environments, metadata, template texts, payloads, headers and bodies of checks, and in driver
configurations what is named like a secret. Kept are empty values and pure references such as `${NOMAD_PORT_http}`.
Names, images, arguments, constraints, attributes and metadata of nodes stay, because placement depends on them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobplan.errors import ConfigError
from jobplan.model.job import Job
from jobplan.model.kinds import build
from jobplan.values.secretnames import is_secret_name

Api = dict[str, Any]
Change = Callable[[Any], Any]

METHOD = "hmac-sha256/64"
_CHECK = "jobplan redaction"
_REFERENCE = re.compile(r"\s*\$\{[^{}]*\}\s*")


@dataclass(frozen=True, slots=True)
class Redaction:
    """A way to replace values. `public`: the salt is written into the inventory, so that whoever has the file can
    plan against it, and can also try guesses of short values; otherwise it has to be given again for each plan.
    """

    salt: str = field(repr=False)
    public: bool = True

    @classmethod
    def new(cls) -> Redaction:
        """With a random salt that goes into the inventory."""
        return cls(secrets.token_hex(16))

    @classmethod
    def of(cls, inventory: Any, salt: str | None = None) -> Redaction | None:
        """How an inventory (plain value) was redacted; None: it was not. `salt`: for one that does not hold it.

        Raises ConfigError when the salt is missing or another one.
        """
        told = inventory.get("Redaction") if isinstance(inventory, Mapping) else None
        if told is None:
            return None
        if not isinstance(told, Mapping) or told.get("Method") != METHOD:
            raise ConfigError("the inventory is redacted in a way that this version does not know", key="Redaction")
        found = told.get("Salt") or salt
        if not isinstance(found, str):
            raise ConfigError("the inventory is redacted with a salt of its own: set JOBPLAN_REDACT_SALT")
        made = cls(found, told.get("Salt") is not None)
        if told.get("Check") != made.text(_CHECK):
            raise ConfigError("the inventory is redacted with another salt than JOBPLAN_REDACT_SALT")
        return made

    def to_api(self) -> Api:
        """What the inventory says about it."""
        return {"Method": METHOD, "Salt": self.salt if self.public else None, "Check": self.text(_CHECK)}

    def text(self, value: str) -> str:
        """The digest of a text."""
        return "redacted:" + self._digest(value)[:16]

    def job(self, api: Mapping[str, Any]) -> Api:
        """A copy of a job in its stored form, values replaced. Done twice it changes nothing more."""
        made: Api = _walk(api, _rules(self))
        return made

    def submitted(self, job: Job) -> Job:
        """A copy of a job to be planned against the redacted inventory."""
        return build(Job, self.job(job.to_api()), stored=True)

    def _digest(self, value: str) -> str:
        return hmac.new(self.salt.encode(), value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _hide(self, value: Any) -> Any:
        """Every text below a value that is to be replaced as a whole."""
        if isinstance(value, str):
            kept = value == "" or value.startswith("redacted:") or _REFERENCE.fullmatch(value)
            return value if kept else self.text(value)
        if isinstance(value, Mapping):
            return {key: self._hide(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._hide(item) for item in value]
        return value

    def _hide_bytes(self, value: Any) -> Any:
        """Bytes stay base64 text."""
        if not isinstance(value, str) or value == "":
            return value
        if value.startswith(_PAYLOAD_MARK):
            return value
        return _PAYLOAD_MARK + base64.b64encode(self._digest(value)[:18].encode()).decode()

    def _hide_named(self, value: Any) -> Any:
        """Only what is named like a secret, at any depth."""
        if isinstance(value, Mapping):
            return {
                key: self._hide(item) if is_secret_name(key) else self._hide_named(item) for key, item in value.items()
            }
        return [self._hide_named(item) for item in value] if isinstance(value, list) else value


_PAYLOAD_MARK = base64.b64encode(b"redacted:").decode()


def _rules(redaction: Redaction) -> dict[str, Change]:
    """Key of a job at any depth → what happens to its value. Nothing else has these keys. spec: model §3"""
    hide = redaction._hide
    return {
        "Env": hide,
        "Meta": hide,
        "CanaryMeta": hide,
        "EmbeddedTmpl": hide,
        "Header": hide,
        "Body": hide,
        "Payload": redaction._hide_bytes,
        "Config": redaction._hide_named,
    }


def _walk(value: Any, rules: Mapping[str, Change]) -> Any:
    if isinstance(value, Mapping):
        return {key: rules[key](item) if key in rules else _walk(item, rules) for key, item in value.items()}
    return [_walk(item, rules) for item in value] if isinstance(value, list) else value
