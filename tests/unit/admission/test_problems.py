"""From the tree of problems to the prescribed texts. spec: admission §3, §14"""

from __future__ import annotations

import pickle

from jobplan.admission.problems import Problem, error_text, error_texts, warning_text


def nest(text: str, *children: Problem, closing: str = "") -> Problem:
    return Problem("r", "/", text, children=children, closing=closing)


def test_nested_lists_keep_their_trailing_line_feeds() -> None:
    """spec: admission §14.1"""
    group = nest(
        "Task group web validation failed: ",
        nest("Task group count can't be negative"),
        nest("Missing tasks for task group"),
    )
    assert error_text([group]) == (
        "1 error occurred:\n\t* Task group web validation failed: 2 errors occurred:\n"
        "\t* Task group count can't be negative\n\t* Missing tasks for task group\n\n\n\n"
    )
    assert error_texts([group]) == [str(group)]
    assert [leaf.text for leaf in group.leaves()] == [
        "Task group count can't be negative",
        "Missing tasks for task group",
    ]


def test_closing_text_follows_the_nested_list() -> None:
    mount = nest('Volume Mount (0) is invalid: "', nest("x"), closing='"')
    assert str(mount) == 'Volume Mount (0) is invalid: "1 error occurred:\n\t* x\n\n"'


def test_no_problems_have_no_text() -> None:
    assert error_text([]) == ""
    assert warning_text([]) == ""


def test_warnings_are_not_errors() -> None:
    warning = Problem("r", "/", "careful\n\n", severity="warning")
    assert error_texts([warning]) == []
    assert warning_text([warning]) == "1 warning:\n\n* careful"


def test_problems_pickle() -> None:
    problem = nest("x: ", nest("y"))
    assert pickle.loads(pickle.dumps(problem)) == problem
