"""Letter case and white space as the server sees them: per code point, by Unicode's simple mappings."""

from __future__ import annotations

_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # fmt: skip  # noqa: E501


def lowered(text: str) -> str:
    """Lower case; never changes the number of characters."""
    return text.lower() if text.isascii() else "".join(char.lower()[0] for char in text)


def trimmed(text: str) -> str:
    """Without leading and trailing white space. (Python's own `strip` also takes U+001C–U+001F.)"""
    return text.strip(_WHITE_SPACE)


def raised(text: str) -> str:
    """Upper case, character by character: one that has no single upper-case form stays."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := char.upper()) == 1 else char for char in text)
