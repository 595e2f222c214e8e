"""The block format of payloads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.registry.snappy import compress, decompress

PIECES = st.lists(st.sampled_from([b"a", b"abcd", b"hello world, ", b"\x00" * 40, bytes(range(64))]), max_size=60)


@given(PIECES.map(b"".join) | st.binary(max_size=4000))
def test_what_is_packed_comes_out_again(data: bytes) -> None:
    assert decompress(compress(data)) == data


def test_long_content_of_several_fragments() -> None:
    data = b"".join(bytes([number % 251]) * (number % 90) for number in range(4000))
    block = compress(data)
    assert decompress(block) == data
    assert len(block) < len(data) // 5


@pytest.mark.parametrize(
    ("data", "block"),
    [
        (b"", b"\x00"),
        (b"hello world", b"\x0b\x28hello world"),
        # a literal, then one copy of 59 bytes at distance 1
        (b"a" * 60, b"\x3c\x00a\xea\x01\x00"),
    ],
)
def test_blocks_as_the_format_writes_them(data: bytes, block: bytes) -> None:
    assert compress(data) == block


@pytest.mark.parametrize("block", [b"", b"\xff", b"\x05\x10ab", b"\x05\x01\x00", b"\x02\x00a", b"\xff" * 9])
def test_what_is_no_block_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"block|literal|copy"):
        decompress(block)
