"""spec: jobspec §13.7, the CIDR functions"""

from __future__ import annotations

import ipaddress

from jobplan.source.jobspec.functions.signature import Function, FunctionError, function, whole
from jobplan.source.jobspec.functions.strings import STRINGS
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import STRING, Value, sequence, string

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: Value, argument: int | None = None) -> Network:
    text = value.text
    address, separator, length = text.partition("/")
    refused = FunctionError(f"invalid CIDR expression: invalid CIDR address: {text}", argument)
    if not separator or not length.isascii() or not length.isdigit() or "%" in address or len(length) > 3:
        raise refused
    try:
        return ipaddress.ip_network((address, int(length)), strict=False)
    except ValueError:
        raise refused from None


def _address(network: Network, number: int) -> str:
    kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    return _text(kind(number))


def _text(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def _cidrhost(a: list[Value], scope: Scope) -> Value:
    number = a[1].number
    if not number.is_whole or number.mantissa.bit_length() + number.exponent > 200:
        whole(a[1])
    host, network = number.to_int(), _network(a[0])
    size = network.num_addresses
    host = host if host >= 0 else size + host
    if not 0 <= host < size:
        raise FunctionError(f"prefix of {network.prefixlen} does not accommodate a host numbered {host}")
    if _is_mapped(network.network_address):
        host <<= 96  # the original places the number as in an IPv4 address, inside 16 bytes
    return string(_address(network, (int(network.network_address) | host) & ((1 << network.max_prefixlen) - 1)))


def _is_mapped(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None


def _prefix(network: Network, start: int, length: int) -> str:
    """An IPv4-mapped subnet is written as the IPv4 subnet."""
    kind = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    address = kind(start & ((1 << network.max_prefixlen) - 1))
    return f"{_text(address)}/{length - 96 if _is_mapped(address) and length >= 96 else length}"


def _cidrnetmask(a: list[Value], scope: Scope) -> Value:
    return string(_text(_network(a[0]).netmask))


def _cidrsubnet(a: list[Value], scope: Scope) -> Value:
    network, bits, number = _network(a[0]), whole(a[1]), a[2].number
    if not number.is_whole or number.mantissa.bit_length() + number.exponent > 200:
        whole(a[2])
    index = number.to_int()
    if bits > 32:
        raise FunctionError("may not extend prefix by more than 32 bits")
    length = network.prefixlen + bits
    if length > network.max_prefixlen or bits < 0:
        raise FunctionError(f"insufficient address space to extend prefix of {network.prefixlen} by {bits}")
    if index >= 1 << bits:
        raise FunctionError(f"prefix extension of {bits} does not accommodate a subnet numbered {index}")
    start = abs(int(network.network_address) | (index << (network.max_prefixlen - length)))
    return string(_prefix(network, start, length))


def _cidrsubnets(a: list[Value], scope: Scope) -> Value:
    network = _network(a[0], 0)
    family = f"IPv{network.version}"
    out: list[Value] = []
    at, end = int(network.network_address), int(network.broadcast_address) + 1
    for i, value in enumerate(a[1:], 1):
        bits = whole(value, i)
        length = network.prefixlen + bits
        if bits < 1:
            raise FunctionError("must extend prefix by at least one bit", i)
        if bits > 32:
            raise FunctionError("may not extend prefix by more than 32 bits", i)
        if length > network.max_prefixlen:
            raise FunctionError(f"would extend prefix to {length} bits, which is too long for an {family} address", i)
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            after = f" after {out[-1].text}" if out else ""
            raise FunctionError(
                f"not enough remaining address space for a subnet with a prefix of {length} bits{after}", i
            )
        out.append(string(_prefix(network, at, length)))
        at += size
    return sequence(STRINGS, out)


FUNCTIONS: tuple[Function, ...] = (
    function("cidrhost", "prefix:str, hostnum:num", STRING, _cidrhost),
    function("cidrnetmask", "prefix:str", STRING, _cidrnetmask),
    function("cidrsubnet", "prefix:str, newbits:num, netnum:num", STRING, _cidrsubnet),
    function("cidrsubnets", "prefix:str, newbits:num…", STRINGS, _cidrsubnets),
)
