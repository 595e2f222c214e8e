"""spec: jobspec §13.6"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable

from jobplan.source.jobspec.functions.signature import Function, FunctionError, function, whole
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import STRING, Value, string

_NAMESPACES = {
    "dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
    "oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
    "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}
_DEFAULT_COST, _LEAST_COST, _HIGHEST_COST = 10, 4, 31
_COST_OF_TWO_TO_THE = 10  # a bcrypt of cost 10 takes about as long as this many hundred steps


def _digest(algorithm: str) -> Callable[[list[Value], Scope], Value]:
    def run(a: list[Value], scope: Scope) -> Value:
        data = a[0].text.encode("utf-8", "surrogatepass")
        return string(hashlib.new(algorithm, data, usedforsecurity=False).hexdigest())

    return run


def _bcrypt(a: list[Value], scope: Scope) -> Value:
    """The salt comes from the seed of the run. spec: jobspec §13.6"""
    import bcrypt

    if len(a) > 2:
        raise FunctionError("bcrypt() takes no more than two arguments")
    cost = whole(a[1], 1) if len(a) == 2 else _DEFAULT_COST
    failed = "error occured generating password"
    if cost > _HIGHEST_COST:
        reason = f"crypto/bcrypt: cost {cost} is outside allowed inclusive range {_LEAST_COST}..{_HIGHEST_COST}"
        raise FunctionError(f"{failed} {reason}")
    cost = max(cost, _LEAST_COST) if cost >= _LEAST_COST else _DEFAULT_COST
    data = a[0].text.encode("utf-8", "surrogatepass")
    if len(data) > 72:
        raise FunctionError(f"{failed} bcrypt: password length exceeds 72 bytes")
    scope.session.budget.charge(20_000 * 2 ** max(0, cost - _COST_OF_TWO_TO_THE))
    salt = _salt(scope.session.environment.random_bytes("bcrypt", 16), cost)
    return string(bcrypt.hashpw(data, salt).decode())


_BCRYPT_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _salt(data: bytes, cost: int) -> bytes:
    digits = base64.b64encode(data).rstrip(b"=").translate(bytes.maketrans(_BASE64_ALPHABET, _BCRYPT_ALPHABET))
    return b"$2a$%02d$" % cost + digits


def _rsadecrypt(a: list[Value], scope: Scope) -> Value:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    text, pem = a[0].text, a[1].text.encode()
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError(f'failed to decode input "{text}": cipher text must be base64-encoded', 0) from None
    if b"-----BEGIN" not in pem:
        raise FunctionError("failed to parse key: no key found")
    try:
        load = load_ssh_private_key if b"OPENSSH" in pem else load_pem_private_key
        key = load(pem.strip() + b"\n", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise FunctionError(f"failed to parse key: {e}", 1) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise FunctionError("invalid private key type", 1)
    try:
        return string(key.decrypt(data, padding.PKCS1v15()).decode("utf-8", "replace"))
    except ValueError:
        raise FunctionError("failed to decrypt: crypto/rsa: decryption error") from None


def uuid_text(data: bytes, version: int) -> str:
    """16 bytes as a UUID of the given version."""
    b = bytearray(data[:16])
    b[6], b[8] = (b[6] & 0x0F) | version << 4, (b[8] & 0x3F) | 0x80
    h = b.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _uuidv4(a: list[Value], scope: Scope) -> Value:
    return string(uuid_text(scope.session.environment.random_bytes("uuidv4", 16), 4))


def _uuidv5(a: list[Value], scope: Scope) -> Value:
    name = a[0].text
    space = _uuid_bytes(_NAMESPACES.get(name, name), name)
    return string(uuid_text(hashlib.sha1(space + a[1].text.encode(), usedforsecurity=False).digest(), 5))


def _uuid_bytes(text: str, given: str) -> bytes:
    refused = f"uuidv5() doesn't support namespace {given}"
    length = len(text.encode())
    plain = text
    if length == 45 and text.lower().startswith("urn:uuid:"):
        plain = text[9:]
    elif length == 38 and text.startswith("{"):
        plain = text[1:-1]
    elif length == 32:
        plain = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
    elif length != 36:
        raise FunctionError(f"{refused} (invalid UUID length: {length})")
    groups = [len(part) for part in plain.split("-")]
    try:
        if groups != [8, 4, 4, 4, 12]:
            raise ValueError
        return bytes.fromhex(plain.replace("-", ""))
    except ValueError:
        raise FunctionError(f"{refused} (invalid UUID format)") from None


FUNCTIONS: tuple[Function, ...] = (
    function("md5", "str:str", STRING, _digest("md5")),
    function("sha1", "str:str", STRING, _digest("sha1")),
    function("sha256", "str:str", STRING, _digest("sha256")),
    function("sha512", "str:str", STRING, _digest("sha512")),
    function("bcrypt", "str:str, cost:num…", STRING, _bcrypt),
    function("rsadecrypt", "ciphertext:str, privatekey:str", STRING, _rsadecrypt),
    function("uuidv4", "", STRING, _uuidv4),
    function("uuidv5", "namespace:str, name:str", STRING, _uuidv5),
)
