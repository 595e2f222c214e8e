"""The text of a list of errors, and of a list of warnings. spec: admission §3.2, §4"""

from __future__ import annotations

from collections.abc import Sequence

from jobplan.values.letters import trimmed


def error_list(errors: Sequence[str]) -> str:
    """`2 errors occurred:` and one bullet per error; always ends in two line feeds. Inner lines are not indented."""
    header = "1 error occurred:" if len(errors) == 1 else f"{len(errors)} errors occurred:"
    return header + "".join(f"\n\t* {error}" for error in errors) + "\n\n"


def warning_list(warnings: Sequence[str]) -> str:
    """`2 warnings:`, a blank line and one bullet per warning, without a trailing line feed; `""` for none."""
    if not warnings:
        return ""
    header = "1 warning:\n" if len(warnings) == 1 else f"{len(warnings)} warnings:\n"
    return header + "".join(f"\n* {trimmed(warning)}" for warning in warnings)
