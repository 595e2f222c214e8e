"""Compressed answers. spec: api §1.9"""

from __future__ import annotations

import gzip
import zlib

CODINGS = ("gzip", "deflate")
FASTEST = 1


def chosen_coding(accepted: str) -> str | None:
    """The first bare token of the header that we know; quality values are not understood."""
    for token in accepted.split(","):
        if token.strip() in CODINGS:
            return token.strip()
    return None


def compress(body: bytes, coding: str) -> bytes:
    """The body in a coding; `deflate` is the raw stream."""
    if coding == "gzip":
        return gzip.compress(body, FASTEST, mtime=0)
    packer = zlib.compressobj(FASTEST, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()
