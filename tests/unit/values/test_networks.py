"""Prefixes, URLs, host names and paths. spec: admission §10.6–10.9"""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.values.integers import plain_integer, uint_error, uint_problem, wrap64
from jobplan.values.networks import has_scheme, is_domain_name, is_valid_url, prefix_error
from jobplan.values.paths import escapes, is_subdirectory


@pytest.mark.parametrize(
    "text, message",
    [
        ("10.0.0.0", "no '/'"),
        ("/8", 'ParseAddr(""): unable to parse IP'),
        ("10.0.0/8", 'ParseAddr("10.0.0"): IPv4 address too short'),
        ("10.0.0.0.0/8", 'ParseAddr("10.0.0.0.0"): IPv4 address too long'),
        ("10.00.0.0/8", 'ParseAddr("10.00.0.0"): IPv4 field has octet with leading zero'),
        ("10.256.0.0/8", 'ParseAddr("10.256.0.0"): IPv4 field has value >255'),
        ("10..0.0/8", 'ParseAddr("10..0.0"): IPv4 field must have at least one digit (at ".0.0")'),
        ("10.0.x.0/8", 'ParseAddr("10.0.x.0"): unexpected character (at "x.0")'),
        ("%eth0/8", 'ParseAddr("%eth0"): missing IPv6 address'),
        ("fe80::1%/8", 'ParseAddr("fe80::1%"): zone must be a non-empty string'),
        ("fe80::1%eth0/8", "IPv6 zones cannot be present in a prefix"),
        ("1::2::3/8", 'ParseAddr("1::2::3"): multiple :: in address (at ":3")'),
        ("1:2/8", 'ParseAddr("1:2"): address string too short'),
        ("12345::/8", 'ParseAddr("12345::"): each group must have 4 or less digits (at "12345::")'),
        (":1/8", 'ParseAddr(":1"): each colon-separated field must have at least one digit (at ":1")'),
        ("1:/8", 'ParseAddr("1:"): colon must be followed by more characters (at ":")'),
        ("1:2:3:4:5:6:7:8:9/8", 'ParseAddr("1:2:3:4:5:6:7:8:9"): trailing garbage after address (at "9")'),
        ("1::2:3:4:5:6:7:8/8", 'ParseAddr("1::2:3:4:5:6:7:8"): the :: must expand to at least one field of zeros'),
        ("::1.2.3/8", 'ParseAddr("::1.2.3"): IPv4 address too short'),
        ("10.0.0.0/08", 'bad bits after slash: "08"'),
        ("10.0.0.0/", 'bad bits after slash: ""'),
        ("10.0.0.0/33", "prefix length out of range"),
        ("::/129", "prefix length out of range"),
    ],
)
def test_prefix_errors(text: str, message: str) -> None:
    assert prefix_error(text) == f'netip.ParsePrefix("{text}"): {message}'


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 32))
def test_every_address_with_a_short_prefix_is_valid(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, bits: int
) -> None:
    """spec: admission §10.6"""
    assert prefix_error(f"{address}/{bits}") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "*",
        "/a:b",
        "a/b:c",
        "?%zz",
        "/x?y=%",
        "//host:/p",
        "//[::1]:80/",
        "///%20",
        "//h%25/",
        "//u:p@h/",
        "http:%zz",
        "//é/",
        "//[fe80::1%25en0]/",
        "//h<>/",
    ],
)
def test_readable_check_paths(text: str) -> None:
    assert is_valid_url(text)


@pytest.mark.parametrize(
    "text",
    [
        ":",
        "/%",
        "/%z0",
        "a:b/c"[1:],
        "/\x01",
        "/\x7f",
        "//h:p/",
        "//h[::1]/",
        "//[::1/",
        "//[x]/",
        "//u^@h/",
        "//h^/",
        "//%41/",
        "http://a:1:2/",
        "/#%",
        "1a:b",
        "//[1.2.3.4]/",
    ],
)
def test_unreadable_check_paths(text: str) -> None:
    assert not is_valid_url(text)


def test_control_characters_after_the_fragment_sign_are_accepted() -> None:
    assert is_valid_url("/x#\x01")
    assert has_scheme("http:x")
    assert not has_scheme("/http:x")


@pytest.mark.parametrize(
    "name, valid",
    [
        ("a.b", True),
        ("a b_ä", True),
        ("a..b", False),
        (".a", False),
        (".", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("x\\", False),
        ("\\\\\\", True),
        ("\\065\\", True),
        (".".join(["a" * 50] * 5), True),
        (".".join(["a" * 51] * 5), False),
    ],
)
def test_domain_names(name: str, valid: bool) -> None:
    assert is_domain_name(name) is valid


@pytest.mark.parametrize(
    "path, base, escaping",
    [
        ("../x", "task", False),
        ("../../x", "task", True),
        ("../..x", "task", True),
        ("/etc/passwd", "task", False),
        ("../../../x", "task/local/", True),
        ("a/../..", "task", False),
        ("..", "task/local/", False),
        ("../..x", "task/local/", False),
    ],
)
def test_paths_that_leave_the_allocation(path: str, base: str, escaping: bool) -> None:
    assert escapes(path, base) is escaping


@pytest.mark.parametrize(
    "path, directory, below",
    [
        ("/a/b", "/a", True),
        ("/a", "/a/", True),
        ("/ab", "/a", False),
        ("a/b", "/a", False),
        ("b", ".", True),
        ("../b", ".", False),
        ("..b", ".", False),
        ("//a/../b", "/", True),
    ],
)
def test_subdirectories(path: str, directory: str, below: bool) -> None:
    assert is_subdirectory(path, directory) is below


def test_integers() -> None:
    assert uint_error("18446744073709551615") is None
    assert uint_error("18446744073709551616") == 'strconv.ParseUint: parsing "18446744073709551616": value out of range'
    assert [uint_problem(text, base=8, maximum=0o7777) for text in ("7x", "77777x", "8", "", "7777")] == [
        "invalid syntax",
        "value out of range",
        "invalid syntax",
        "invalid syntax",
        None,
    ]
    assert [plain_integer(text) for text in ("+7", "-7", "7 ", "", "-", "٣")] == [7, -7, None, None, None, None]
    assert wrap64(1 << 63) == -(1 << 63)
