"""Artifacts, templates, Vault, actions, dispatch payload, lifecycle, identities, secrets. spec: admission §7.26–7.33"""

from __future__ import annotations

import re
from typing import Any

from jobplan.admission.rules.table import each, given, itself, one, row, rules, select
from jobplan.model.task import TaskArtifact
from jobplan.values.integers import uint_error
from jobplan.values.letters import trimmed
from jobplan.values.paths import escapes
from jobplan.values.quoting import is_printable

REFERENCE = re.compile(r"\$\{[a-zA-Z0-9_.-]+\}")
"""A reference to a node attribute or variable."""

_ESCAPES = "destination escapes allocation directory"

# ---- §7.26 --------------------------------------------------------------------------------------------------------

_CHECKSUM_BYTES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
_NOT_IN_FIPS = ("md5", "sha1")


def _checksum(artifact: TaskArtifact) -> str | None:
    """The checksum to judge: None without one, or when it depends on a node."""
    value = (artifact.getter_options or {}).get("checksum")
    return None if value is None or REFERENCE.search(value) else trimmed(value)


def _hex_error(checksum: str) -> str | None:
    digits = checksum.partition(":")[2].encode("utf-8", "surrogateescape")
    for byte in digits:
        char = chr(byte)
        if char not in "0123456789abcdefABCDEF":
            shown = f" '{char}'" if is_printable(char) else ""
            return f"encoding/hex: invalid byte: U+{byte:04X}{shown}"
    return "encoding/hex: odd length hex string" if len(digits) % 2 else None


def _type(checksum: str) -> str:
    return checksum.partition(":")[0]


def _value(checksum: str) -> str:
    return checksum.partition(":")[2]


CHECKSUM = rules(
    "7.26",
    row("4a", lambda c: c == "", "checksum value cannot be empty"),
    row("4b", lambda c: c.count(":") != 1, 'checksum must be given as "type:value"; got {value!q}', value=itself),
    row("4c", _hex_error, "invalid checksum: {err}"),
    row("4d", lambda c: _type(c) not in _CHECKSUM_BYTES, "unsupported checksum type: {type}", type=_type),
    row("4e", lambda c, at: at.settings.fips and _type(c) in _NOT_IN_FIPS,
        "{type} checksums are not supported in FIPS-140 mode", type=_type),
    row("4f", lambda c: len(_value(c)) != 2 * _CHECKSUM_BYTES[_type(c)],
        "invalid {type} checksum: {value}", type=_type, value=_value),
    first_only=True,
)  # fmt: skip

ARTIFACT = rules(
    "7.26",
    row("1", lambda a: a.getter_source == "", "source must be specified"),
    row("2", lambda a: a.getter_mode not in ("", "any", "file", "dir"),
        "invalid artifact mode {mode!q}; must be one of: any, file, dir", mode="getter_mode"),
    row("3", lambda a: escapes(a.relative_dest, "task"), _ESCAPES),
    one("4", _checksum, CHECKSUM, "{err}"),
)  # fmt: skip

# ---- §7.27 --------------------------------------------------------------------------------------------------------

_BY_CHANGE_MODE = select(
    "change_mode",
    {
        "signal": (
            row("4a", lambda t: t.change_signal == "", "Must specify signal value when change mode is signal"),
            row("4b", lambda t: t.envvars, "cannot use signals with env var templates"),
        ),
        "script": (
            row("4c", lambda t: t.change_script is None,
                "must specify change script configuration value when change mode is script"),
            row("4d", lambda t: t.change_script is not None and t.change_script.command == "",
                "must specify script path value when change mode is script"),
        ),
        ("noop", "restart"): (),
    },
    otherwise=(
        row("4e", lambda t: True,
            "Invalid change mode. Must be one of the following: noop, signal, script, restart"),
    ),
)  # fmt: skip


def _waits_backwards(template: Any) -> bool:
    wait = template.wait
    return wait is not None and wait.min is not None and wait.max is not None and wait.min > wait.max


TEMPLATE = rules(
    "7.27",
    row("1", lambda t: t.source_path == "" and t.embedded_tmpl == "",
        "Must specify a source path or have an embedded template"),
    row("2", lambda t: t.dest_path == "", "Must specify a destination for the template"),
    row("3", lambda t: escapes(t.dest_path, "task"), _ESCAPES),
    _BY_CHANGE_MODE,
    row("5", lambda t: t.splay < 0, "Must specify positive splay value"),
    row("6", lambda t: t.perms != "" and uint_error(t.perms, base=8, maximum=0o7777),
        "Failed to parse {perms!q} as octal: {err}"),
    row("7", _waits_backwards, "wait min {min!d} is greater than max {max!d}", min="wait.min", max="wait.max"),
)  # fmt: skip

# ---- §7.28 --------------------------------------------------------------------------------------------------------

VAULT = rules(
    "7.28",
    row("1", lambda v: v.change_mode == "signal" and v.change_signal == "",
        'Signal must be specified when using change mode "signal"'),
    row("2", lambda v: v.change_mode not in ("signal", "noop", "restart"),
        "Unknown change mode {mode!q}", mode="change_mode"),
)  # fmt: skip

# ---- §7.29 --------------------------------------------------------------------------------------------------------

_ACTION_NAME = re.compile(r"[^\x00 \t\n\f\r]{1,128}")

ACTION = rules(
    "7.29",
    row("1", lambda a: a.command == "", "command cannot be empty"),
    row("2", lambda a: not _ACTION_NAME.fullmatch(a.name), "invalid name '{name}'"),
)

# ---- §7.30 --------------------------------------------------------------------------------------------------------

DISPATCH_PAYLOAD = rules("7.30", row("1", lambda d: escapes(d.file, "task/local/"), _ESCAPES), first_only=True)

LIFECYCLE = rules(
    "7.30",
    row("2", lambda c: c.hook == "", "no lifecycle hook provided"),
    row("3", lambda c: c.hook not in ("prestart", "poststart", "poststop"), "invalid hook: {hook}"),
    first_only=True,
)

# ---- §7.32 --------------------------------------------------------------------------------------------------------

_IDENTITY_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")

IDENTITY = rules(
    "7.32",
    row("1", lambda w: not _IDENTITY_NAME.fullmatch(w.name),
        "invalid name {name!q}. Must match regex ^[a-zA-Z0-9-_]{1,128}$"),
    each("2", "audience", lambda a: a == "", "an empty string is an invalid audience ({i})"),
    select(
        "change_mode",
        {
            ("", "noop", "restart"): (
                row("3", lambda w: w.change_signal != "",
                    'can only use change_signal={signal!q} with change_mode="signal"', signal="change_signal"),
            ),
            "signal": (
                row("4", lambda w: w.change_signal == "",
                    'change_signal must be specified when using change_mode="signal"'),
            ),
        },
        otherwise=(row("5", lambda w: True, "invalid change_mode: {mode}", mode="change_mode"),),
    ),
    row("6", lambda w: w.ttl > 0 and w.name == "default", "ttl for default identity not yet supported"),
    row("7", lambda w: w.ttl < 0, "ttl must be >= 0"),
    row("8", lambda w: w.filepath != "" and not w.file,
        "file parameter must be true in order to specify filepath"),
)  # fmt: skip

# ---- §7.33 --------------------------------------------------------------------------------------------------------

_SECRET_NAME = re.compile(r"[a-zA-Z0-9_]{1,128}")

SECRET = rules(
    "7.33",
    row("1", lambda s: s.name == "", "secret name cannot be empty"),
    row("2", lambda s: not _SECRET_NAME.fullmatch(s.name), "secret name must match regex ^[a-zA-Z0-9_]{1,128}$"),
    row("3", lambda s: s.provider == "", "secret provider cannot be empty"),
    row("4", lambda s: s.path == "", "secret path cannot be empty"),
    given(
        lambda s: s.provider in ("nomad", "vault"),
        row("5", lambda s: bool(s.env), "{provider} provider cannot use the env block"),
        otherwise=(
            row("6", lambda s: bool(s.config), "custom plugin provider {provider} cannot use the config block"),
        ),
    ),
)  # fmt: skip
