"""Expressions in a driver configuration and the JSON they become. spec: jobspec §2–§5, §13"""

from __future__ import annotations

import math
from typing import Any

import pytest

from jobplan.source.jobspec import HCLError, parse_jobspec

JOB = """
locals {{
  list = ["b", "a"]
  map  = {{ one = 1, two = {{ three = 3 }} }}
}}
job "j" {{
  group "g" {{
    task "t" {{
      config {{
        v = {0}
      }}
    }}
  }}
}}
"""


def value_of(expression: str) -> Any:
    job = parse_jobspec(JOB.format(expression))
    return job["TaskGroups"][0]["Tasks"][0]["Config"]["v"]


@pytest.mark.parametrize(
    "expression, value",
    [
        # numbers: spec jobspec §3.2
        ("1e21", 1e21),
        ("0.1 + 0.2", 0.3),
        ('"${1 / 3}"', 0.3333333333333333),
        ('"=${1e21}"', "=1000000000000000000000"),
        ('"=${pow(2, 64)}"', "=18446744073709550000"),
        ('"=${1.50}"', "=1.5"),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63),
        ("1 / 0", math.inf),
        ("-7 % 3", -1),
        # operators and conditionals
        ('1 == "1"', False),
        ('true ? 1 : "a"', "1"),
        ("1 + 2 * 3 - 4 / 2", 5),
        ("false ? [1][5] : 2", 2),
        # access
        ("local.map.two.three", 3),
        ("local.list[*]", ["b", "a"]),
        ("[{ a = 1 }, { a = 2 }].*.a", [1, 2]),
        ('[for k, v in local.map : k if k != "two"]', ["one"]),
        ('{ for x in ["a", "b", "a"] : x => 1... }["a"]', [1, 1]),
        # objects are wrapped only when written as such: spec jobspec §10
        ("{ a = 1 }", [{"a": 1}]),
        ("({ a = 1 })", {"a": 1}),
        ("[{ a = null }]", [{"a": None}]),
        # what the client replaces at run time: spec jobspec §5
        ("foo.bar", "${foo.bar}"),
        ('"${ foo }"', "${ foo }"),
        ('"${foo} }"', "${foo} } }"),
        ('"$${foo}"', "${foo}"),
        ("upper(foo)", "${FOO}"),
        ('try(foo.bar, "d")', "${foo.bar}"),
        # templates
        ('"%{ for x in [1, 2] ~} ${x} %{ endfor }"', "1 2 "),
        ('"%{ if false }a%{ else }b%{ endif }"', "b"),
        # functions
        ('format("%05.1f|%-4s|%q|%x", 3.14159, "ab", "<", 255)', '003.1|ab  |"\\u003c"|ff'),
        ('regex_replace("foobar", "(o+)", "<$${1}>")', "f<oo>bar"),
        ('yamldecode("a: yes\\nb: [0x1f, 2001-02-03]")', {"a": True, "b": [31, "2001-02-03T00:00:00Z"]}),
        ('yamlencode({ a = ["x", 1], b = "l1\\nl2" })', '"a":\n- "x"\n- 1\n"b": |-\n  l1\n  l2\n'),
        ('cidrsubnets("10.0.0.0/8", 8, 4)', ["10.0.0.0/16", "10.16.0.0/12"]),
        ('formatdate("EEE, DD MMM YYYY hh:mm ZZZ", "2020-02-29T23:05:00Z")', "Sat, 29 Feb 2020 23:05 UTC"),
        ('timeadd("2020-02-29T23:05:00+01:00", "55m")', "2020-03-01T00:00:00+01:00"),
        ('distinct([1, "1", 2])', ["1", "2"]),
        ("sort(local.list)", ["a", "b"]),
        ('uuidv5("dns", "example.org")', "aad03681-8b63-5304-89e0-8ca8f49461b5"),
        ('setproduct([1, 2], ["a"])', [[1, "a"], [2, "a"]]),
        ('jsonencode({ b = [1, null], a = "<" })', '{"a":"\\u003c","b":[1,null]}'),
    ],
)
def test_value(expression: str, value: Any) -> None:
    assert value_of(expression) == value


@pytest.mark.parametrize(
    "expression, text",
    [
        ("0 / 0", "Operation failed; Error during operation: can't divide zero by zero or infinity by infinity."),
        ("nope()", 'Call to unknown function; There is no function named "nope".'),
        ("upper()", 'Not enough function arguments; Function "upper" expects 1 argument(s). Missing value for "str".'),
        ("local.lits", 'Unsupported attribute; This object does not have an attribute named "lits".'),
        ("[1][1]", "the given index is greater than or equal to the length of the collection."),
        ("true ? [1] : {}", "The 'true' value is tuple, but the 'false' value is object."),
        ('file("x")', 'Call to function "file" failed: filesystem function disabled.'),
        ("{ a.b = 1 }", "Ambiguous attribute key"),
        ("range(2000)", "more than 1024 values were generated"),
        ('"${[1]} "', "Cannot include the given value in a string template: string required, but have tuple."),
        ("[1, 2", "Missing item separator; Expected a comma to mark the beginning of the next item."),
        ("'x'", "Single quotes are not valid."),
    ],
)
def test_fault(expression: str, text: str) -> None:
    with pytest.raises(HCLError) as caught:
        value_of(expression)
    assert text in caught.value.text
    assert caught.value.line == (10 if expression != "[1, 2" else 11)
