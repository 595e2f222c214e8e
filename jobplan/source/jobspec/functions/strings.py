"""spec: jobspec §13.2"""

from __future__ import annotations

import re
import unicodedata

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.diagnostics import graphemes
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function, renamed, texts, whole
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.templates import WHITE_SPACE
from jobplan.source.jobspec.values import NUMBER, STRING, Value, count, key_bytes, list_of, sequence, string

STRINGS = list_of(STRING)


def bounded(length: int, scope: Scope) -> None:
    """Spend what a text of this length costs, before it is made."""
    scope.session.budget.charge_text(length)
    if length > 64_000_000:
        scope.session.budget.charge(scope.session.budget.left + 1)


def _simple_upper(c: str) -> str:
    upper = c.upper()
    return upper if len(upper) == 1 else c


def _simple_lower(c: str) -> str:
    lower = c.lower()
    return lower if len(lower) == 1 else lower[0]


def _upper(a: list[Value], scope: Scope) -> Value:
    text = a[0].text
    return string(text.upper() if text.isascii() else "".join(map(_simple_upper, text)))


def _lower(a: list[Value], scope: Scope) -> Value:
    text = a[0].text
    return string(text.lower() if text.isascii() else "".join(map(_simple_lower, text)))


def _title_case(c: str) -> str:
    title = c.title()
    return title if len(title) == 1 else c


def _is_separator(c: str) -> bool:
    """Does a word start after this character? Letters, digits and `_` continue one; of others only white space ends it,
    except that every ASCII character does."""
    if c.isascii():
        return not (c.isalnum() or c == "_")
    if unicodedata.category(c)[0] in "L" or unicodedata.category(c) == "Nd":
        return False
    return c in WHITE_SPACE


def _title(a: list[Value], scope: Scope) -> Value:
    out, before = [], " "
    for c in a[0].text:
        out.append(_title_case(c) if _is_separator(before) else c)
        before = c
    return string("".join(out))


def _strlen(a: list[Value], scope: Scope) -> Value:
    return count(len(graphemes(a[0].text)))


def _strrev(a: list[Value], scope: Scope) -> Value:
    return string("".join(reversed(graphemes(a[0].text))))


def _substr(a: list[Value], scope: Scope) -> Value:
    clusters, offset, length = graphemes(a[0].text), whole(a[1]), whole(a[2])
    if offset < 0:
        offset = max(0, offset + len(clusters))
    end = len(clusters) if length < 0 else offset + length
    return string("".join(clusters[offset:end]))


def _trim(a: list[Value], scope: Scope) -> Value:
    return string(a[0].text.strip(a[1].text) if a[1].text else a[0].text)


def _trimprefix(a: list[Value], scope: Scope) -> Value:
    return string(a[0].text.removeprefix(a[1].text))


def _trimsuffix(a: list[Value], scope: Scope) -> Value:
    return string(a[0].text.removesuffix(a[1].text))


def _trimspace(a: list[Value], scope: Scope) -> Value:
    return string(a[0].text.strip(WHITE_SPACE))


def _chomp(a: list[Value], scope: Scope) -> Value:
    return string(a[0].text.rstrip("\r\n"))


def _indent(a: list[Value], scope: Scope) -> Value:
    spaces, text = whole(a[0]), a[1].text
    if spaces < 0:
        raise FunctionError("panic in function implementation: strings: negative Repeat count")
    bounded(len(text) + (text.count("\n") + 1) * spaces, scope)
    return string(text.replace("\n", "\n" + " " * spaces))


def _replace(a: list[Value], scope: Scope) -> Value:
    text, old, new = a[0].text, a[1].text, a[2].text
    times = text.count(old) if old else len(text) + 1
    bounded(len(text) + times * len(new), scope)
    return string(text.replace(old, new))


_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


def _regex_replace(a: list[Value], scope: Scope) -> Value:
    """RE2 syntax; `$1`, `${1}`, `${name}` in the replacement, an unknown group is empty."""
    import re2  # type: ignore[import-untyped]

    text, new = a[0].text, a[2].text
    if len(a[1].text) > 10_000:
        raise FunctionError("error parsing regexp: expression too large")
    options = re2.Options()
    options.log_errors = False
    try:
        pattern = re2.compile(a[1].text, options=options)
    except re2.error as e:
        raise FunctionError(f"error parsing regexp: {_regexp_fault(str(e), a[1].text)}") from None
    scope.session.budget.charge(len(text) * pattern.programsize // 500)
    named: dict[str, int] = dict(pattern.groupindex)

    def expanded(found: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name is None:
                return "$"
            index = int(name) if name.isdigit() and len(name) < 6 else named.get(name)
            return (found[index] or "") if index is not None and index <= pattern.groups else ""

        return _REFERENCE.sub(group, new)

    pieces, at, size = [], 0, 0
    for found in pattern.finditer(text):
        piece = text[at : found.start()] + expanded(found)
        at, size = found.end(), size + len(piece)
        bounded(len(piece) + 100, scope)
        pieces.append(piece)
    pieces.append(text[at:])
    return string("".join(pieces))


def _regexp_fault(message: str, pattern: str) -> str:
    """RE2's C++ and Go texts differ in how they quote the culprit."""
    message = message.removeprefix("b'").removesuffix("'")
    what, separator, culprit = message.partition(": ")
    what = {
        "missing )": "missing closing )",
        "missing ]": "missing closing ]",
        "invalid perl operator": "invalid or unsupported Perl syntax",
    }.get(what, what)
    return f"{what}: `{culprit}`" if separator else f"{what}: `{pattern}`"


def _split(a: list[Value], scope: Scope) -> Value:
    separator, text = a[0].text, a[1].text
    parts = text.split(separator) if separator else list(text)
    scope.session.budget.charge(len(parts))
    return sequence(STRINGS, map(string, parts))


def _join(a: list[Value], scope: Scope) -> Value:
    if len(a) < 2:
        raise FunctionError("at least one list is required")
    pieces: list[str] = []
    for i, items in enumerate(a[1:], 1):
        for j, v in enumerate(items.items):
            if v.is_null:
                raise FunctionError(f"element {j} is null; cannot concatenate null values", i)
        pieces += texts(items.items)
    bounded(sum(map(len, pieces)) + len(pieces) * len(a[0].text), scope)
    return string(a[0].text.join(pieces))


def _sort(a: list[Value], scope: Scope) -> Value:
    items = a[0].items
    for i, v in enumerate(items):
        if v.is_null:
            raise FunctionError(f"given list element {i} is null; a null string cannot be sorted")
    return sequence(STRINGS, sorted(items, key=lambda v: key_bytes(v.text)))


def as_text(value: Value) -> str:
    """Raises FunctionError where the value is no string."""
    try:
        return convert(value, STRING).text
    except ConversionError as e:
        raise FunctionError(str(e)) from None


_STRREV = function("strrev", "str:str", STRING, _strrev)

FUNCTIONS: tuple[Function, ...] = (
    function("upper", "str:str", STRING, _upper),
    function("lower", "str:str", STRING, _lower),
    function("title", "str:str", STRING, _title),
    function("strlen", "str:str", NUMBER, _strlen),
    _STRREV,
    renamed(_STRREV, "reverse"),
    function("substr", "str:str, offset:num, length:num", STRING, _substr),
    function("trim", "str:str, cutset:str", STRING, _trim),
    function("trimprefix", "str:str, prefix:str", STRING, _trimprefix),
    function("trimsuffix", "str:str, suffix:str", STRING, _trimsuffix),
    function("trimspace", "str:str", STRING, _trimspace),
    function("chomp", "str:str", STRING, _chomp),
    function("indent", "spaces:num, str:str", STRING, _indent),
    function("replace", "str:str, substr:str, replace:str", STRING, _replace),
    function("regex_replace", "str:str, pattern:str, replace:str", STRING, _regex_replace),
    function("split", "separator:str, str:str", STRINGS, _split),
    function("join", "separator:str, lists:list(str)…", STRING, _join),
    function("sort", "list:list(str)", STRINGS, _sort),
)
