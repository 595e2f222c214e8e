r"""The Unicode classes of Go's regular expressions (`\p{Greek}`, `\pL`), in the words of RE2. spec: admission §10.1

Names are compared in a form of their own: without spaces, `_` and `-`, the first letter upper-case, the rest
lower-case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

__all__ = ["MAX_RUNE", "class_source"]

MAX_RUNE = 0x10FFFF

_CATEGORIES = "Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs"
_LONG_NAMES = """
    Control=Cc Format=Cf PrivateUse=Co Surrogate=Cs Letter=L LowercaseLetter=Ll ModifierLetter=Lm OtherLetter=Lo
    TitlecaseLetter=Lt UppercaseLetter=Lu Mark=M CombiningMark=M SpacingMark=Mc EnclosingMark=Me NonspacingMark=Mn
    Number=N DecimalNumber=Nd LetterNumber=Nl OtherNumber=No Punctuation=P ConnectorPunctuation=Pc DashPunctuation=Pd
    ClosePunctuation=Pe FinalPunctuation=Pf InitialPunctuation=Pi OtherPunctuation=Po OpenPunctuation=Ps Symbol=S
    CurrencySymbol=Sc ModifierSymbol=Sk MathSymbol=Sm OtherSymbol=So Separator=Z LineSeparator=Zl ParagraphSeparator=Zp
    SpaceSeparator=Zs Cntrl=Cc Digit=Nd Punct=P
"""
# The scripts of Unicode 15.0 named by one word; those of several words are lost by the comparison form, and rejected.
_SCRIPTS = """
    Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid
    Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra
    Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo
    Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi Kharoshthi Khmer Khojki Khudawadi Lao
    Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Medefaidrin Miao
    Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari Newa Nko Nushu Ogham Oriya Osage Osmanya Palmyrene
    Phoenician Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac
    Tagalog Tagbanwa Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic
    Vithkuqi Wancho Yezidi Yi
"""
# Names that RE2 has not, or not with this meaning, with a test of general categories: they are written out as ranges.
_COMPUTED: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "Lc": lambda category: category in ("Lu", "Ll", "Lt"),
        "Casedletter": lambda category: category in ("Lu", "Ll", "Lt"),
        "Assigned": lambda category: category != "Cn",
        "Cn": lambda category: category == "Cn",
        "Unassigned": lambda category: category == "Cn",
        "C": lambda category: category[0] == "C",
        "Other": lambda category: category[0] == "C",
    }
)


def _comparison_form(name: str) -> str:
    plain = name.replace(" ", "").replace("_", "").replace("-", "")
    return plain[:1].upper() + plain[1:].lower()


# Comparison form → the name that RE2 knows.
_ENGINE_NAMES: Mapping[str, str] = MappingProxyType(
    {name: name for name in _CATEGORIES.split()}
    | {_comparison_form(name): short for name, short in (row.split("=") for row in _LONG_NAMES.split())}
    | {name: name for name in _SCRIPTS.split()}
    | {"Vai": "Vai"}  # codespell:ignore vai
    | {"Any": "Any"}
)


def class_source(name: str, negative: bool) -> str | None:
    """The class `name`, or what is outside it, as the inside of an RE2 class; None for an unknown name."""
    name = _comparison_form(name)
    if name in _ENGINE_NAMES:
        return f"\\{'P' if negative else 'p'}{{{_ENGINE_NAMES[name]}}}"
    if name == "Ascii":
        return r"\x{80}-\x{10ffff}" if negative else r"\x{0}-\x{7f}"
    return _category_ranges(name, negative) if name in _COMPUTED else None


@lru_cache(maxsize=16)
def _category_ranges(name: str, negative: bool) -> str:
    """Ranges of a class that is computed from the general categories of the running Python's Unicode data."""
    test, parts, start = _COMPUTED[name], [], -1
    for point in range(MAX_RUNE + 2):
        inside = point <= MAX_RUNE and test(unicodedata.category(chr(point))) != negative
        if inside and start < 0:
            start = point
        elif not inside and start >= 0:
            parts.append(f"\\x{{{start:x}}}-\\x{{{point - 1:x}}}")
            start = -1
    return "".join(parts)
