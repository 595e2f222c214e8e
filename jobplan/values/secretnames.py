"""Names and values that give away a secret: `DB_PASSWORD`, `apiKey`, a private key. Judged by name and shape only."""

from __future__ import annotations

import re
from itertools import pairwise

# A key is named like a secret if one of its words, or two in a row, is one of these.
SECRET_WORDS = frozenset((
    "apikey", "auth", "authorization", "bearer", "credential", "credentials", "dsn", "key", "jwt", "passphrase",
    "passwd", "password", "pass", "pat", "private", "pw", "pwd", "salt", "secret", "secrets", "signature", "sshkey",
    "token", "tokens",
))  # fmt: skip
# A last word that says the value is about a secret, not one.
HARMLESS_ENDS = frozenset((
    "count", "dir", "enabled", "file", "id", "length", "mode", "mount", "name", "path", "policy", "role", "size",
    "timeout", "ttl", "type",
))  # fmt: skip
_PUBLIC = frozenset(("public", "pub", "primary", "partition", "routing", "sort", "foreign"))
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Text that is a credential whatever it is called; group 1, where there is one, is kept.
SHAPES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*",  # JSON web token
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\b(?:gh[oprsu]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|npm_\w{30,})",
        r"\b(?:hv[bsr]\.[\w-]{20,}|s\.[A-Za-z0-9]{24})\b",  # Vault
        r"\b(?:sk|rk|pk)[-_](?:live|test|ant|proj)[-_][\w-]{10,}",
        r"\bAIza[\w-]{30,}",
        r"((?i:\bbearer|\bbasic)\s+)[\w.~+/=-]{8,}",
        r"((?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(?=@)",
    )
)
# A value that stands elsewhere.
_REFERENCE = re.compile(r"\$\{|\{\{")


def is_secret_name(key: str) -> bool:
    """Whether a key names a secret: `DB_PASSWORD`, `apiKey`, `api-key`; not `PUBLIC_KEY`, `TOKEN_FILE`, `KEYSPACE`."""
    words = [word.lower() for word in WORD.findall(key)]
    if not words or words[-1] in HARMLESS_ENDS or not _PUBLIC.isdisjoint(words):
        return False
    pairs = {first + second for first, second in pairwise(words)}
    return not SECRET_WORDS.isdisjoint(words) or not SECRET_WORDS.isdisjoint(pairs)


def holds_credential(text: str) -> bool:
    """Whether a text holds something with the shape of a known credential, and not just a reference to one."""
    found = (match[0] for shape in SHAPES for match in shape.finditer(text))
    return any(_REFERENCE.search(credential) is None for credential in found)
