"""Address prefixes, check paths and host names, judged like the server's parsers. spec: admission §10.6–10.8"""

from __future__ import annotations

import re

from jobplan.values.integers import INT64_MAX
from jobplan.values.quoting import quoted

# ---- CIDR prefixes. spec: admission §10.6 -------------------------------------------------------------------------


class _AddressError(Exception):
    """What is wrong with an address; `at` is the offending rest, None when none is shown."""

    def __init__(self, message: str, at: str | None = None) -> None:
        super().__init__(message if at is None or at == "" else f"{message} (at {quoted(at)})")


def prefix_error(text: str) -> str | None:
    """The error text for a CIDR prefix, None when it is valid. Host bits may be set."""
    message = _prefix_problem(text)
    return None if message is None else f"netip.ParsePrefix({quoted(text)}): {message}"


def _prefix_problem(text: str) -> str | None:
    address, slash, bits = text.rpartition("/")
    if not slash:
        return "no '/'"
    try:
        width, zone = _parse_address(address)
    except _AddressError as error:
        return f"ParseAddr({quoted(address)}): {error}"
    if zone:
        return "IPv6 zones cannot be present in a prefix"
    if not re.fullmatch(r"0|[1-9][0-9]*", bits) or int(bits) > INT64_MAX:
        return f"bad bits after slash: {quoted(bits)}"
    return "prefix length out of range" if int(bits) > width else None


def is_ipv6(text: str) -> bool:
    """Whether the text is an IPv6 address, possibly with a zone."""
    try:
        return _parse_address(text)[0] == 128
    except _AddressError:
        return False


def _parse_address(text: str) -> tuple[int, str]:
    """The width in bits and the zone."""
    kind = re.search("[.:%]", text)
    if kind is None:
        raise _AddressError("unable to parse IP")
    if kind[0] == ".":
        _check_ipv4(text)
        return 32, ""
    if kind[0] == "%":
        raise _AddressError("missing IPv6 address")
    address, percent, zone = text.partition("%")
    if percent and not zone:
        raise _AddressError("zone must be a non-empty string")
    _check_ipv6(address)
    return 128, zone


def _check_ipv4(text: str) -> None:
    fields, value, digits = 0, 0, 0
    for index, char in enumerate(text):
        if "0" <= char <= "9":
            if digits == 1 and value == 0:
                raise _AddressError("IPv4 field has octet with leading zero")
            value, digits = value * 10 + int(char), digits + 1
            if value > 255:
                raise _AddressError("IPv4 field has value >255")
        elif char == ".":
            if index in (0, len(text) - 1) or text[index - 1] == ".":
                raise _AddressError("IPv4 field must have at least one digit", text[index:])
            if fields == 3:
                raise _AddressError("IPv4 address too long")
            fields, value, digits = fields + 1, 0, 0
        else:
            raise _AddressError("unexpected character", text[index:])
    if fields < 3:
        raise _AddressError("IPv4 address too short")


_HEX = re.compile("[0-9A-Fa-f]*")


def _check_ipv6(text: str) -> None:
    """Fields of four hexadecimal digits; `count` counts bytes, so that 16 make an address."""
    rest, count, ellipsis = text, 0, False
    if rest.startswith("::"):
        rest, ellipsis = rest[2:], True
        if not rest:
            return
    while count < 16:
        digits = _HEX.match(rest).end()  # type: ignore[union-attr]
        if digits > 4:
            raise _AddressError("each group must have 4 or less digits", rest)
        if digits == 0:
            raise _AddressError("each colon-separated field must have at least one digit", rest)
        if rest[digits : digits + 1] == ".":
            _check_embedded(rest, count, ellipsis)
            rest, count = "", count + 4
            break
        rest, count = rest[digits:], count + 2
        if not rest:
            break
        if rest[0] != ":":
            raise _AddressError("unexpected character, want colon", rest)
        if rest == ":":
            raise _AddressError("colon must be followed by more characters", rest)
        rest = rest[1:]
        if rest[0] == ":":
            if ellipsis:
                raise _AddressError("multiple :: in address", rest)
            rest, ellipsis = rest[1:], True
            if not rest:
                break
    if rest:
        raise _AddressError("trailing garbage after address", rest)
    if count < 16 and not ellipsis:
        raise _AddressError("address string too short")
    if count >= 16 and ellipsis:
        raise _AddressError("the :: must expand to at least one field of zeros")


def _check_embedded(rest: str, count: int, ellipsis: bool) -> None:
    if not ellipsis and count != 12:
        raise _AddressError("embedded IPv4 address must replace the final 2 fields of the address", rest)
    if count + 4 > 16:
        raise _AddressError("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
    _check_ipv4(rest)


# ---- check paths as URLs. spec: admission §10.7 ---------------------------------------------------------------------

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PORT = re.compile(r"(?::[0-9]*)?")
_USER_INFO = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_NOT_IN_HOST = re.compile(r"""[\x00-\x7f](?<![A-Za-z0-9._~!$&'()*+,;=:\[\]<>"%-])|%(?!25|[89A-Fa-f][0-9A-Fa-f])""")
_NOT_IN_ZONE = re.compile(r"""[\x00-\x7f](?<![A-Za-z0-9._~!$&'()*+,;=:\[\]<>"%-])""")


def is_valid_url(text: str) -> bool:
    """Whether a check path can be read as a URL at all."""
    text, _, fragment = text.partition("#")
    if _CONTROL.search(text) or text.startswith(":") or _BAD_ESCAPE.search(fragment):
        return False
    scheme = _SCHEME.match(text)
    name, rest = (scheme[0][:-1].lower(), text[scheme.end() :]) if scheme else ("", text)
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return True
        return ":" not in rest.partition("/")[0] and not _BAD_ESCAPE.search(rest)
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        if not _is_authority(authority, name):
            return False
        rest = slash + path
    return not _BAD_ESCAPE.search(rest)


def has_scheme(text: str) -> bool:
    """Whether a valid URL is absolute."""
    return _SCHEME.match(text) is not None


def _is_authority(authority: str, scheme: str) -> bool:
    user, _, host = authority.rpartition("@")
    return bool(_USER_INFO.fullmatch(user)) and not _BAD_ESCAPE.search(user) and _is_host(host, scheme)


def _is_host(host: str, scheme: str) -> bool:
    bracket = host.rfind("[")
    if bracket > 0:
        return False
    if bracket == 0:
        inner, closing, port = host[1:].rpartition("]")
        return bool(closing and _PORT.fullmatch(port)) and _is_literal(inner)
    if scheme in ("http", "https") and host.count(":") > 1:
        return False
    _, colon, port = host.rpartition(":")
    if colon and not _PORT.fullmatch(colon + port):
        return False
    return not _NOT_IN_HOST.search(host) and not _BAD_ESCAPE.search(host)


def _is_literal(inner: str) -> bool:
    """What stands in brackets: an IPv6 address, its zone after `%25`."""
    address, percent, zone = inner.partition("%25")
    if _NOT_IN_HOST.search(address) or _NOT_IN_ZONE.search(zone) or _BAD_ESCAPE.search(zone):
        return False
    return is_ipv6(f"{address}%{zone}" if percent else address)


# ---- domain names. spec: admission §10.8 ---------------------------------------------------------------------------

_DOT, _BACKSLASH = ord("."), ord("\\")


def is_domain_name(name: str) -> bool:
    """Whether a host name is acceptable: almost everything is."""
    data = name.encode("utf-8", "surrogateescape")
    if not _is_complete(name):
        data += b"."
    index = start = total = 0
    after_dot = escaped = False
    while index < len(data):
        byte = data[index]
        if byte == _BACKSLASH:
            escaped = not escaped
            if total + 1 > 256:
                return False
            following = data[index + 1 : index + 4]
            skipped = 3 if len(following) == 3 and following.isdigit() else 1
            index, start, after_dot = index + skipped, start + skipped, False
        elif byte == _DOT:
            escaped = False
            if (index == 0 and len(data) > 1) or after_dot:
                return False
            after_dot, length = True, index - start
            total += length + 1
            if length >= 64 or total > 256:
                return False
            start = index + 1
        else:
            after_dot = escaped = False
        index += 1
    return not escaped


def _is_complete(name: str) -> bool:
    """Whether the name ends in a dot that is not escaped."""
    if not name.endswith("."):
        return False
    rest = name[:-1]
    before = rest.rstrip("\\")
    if before == rest:
        return True
    size = len(rest.encode("utf-8", "surrogateescape"))
    last = len(before[:-1].encode("utf-8", "surrogateescape")) if before else -1
    return (size - last) % 2 == 1
