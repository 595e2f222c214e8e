"""Text of strangers on a terminal: nothing in it may move the cursor, retitle the window or hide other text.

Job files are written by people; a name may hold an escape sequence or a character that reverses the reading
direction.
"""

from __future__ import annotations

import re

# Control characters but tab, soft hyphen, zero-width and direction characters, line separators, lone surrogates,
# tags.
_HOSTILE = (
    "\x00-\x08\x0a-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[{_HOSTILE}]")
# The codes that jobplan itself emits (reset, bold, dim, underline and foreground colours) and line ends.
_OURS = r"\x1b\[(?:0|1|2|4|3[0-79]|9[0-7])(?:;(?:1|2|4|3[0-79]|9[0-7]))*m"
_UNSAFE_BUT_OURS = re.compile(f"({_OURS}|\n)|[{_HOSTILE}]")


def visible(text: str) -> str:
    """One line in which every character that acts on a screen is written as its escape: `\\x1b`, `\\u202e`."""
    return _UNSAFE.sub(lambda match: _escape(match[0]), text)


def terminal_safe(text: str, *, color: bool = False) -> str:
    """A finished text, to be written to a terminal: characters that act on a screen are written as escapes.

    Line ends and tabs stay; with `color` also the colour codes that jobplan emits. `render_text` itself stays byte
    for byte what Nomad prints, so apply this only when standard output is a terminal.
    """

    def safe(match: re.Match[str]) -> str:
        kept = match[1]
        if kept is not None and (color or kept == "\n"):
            return kept
        return "".join(map(_escape, match[0][:1])) + match[0][1:]

    return _UNSAFE_BUT_OURS.sub(safe, text)


def _escape(char: str) -> str:
    code = ord(char)
    if char == "\n":
        return "\\n"
    if char == "\r":
        return "\\r"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
