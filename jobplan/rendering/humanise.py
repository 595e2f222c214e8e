"""Values of diff fields as people read them: `30s` for 30000000000, `1.5 GiB` for 1536.

Only fields of known meaning are touched; inside opaque maps (driver config, meta, policies) nothing is known.
"""

from __future__ import annotations

from jobplan.values.durations import duration_text
from jobplan.values.quoting import quoted

# Wire names of all durations of a job: the same name never means anything else in another kind. spec: model §3
DURATIONS = frozenset((
    "Delay", "Grace", "HealthTimeout", "HealthyDeadline", "Interval", "KillTimeout", "LostAfter",
    "MaxClientDisconnect", "MaxDelay", "MaxRunDuration", "MinHealthyTime", "ProgressDeadline", "ShutdownDelay",
    "Splay", "Stagger", "StopAfterClientDisconnect", "StopOnClientAfter", "TTL", "Timeout", "VaultGrace",
))  # fmt: skip
_WAIT = frozenset(("Min", "Max", "Wait.Min", "Wait.Max"))

OPAQUE = frozenset(("Config", "Policy", "Secret", "Header", "Meta", "Env"))
"""Objects whose fields users name themselves."""


def value_text(owner: str, name: str, value: str) -> str:
    """The value of field `name` in an object called `owner` (`""`: job, group or task)."""
    if value == "nil":
        return "null"
    if owner not in OPAQUE and "[" not in name:
        if _is_integer(value):
            number = int(value)
            if name in DURATIONS or (owner in ("Wait", "Template") and name in _WAIT):
                return short_duration(number)
            if name.endswith("MB") and number > 0:
                return size_text(number)
            if name == "CPU":
                return f"{number} MHz"
            return value
        if value in ("true", "false"):
            return value
    return quoted(value)


def short_duration(ns: int) -> str:
    """`30m`, `1h30m`, `24h`: a duration without its trailing zero units."""
    text = duration_text(ns)
    if text.endswith("m0s"):
        text = text.removesuffix("0s")
        if text.endswith("h0m"):
            text = text.removesuffix("0m")
    return text


def size_text(megabytes: int) -> str:
    """`300 MiB`, `1.5 GiB`, `-2 GiB`: a size given in Nomad's megabytes (2^20 bytes)."""
    for unit, size in (("TiB", 1 << 20), ("GiB", 1 << 10)):
        if abs(megabytes) >= size:
            return f"{megabytes / size:.2f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{megabytes} MiB"


def _is_integer(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit()
