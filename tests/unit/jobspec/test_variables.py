"""Where variable values come from, and which one wins. spec: jobspec §6"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.source.jobspec import (
    HCLError,
    JobspecOptions,
    VariableFile,
    parse_jobspec,
    parse_jobspec_with_positions,
)

JOB = """
variable "x" {{
  {0}
}}
job "j" {{
  meta = {{ x = jsonencode(var.x) }}
}}
"""


def x(declaration: str, **options: Any) -> str:
    job = parse_jobspec(JOB.format(declaration), options=JobspecOptions(**options))
    found: str = job["Meta"]["x"]
    return found


def test_the_last_source_wins() -> None:
    environment = {"NOMAD_VAR_x": "env", "HOME": "/"}
    files = [VariableFile('x = "first"', "1.hcl"), VariableFile('{"x": "second"}', "2.json")]
    assert x('default = "d"') == '"d"'
    assert x('default = "d"', environment=environment) == '"env"'
    assert x('default = "d"', environment=environment, variables={"x": 5}) == '"5"'
    assert x('default = "d"', environment=environment, variable_files=files) == '"second"'
    assert x('default = "d"', variable_files=files, arguments=["x=a=b", "x=${c}"]) == '"${c}"'


@pytest.mark.parametrize(
    "type_, text, value",
    [
        ("string", "[1]", '"[1]"'),
        ("number", "5", "5"),
        ("bool", "true", "true"),
        ("list(string)", '["a", 1]', '["a","1"]'),
        ("object({ a = number })", '{ a = "1", b = 2 }', '{"a":1}'),
        ("tuple([string, bool])", '[1, "true"]', '["1",true]'),
    ],
)
def test_arguments_follow_the_declared_type(type_: str, text: str, value: str) -> None:
    assert x(f"type = {type_}", arguments=[f"x={text}"]) == value


@pytest.mark.parametrize(
    "declaration, options, text",
    [
        ("", {}, 'Unset variable "x"'),
        ("type = any", {}, "an exact type is required"),
        ("type = number", {"arguments": ["x=five"]}, "Invalid argument value for -var variable"),
        ('default = ["a"]', {"variables": {"x": ["a", "b"]}}, "tuple required."),
        ('default = upper("a")', {}, "Function calls not allowed"),
        ("default = foo", {}, "Variables not allowed"),
        ("default = 1", {"arguments": ["y=1"], "strict": True}, 'A "y" variable was passed in the command line'),
        ("default = 1", {"variable_files": [VariableFile("x {\n}\n", "v.hcl")]}, 'Unexpected "x" block'),
        ("default = 1", {"variables": {"x": float("nan")}}, "cannot have the value nan"),
    ],
)
def test_refused(declaration: str, options: dict[str, Any], text: str) -> None:
    from jobplan.errors import JobspecError

    with pytest.raises(JobspecError) as caught:
        x(declaration, **options)
    assert text in str(caught.value)


def test_undeclared_variables_are_only_told() -> None:
    parsed = parse_jobspec_with_positions('job "j" {}', variables="y = 1\n")
    assert len(parsed.warnings) == 1
    assert '"y" variable was set' in parsed.warnings[0]


def test_faults_of_the_variable_text_come_first() -> None:
    with pytest.raises(HCLError) as caught:
        parse_jobspec("job {", variables="y", filename="input.hcl")
    assert caught.value.text.startswith("unable to parse var content: input.hcl:1,1-2: ")


def test_random_values_follow_the_seed() -> None:
    text = 'job "j" {\n  meta = { a = uuidv4(), b = uuidv4() }\n}\n'
    one, same, other = (
        parse_jobspec_with_positions(text, options=JobspecOptions(seed=seed)) for seed in ("s", "s", "t")
    )
    assert one.job == same.job
    assert one.job["Meta"]["a"] not in (one.job["Meta"]["b"], other.job["Meta"]["a"])
    assert one.volatile == ("uuidv4",)
