"""Filter expressions. spec: api §4"""

from __future__ import annotations

import pytest

from jobplan.canonical import load_job
from jobplan.httpapi.filters import FilterError, FilterSyntaxError, compile_filter

JOB = load_job(
    {
        "ID": "shop",
        "Type": "batch",
        "Priority": 70,
        "Datacenters": ["dc1", "dc2"],
        "Meta": {"owner": "ops", "a.b": "x"},
        "TaskGroups": [
            {
                "Name": "web",
                "Count": 2,
                "Tasks": [{"Name": "server", "Driver": "docker", "Config": {"port": 80, "on": True}}],
            },
            {"Name": "db", "Tasks": [{"Name": "store", "Driver": "exec"}]},
        ],
    }
)


@pytest.mark.parametrize(
    "text",
    [
        'ID == "shop"',
        "ID == shop and Type != service",
        "Priority == 70",
        "not Priority == 71 and not (Type == service or ID == x)",
        '"dc1" in Datacenters and "dc9" not in Datacenters',
        "Datacenters contains dc2",
        'Meta.owner == ops and Meta["a.b"] == x and "/Meta/owner" == ops',
        "Meta.nothing != x and Meta.nothing is empty and Meta.nothing is nil and not Meta.nothing == x",
        "owner in Meta and other not in Meta",
        'ID matches "^s.*p$" and ID not matches `[0-9]`',
        "ID contains ho and ho in ID",
        "Periodic is nil and ParameterizedJob is nil and Meta is not nil",
        "Constraints is empty and Datacenters is not empty",
        "TaskGroups.0.Name == web and TaskGroups.1.Count == 1",
        'any TaskGroups as g { g.Name == "db" }',
        "all TaskGroups as i, g { g.Count != 0 and i != 5 }",
        "any TaskGroups as g { any g.Tasks as t { t.Driver == docker and t.Config.port == 80 } }",
        "any TaskGroups as g { any g.Tasks as t { t.Config.on == true } }",
        "all Meta as k, v { k != z and v is not empty }",
        "AllAtOnce == false",
        "Type == service or ID == shop and Priority == 70",
        " ( ID == shop ) ",
    ],
)
def test_expressions_that_hold(text: str) -> None:
    assert compile_filter(text)(JOB)
    assert not compile_filter(f"not ({text})")(JOB)


OPERATORS = '"!=", "==", "contains", "in", "is", "matches", "not" or [ \\t\\r\\n]'


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Type = x", f"1:6 (5): no match found, expected: {OPERATORS}"),
        ("Type == x\n then", '2:2 (11): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'),
        ('Type == "x', '1:11 (10): rule "string": Unterminated string literal'),
        ("(Type == x", '1:11 (10): rule "grouping": Unmatched parentheses'),
        ('Meta["a" == x', '1:10 (9): rule "index": Unclosed index expression'),
    ],
)
def test_what_does_not_parse(text: str, error: str) -> None:
    with pytest.raises(FilterSyntaxError) as refused:
        compile_filter(text)
    assert str(refused.value) == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "Periodic.Enabled == true",
            "error finding value in datum: /Periodic/Enabled: at part 1, invalid value kind: invalid",
        ),
        ("AllAtOnce == x", 'error getting match value in expression: strconv.ParseBool: parsing "x": invalid syntax'),
        ("Version == 99999999999999999999", 'parsing "99999999999999999999": value out of range'),
        ("Priority is empty", 'cannot perform is-empty operations on type int for selector: "Priority"'),
        ("ID is nil", 'cannot perform is-nil operations on type string for selector: "ID"'),
    ],
)
def test_what_cannot_be_evaluated(text: str, error: str) -> None:
    with pytest.raises(FilterError) as refused:
        compile_filter(text)(JOB)
    assert error in str(refused.value)


def test_deep_nesting_is_an_error_and_no_crash() -> None:
    with pytest.raises(FilterSyntaxError):
        compile_filter("(" * 100_000)
