"""Secrets in what people get to see: values that are named like secrets or look like them.

A value of an environment, metadata, driver config, header, secret or other opaque map is hidden when its key is
named like a secret; anywhere in a diff, and inside templates, text that has the shape of a known credential is
hidden. With a salt the replacement carries a digest, so that a reader sees whether two hidden values are equal,
without being able to try guesses. This lowers the risk of a leak; it cannot promise that nothing slips through.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from jobplan.rendering.options import Options, Report
from jobplan.values.secretnames import SHAPES, WORD, is_secret_name

# `password = value`, `"api_key": "value"`, `--token=value` inside a longer text.
_ASSIGNMENT = re.compile(
    r"""((?<![\w.-])-{0,2}["']?([A-Za-z][\w.-]*)["']?[ \t]*[:=][ \t]*["']?)([^\s"',;{}$][^\s"',;]*)"""
)
_OPTION = re.compile(r"--?([A-Za-z][\w-]*)")
_ELEMENT = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
_REFERENCE = re.compile(r"\s*(?:\$\{[^}]*\}|\{\{.*?\}\})\s*", re.DOTALL)
_OPAQUE_OBJECTS = frozenset(("Config", "Policy", "Secret", "Header"))
_NOT_SECRET = frozenset(("", "true", "false", "nil", "null", "none"))
_SCHEMES = frozenset(("basic", "bearer"))
# Words of keys whose values look random and are meant to be seen.
_DIGESTS = frozenset(("checksum", "commit", "digest", "hash", "rev", "revision", "sha", "uuid"))
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")

Hide = Callable[[str], str]


def redact(response: Mapping[str, Any], salt: str = "") -> dict[str, Any]:
    """A copy of a plan response whose diff holds no value that is named like or looks like a secret.

    `salt`: with one, a hidden value becomes `[redacted 3f2a91c0]`, a digest keyed with the salt, the same for the
    same value; keep it secret. Without, just `[redacted]`.
    """
    copy = dict(response)
    if response.get("Diff") is not None:
        copy["Diff"] = _node("", response["Diff"], _hider(salt))
    return copy


def redact_report(report: Report, options: Options) -> Report:
    """The report as it may be shown: unchanged if the options ask for secrets."""
    if not options.redact:
        return report
    hide = _hider(options.salt)
    findings = tuple(replace(finding, message=redact_text(finding.message, hide)) for finding in report.findings)
    response = None if report.response is None else redact(report.response, options.salt)
    return replace(report, response=response, findings=findings)


def redact_text(text: str, hide: Hide) -> str:
    """A longer text with the values of assignments to secret names and all credential shapes hidden."""
    for shape in SHAPES:
        text = shape.sub(lambda match: _keep_head(match, hide), text)

    def assignment(match: re.Match[str]) -> str:
        value = match[3]
        harmless = value.lower() in _NOT_SECRET | _SCHEMES or value.startswith("[redacted")
        if harmless or not is_secret_name(match[2]):
            return match[0]
        return match[1] + hide(value)

    return _ASSIGNMENT.sub(assignment, text)


def _keep_head(match: re.Match[str], hide: Hide) -> str:
    kept = match[1] if match.re.groups else ""
    return kept + hide(match[0][len(kept) :])


def _hider(salt: str) -> Hide:
    def hide(value: str) -> str:
        if not salt:
            return "[redacted]"
        digest = hmac.new(salt.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"[redacted {digest.hexdigest()[:8]}]"

    return hide


def _node(owner: str, node: Mapping[str, Any], hide: Hide) -> dict[str, Any]:
    """A job, group, task or object of the diff."""
    copy = dict(node)
    fields = node.get("Fields")
    if fields is not None:
        copy["Fields"] = _fields(owner, fields, hide)
    for key in ("Objects", "TaskGroups", "Tasks"):
        children = node.get(key)
        if children is not None:
            copy[key] = [
                None if child is None else _node(child.get("Name") or "" if key == "Objects" else "", child, hide)
                for child in children
            ]
    return copy


def _fields(owner: str, fields: list[Any], hide: Hide) -> list[Any]:
    after_option = {side: _after_secret_options(fields, side) for side in ("Old", "New")}
    out: list[Any] = []
    for field in fields:
        if field is None:
            out.append(None)
            continue
        name = field.get("Name") or ""
        keys = _user_keys(owner, name)
        by_name = any(map(is_secret_name, keys))
        may_be_random = _DIGESTS.isdisjoint(word.lower() for key in keys for word in WORD.findall(key))
        copy = dict(field)
        for side in ("Old", "New"):
            copy[side] = _value(field.get(side) or "", by_name or name in after_option[side], may_be_random, hide)
        out.append(copy)
    return out


def _user_keys(owner: str, name: str) -> list[str]:
    """The parts of a field name that a user chose: only these can say that the value is a secret."""
    head, bracket, rest = name.partition("[")
    keys = [key for key in re.split(r"[\[\]]+", rest) if key and not key.isdigit()] if bracket else []
    return [head, *keys] if owner in _OPAQUE_OBJECTS else keys


def _after_secret_options(fields: list[Any], side: str) -> set[str]:
    """Names of list elements that follow an option like `--password`."""
    names = set()
    for field in fields:
        element = _ELEMENT.fullmatch((field or {}).get("Name") or "")
        option = _OPTION.fullmatch((field or {}).get(side) or "")
        if element and option and is_secret_name(option[1]):
            names.add(f"{element[1]}[{int(element[2]) + 1}]")
    return names


def _value(value: str, by_name: bool, may_be_random: bool, hide: Hide) -> str:
    if value.lower() in _NOT_SECRET or _REFERENCE.fullmatch(value):
        return value
    if by_name or (may_be_random and _is_random(value)):
        return hide(value)
    return redact_text(value, hide)


def _is_random(text: str) -> bool:
    """Whether a text looks like a random key: long, no words, many different characters."""
    if not _RANDOM.fullmatch(text):
        return False
    if _HEX.fullmatch(text):
        return len(text) >= 32 and not text.isdigit()
    kinds = sum(any(test(char) for char in text) for test in (str.islower, str.isupper, str.isdigit))
    counts = Counter(text).values()
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return kinds == 3 and entropy > 3.9 and "/" not in text.strip("/")
