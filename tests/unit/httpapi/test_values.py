"""JSON, query parameters, task events, compression. spec: api §1.3, §1.9, §2, §8.5"""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.httpapi.compression import chosen_coding, compress
from jobplan.httpapi.encoding import double_text, encode
from jobplan.httpapi.events import MESSAGES
from jobplan.httpapi.exchange import parse_query
from jobplan.httpapi.params import duration, number
from jobplan.registry.clients import ZERO_EVENT


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (6379.0, "6379.0"),
        (0.0, "0.0"),
        (1e20, "100000000000000000000.0"),
        (1.5e21, "1.5e+21"),
        (1e-7, "1e-07"),
        (1e-6, "0.000001"),
        (-2.5e-5, "-0.000025"),
        (12345678901234567890.0, "12345678901234567000.0"),
    ],
)
def test_doubles(value: float, text: str) -> None:
    assert double_text(value) == text
    assert encode([value, "1e-9"]) == f'[{text},"1e-9"]'.encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_read_back_as_they_were(value: float) -> None:
    assert float(double_text(value)) == value
    assert json.loads(encode({"a": value}))["a"] == value


def test_text_is_escaped_as_prescribed() -> None:
    assert encode('\u2028<&>/\x7fü\x01\n"\\') == b'"\\u2028<&>/\x7f\xc3\xbc\\u0001\\n\\"\\\\"'


def test_layouts() -> None:
    value = {"b": [], "a": {"x": [1, {}]}}
    assert encode(value) == b'{"a":{"x":[1,{}]},"b":[]}'
    text = '{\n    "a": {\n        "x": [\n            1,\n            {}\n        ]\n    },\n    "b": []\n}\n'
    assert encode(value, pretty=True).decode() == text


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("5s", 5_000_000_000), ("500ms", 500_000_000), ("1m30s", 90_000_000_000), ("0", 0), ("-1s", -1_000_000_000),
        ("1.5h", 5_400_000_000_000), (".5s", 500_000_000), ("5", None), ("soon", None), ("1s ", None), ("s", None),
    ],
)  # fmt: skip
def test_durations(text: str, ns: int | None) -> None:
    assert duration(text) == ns


@pytest.mark.parametrize(
    ("text", "value"), [("-3", -3), ("+4", 4), ("2147483648", None), ("1_0", None), ("٣", None), ("", None)]
)
def test_numbers(text: str, value: int | None) -> None:
    assert number(text, 32) == value


def test_queries() -> None:
    assert parse_query("a=1&a=2&b&c=%zz&d=x+y%20z&e=1;2") == {"a": "1", "b": "", "d": "x y z"}


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ({"Type": "Killing", "KillTimeout": 5_000_000_000}, "Sent interrupt. Waiting 5s before force killing"),
        ({"Type": "Killing"}, "Sent interrupt"),
        (
            {"Type": "Terminated", "ExitCode": 1, "Signal": 9, "Message": 'a"'},
            'Exit Code: 1, Signal: 9, Exit Message: "a\\""',
        ),
        ({"Type": "Restarting", "StartDelay": 1_500_000_000, "RestartReason": "why"}, "why - Task restarting in 1.5s"),
        ({"Type": "Sibling Task Failed", "FailedSibling": "db"}, 'Task\'s sibling "db" failed'),
        ({"Type": "Signaling", "TaskSignal": "hup", "TaskSignalReason": "r"}, "Task being sent signal hup: r"),
        ({"Type": "Signaling"}, "Task being sent a signal"),
    ],
)
def test_event_messages(event: dict[str, object], text: str) -> None:
    assert MESSAGES[str(event["Type"])]({**ZERO_EVENT, **event}) == text


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("br, deflate", "deflate"), ("gzip;q=1", None), ("", None), ("GZIP", None)],
)
def test_codings(accepted: str, coding: str | None) -> None:
    assert chosen_coding(accepted) == coding


def test_compressed_bodies() -> None:
    assert gzip.decompress(compress(b"abc", "gzip")) == b"abc"
    assert zlib.decompress(compress(b"abc", "deflate"), -15) == b"abc"
