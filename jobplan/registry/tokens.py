"""Who may do what: tokens with a capability, kept as salted hashes."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from jobplan.errors import ConfigError
from jobplan.registry.faults import PERMISSION_DENIED, TOKEN_NOT_FOUND, Refusal

CAPABILITIES = ("read", "plan", "submit")
"""Each includes those before it: `plan` may read, `submit` may plan."""
FORM = "a token is CAPABILITY=SECRET, with read, plan or submit"


@dataclasses.dataclass(frozen=True, slots=True)
class HashedToken:
    """`text` form: `capability:salt:hash`, both in hexadecimal."""

    capability: str
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, capability: str, secret: str) -> HashedToken:
        if capability not in CAPABILITIES or not secret:
            raise ConfigError(FORM, key="token")
        salt = secrets.token_bytes(16)
        return cls(capability, salt, _digest(salt, secret))

    @classmethod
    def parse(cls, text: str) -> HashedToken:
        """From its text form; raises ConfigError."""
        parts = text.strip().split(":")
        try:
            capability, salt, digest = parts[0], bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
        except (IndexError, ValueError):
            raise ConfigError("a hashed token is CAPABILITY:SALT:HASH", key="token") from None
        if capability not in CAPABILITIES or len(parts) != 3 or len(digest) != 32:
            raise ConfigError("a hashed token is CAPABILITY:SALT:HASH", key="token")
        return cls(capability, salt, digest)

    def __str__(self) -> str:
        return f"{self.capability}:{self.salt.hex()}:{self.digest.hex()}"

    def fits(self, secret: str) -> bool:
        return hmac.compare_digest(self.digest, _digest(self.salt, secret))


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode("utf-8", "surrogateescape")).digest()


@dataclasses.dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who sent a token, or none. `rank` counts capabilities; None: the token is unknown."""

    rank: int | None

    def require(self, capability: str) -> None:
        """Raises a 403 Refusal unless the caller has the capability. spec: api §1.7"""
        if self.rank is None:
            raise Refusal(TOKEN_NOT_FOUND, 403)
        if self.rank <= CAPABILITIES.index(capability):
            raise Refusal(PERMISSION_DENIED, 403)


class Tokens:
    """The tokens of a server. Without a token a caller may do nothing."""

    def __init__(self, tokens: Iterable[HashedToken]) -> None:
        self._tokens = tuple(tokens)

    def caller(self, secret: str) -> Caller:
        """Every token is compared, in constant time, whatever the first ones say."""
        if secret == "":
            return Caller(0)
        rank = None
        for token in self._tokens:
            if token.fits(secret):
                rank = max(rank or 0, CAPABILITIES.index(token.capability) + 1)
        return Caller(rank)
