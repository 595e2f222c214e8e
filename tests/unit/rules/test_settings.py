"""Levels, options and per-file ignores."""

from __future__ import annotations

from jobplan.rules import RULES, Ignore, Settings
from jobplan.rules.settings import Level, faults

from .world import GROUP, TIDY, changed, findings


def test_the_longest_pattern_counts() -> None:
    levels: dict[str, Level] = {"task/latest-image": "error", "*": "off", "task/*": "note"}
    settings = Settings(levels)
    assert settings.severity("task/latest-image", "warning") == "error"
    assert settings.severity("task/root-user", "warning", enabled=False) == "note"
    assert settings.severity("schedule/overlap", "note") is None


def test_a_level_changes_findings_of_admission_too() -> None:
    job = changed(f"{GROUP}/ShutdownDelay", 0)
    rules = {item.rule for item in findings(job, Settings())}
    assert rules == {"admission/8.3/3", "admission/8.4"}
    found = findings(job, Settings({"admission/8.3/3": "error", "admission/8.4": "off"}))
    assert [(item.rule, item.severity) for item in found] == [("admission/8.3/3", "error")]


def test_ignores_of_files() -> None:
    settings = Settings(ignores=(Ignore(("legacy/*", "*.gen.json"), ("task/*",), "generated"),))
    assert settings.ignored("legacy/deep/web.json") == ("task/*",)
    assert settings.ignored("jobs/web.gen.json") == ("task/*",)
    assert settings.ignored("jobs/web.json") == ()


def test_faults_name_what_was_meant() -> None:
    settings = Settings(
        {"task/latestimage": "off", "admission/9.9/9": "off", "task/*": "note"},
        {
            "task/forbidden-driver": {"driver": ["x"], "drivers": "raw_exec"},
            "job/high-priority": {"max": True},
            "schedule/overlap": {"x": 1},
        },
        (Ignore(("*",), ("nope/*",), "none"),),
    )
    assert list(faults(settings, RULES)) == [
        (("rules", "task/latestimage"), 'there is no rule "task/latestimage"; did you mean "task/latest-image"?'),
        (
            ("rules", "task/forbidden-driver", "driver"),
            'the rule "task/forbidden-driver" has no option "driver"; did you mean "drivers"?',
        ),
        (("rules", "task/forbidden-driver", "drivers"), "must be a list of texts"),
        (("rules", "job/high-priority", "max"), "must be a whole number"),
        (("rules", "schedule/overlap", "x"), 'the rule "schedule/overlap" has no option "x"'),
        (("ignore", "0", "rules"), 'there is no rule "nope/*"'),
    ]


def test_options_have_their_defaults() -> None:
    rule = next(rule for rule in RULES if rule.id == "job/high-priority")
    assert Settings().options_of(rule) == {"max": 80}
    assert findings({**TIDY, "Priority": 70}, Settings({"job/high-priority": "on"}, {rule.id: {"max": 69}})) != ()
