"""Quoted strings, as Go prints them with %q and %+q. spec: admission §1.2

What is printable is fixed by Unicode 15.0; the tables below even out the Unicode version of the running Python.
"""

from __future__ import annotations

import bisect
import unicodedata

_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
}  # fmt: skip

_NEW_IN_15_0 = """
    CF3 ECE 10EFD-10EFF 1123F-11241 11B00-11B09 11F00-11F10 11F12-11F3A 11F3E-11F59 1342F 13440-13455 1B132 1B155
    1D2C0-1D2D3 1DF25-1DF2A 1E030-1E06D 1E08F 1E4D0-1E4F9 1F6DC 1F774-1F776 1F77B-1F77F 1F7D9 1FA75-1FA77 1FA87-1FA88
    1FAAD-1FAAF 1FABB-1FABD 1FABF 1FACE-1FACF 1FADA-1FADB 1FAE8 1FAF7-1FAF8 2B739 31350-323AF
"""
_NEW_AFTER_15_0 = """
    88F 897 C5C CDC 1ACF-1ADD 1AE0-1AEB 1B4E-1B4F 1B7F 1C89-1C8A 20C1 2427-2429 2B96 2FFC-2FFF 31E4-31E5 31EF A7CB-A7CF
    A7D2 A7D4 A7DA-A7DC A7F1 FBC3-FBD2 FD90-FD91 FDC8-FDCE 105C0-105F3 10940-10959 10D40-10D65 10D69-10D85 10D8E-10D8F
    10EC2-10EC7 10ED0-10ED8 10EFA-10EFC 11380-11389 1138B 1138E 11390-113B5 113B7-113C0 113C2 113C5 113C7-113CA
    113CC-113D5 113D7-113D8 113E1-113E2 116D0-116E3 11B60-11B67 11BC0-11BE1 11BF0-11BF9 11DB0-11DDB 11DE0-11DE9 11F5A
    13460-143FA 16100-16139 16D40-16D79 16EA0-16EB8 16EBB-16ED3 16FF2-16FF6 187F8-187FF 18CFF 18D09-18D1E 18D80-18DF2
    1CC00-1CCFC 1CD00-1CEB3 1CEBA-1CED0 1CEE0-1CEF0 1E5D0-1E5FA 1E5FF 1E6C0-1E6DE 1E6E0-1E6F5 1E6FE-1E6FF 1F6D8
    1F777-1F77A 1F8B2-1F8BB 1F8C0-1F8C1 1F8D0-1F8D8 1FA54-1FA57 1FA89-1FA8A 1FA8E-1FA8F 1FABE 1FAC6 1FAC8 1FACD 1FADC
    1FADF 1FAE9-1FAEA 1FAEF 1FBCB-1FBEF 1FBFA 2B73A-2B73F 2CEA2-2CEAD 2EBF0-2EE5D 323B0-33479
"""


class _Ranges:
    """Membership in ranges of code points written as hexadecimal text."""

    def __init__(self, text: str) -> None:
        pairs = [part.partition("-") for part in text.split()]
        self._starts = [int(first, 16) for first, _, _ in pairs]
        self._ends = [int(last or first, 16) for first, _, last in pairs]

    def __contains__(self, point: int) -> bool:
        index = bisect.bisect_right(self._starts, point) - 1
        return index >= 0 and point <= self._ends[index]


_OLDER, _NEWER = _Ranges(_NEW_IN_15_0), _Ranges(_NEW_AFTER_15_0)


def is_printable(char: str) -> bool:
    """Letters, marks, numbers, punctuation, symbols of Unicode 15.0, and the ASCII space."""
    if char < "\x7f":
        return char >= " "
    point = ord(char)
    return (unicodedata.category(char)[0] in "LMNPS" and point not in _NEWER) or point in _OLDER


def quoted(text: str) -> str:
    """`!q`: in double quotes, what is not printable escaped."""
    if text.isascii() and text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{"".join(_ESCAPES.get(c) or (c if is_printable(c) else _escape(c)) for c in text)}"'


def quoted_ascii(text: str) -> str:
    """`!Q`: the same with everything beyond ASCII escaped."""
    return f'"{"".join(_ESCAPES.get(c) or (c if " " <= c < chr(0x7F) else _escape(c)) for c in text)}"'


def _escape(char: str) -> str:
    point = ord(char)
    if 0xDC80 <= point <= 0xDCFF:  # a byte that is no UTF-8, in Python's surrogateescape notation
        return f"\\x{point - 0xDC00:02x}"
    if point < 0x80:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
