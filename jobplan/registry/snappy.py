"""The Snappy block format, in which the payload of a dispatched job is stored. spec: api §5.13

A block is the length of the content (a varint) and then literals and copies. Content is cut into fragments of 64 KiB;
matches are found with a hash table of four-byte sequences, and the search speeds up where nothing matches.
"""

from __future__ import annotations

FRAGMENT = 65_536
MARGIN = 15
SHORTEST = 17
"""Fragments below this are literals."""
_MASK = 0xFFFFFFFF


def compress(data: bytes) -> bytes:
    """The block of some content; empty content is one zero byte."""
    out = bytearray(_varint(len(data)))
    for start in range(0, len(data), FRAGMENT):
        fragment = data[start : start + FRAGMENT]
        if len(fragment) < SHORTEST:
            _literal(out, fragment)
        else:
            _fragment(out, fragment)
    return bytes(out)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number >= 0x80:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _literal(out: bytearray, data: bytes) -> None:
    length = len(data) - 1
    if length < 60:
        out.append(length << 2)
    elif length < 1 << 8:
        out += bytes((60 << 2, length))
    else:
        out += bytes((61 << 2, length & 0xFF, length >> 8))
    out += data


def _copy(out: bytearray, offset: int, length: int) -> None:
    while length >= 68:
        out += bytes((63 << 2 | 2, offset & 0xFF, offset >> 8))
        length -= 64
    if length > 64:
        out += bytes((59 << 2 | 2, offset & 0xFF, offset >> 8))
        length -= 60
    if length >= 12 or offset >= 2048:
        out += bytes(((length - 1) << 2 | 2, offset & 0xFF, offset >> 8))
    else:
        out += bytes((offset >> 8 << 5 | (length - 4) << 2 | 1, offset & 0xFF))


def _fragment(out: bytearray, data: bytes) -> None:
    shift, size = 24, 1 << 8
    while size < 1 << 14 and size < len(data):
        shift, size = shift - 1, size * 2
    table = [0] * size

    def load(at: int) -> int:
        return int.from_bytes(data[at : at + 4], "little")

    def hashed(value: int) -> int:
        return (value * 0x1E35A7BD & _MASK) >> shift

    limit = len(data) - MARGIN
    emitted, at = 0, 1
    next_hash = hashed(load(at))
    while True:
        skip, ahead = 32, at
        while True:
            at = ahead
            step = skip >> 5
            ahead = at + step
            skip += step
            if ahead > limit:
                if emitted < len(data):
                    _literal(out, data[emitted:])
                return
            candidate = table[next_hash]
            table[next_hash] = at
            next_hash = hashed(load(ahead))
            if data[at : at + 4] == data[candidate : candidate + 4]:
                break
        _literal(out, data[emitted:at])
        while True:
            base = at
            at += 4
            other = candidate + 4
            while at < len(data) and data[other] == data[at]:
                other, at = other + 1, at + 1
            _copy(out, base - candidate, at - base)
            emitted = at
            if at >= limit:
                if emitted < len(data):
                    _literal(out, data[emitted:])
                return
            table[hashed(load(at - 1))] = at - 1
            current = hashed(load(at))
            candidate = table[current]
            table[current] = at
            if data[at : at + 4] != data[candidate : candidate + 4]:
                next_hash = hashed(load(at + 1))
                at += 1
                break


def decompress(block: bytes) -> bytes:
    """The content of a block. Raises ValueError for what is no block."""
    at, length, shift = 0, 0, 0
    while True:
        byte = block[at] if at < len(block) else -1
        if byte < 0 or shift > 28:
            raise ValueError("a block begins with its length")
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    out = bytearray()
    while at < len(block):
        at = _element(block, at, out)
    if len(out) != length:
        raise ValueError("a block of another length than it says")
    return bytes(out)


def _element(block: bytes, at: int, out: bytearray) -> int:
    """Reads one literal or copy; gives the place behind it."""
    tag = block[at]
    at += 1
    kind = tag & 3
    if kind == 0:
        count = tag >> 2
        if count >= 60:
            width = count - 59
            count = int.from_bytes(block[at : at + width], "little")
            at += width
        data = block[at : at + count + 1]
        if len(data) != count + 1:
            raise ValueError("a literal is cut off")
        out += data
        return at + count + 1
    width = (0, 1, 2, 4)[kind]
    trailer = block[at : at + width]
    if len(trailer) != width:
        raise ValueError("a copy is cut off")
    if kind == 1:
        offset, count = tag >> 5 << 8 | trailer[0], 4 + (tag >> 2 & 7)
    else:
        offset, count = int.from_bytes(trailer, "little"), 1 + (tag >> 2)
    if not 0 < offset <= len(out):
        raise ValueError("a copy from outside")
    for _ in range(count):
        out.append(out[-offset])
    return at + width
