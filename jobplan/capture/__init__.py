"""Cluster state from a running cluster: what `jobplan capture` does.

In: the address of a Nomad agent. Out: an inventory (interface, Loading) as a plain value, and its file. Nothing here
plans anything, and nothing is ever written to the cluster: only GET requests are sent.

    connection   one agent: address, token, TLS; GET with deadline, repeats and a bounded number of connections
    parts        PARTS: what is listed, what is then read one by one, and which ACL policy that needs
    collect      lists, details, a second look for what changed meanwhile
    assembly     an inventory of what was read, without what no plan looks at
    redaction    values replaced by digests that still tell equal from different
    files        reading an inventory with its redaction; writing one so that the old file is never lost
"""

from __future__ import annotations

from jobplan.capture.collect import Captured, capture
from jobplan.capture.connection import Agent, CaptureError, Limits, Target
from jobplan.capture.files import read_capture, write_capture
from jobplan.capture.redaction import Redaction

__all__ = [
    "Agent",
    "CaptureError",
    "Captured",
    "Limits",
    "Redaction",
    "Target",
    "capture",
    "read_capture",
    "write_capture",
]
