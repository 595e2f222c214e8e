"""JUnit XML, understood by most CI systems: one test case per finding, one that passes when there is none."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from jobplan.rendering.findings import Finding, count_by_severity, sorted_findings
from jobplan.rendering.options import Options, Report
from jobplan.rendering.terminal import visible

# Characters that XML 1.0 cannot hold, however written.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def junit(report: Report, _options: Options) -> str:
    """A test suite. Errors and warnings fail their case; notes pass, with their text as output."""
    findings = sorted_findings(report.findings)
    counts = count_by_severity(findings)
    failures = counts["error"] + counts["warning"]
    job = (report.job or {}).get("ID") or ((report.response or {}).get("Diff") or {}).get("ID") or "job"
    cases = [_case(finding, str(job)) for finding in findings] or [f"    <testcase name={_attribute(str(job))}/>\n"]
    numbers = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="0"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name="jobplan" {numbers}>\n'
        f"  <testsuite name={_attribute(str(job))} {numbers}>\n{''.join(cases)}  </testsuite>\n"
        "</testsuites>\n"
    )


def _case(finding: Finding, job: str) -> str:
    name = " ".join(part for part in (finding.rule, finding.place or finding.path) if part)
    attributes = f"name={_attribute(name)} classname={_attribute(finding.job or job)}"
    if finding.file:
        attributes += f" file={_attribute(finding.file)}"
        attributes += f' line="{finding.line}"' if finding.line else ""
    text = escape(_possible(finding.message))
    if finding.severity == "note":
        return f"    <testcase {attributes}>\n      <system-out>{text}</system-out>\n    </testcase>\n"
    first = _attribute(finding.message.split("\n", 1)[0])
    failure = f'<failure type="{finding.severity}" message={first}>{text}</failure>'
    return f"    <testcase {attributes}>\n      {failure}\n    </testcase>\n"


def _attribute(text: str) -> str:
    return quoteattr(visible(_possible(text)))


def _possible(text: str) -> str:
    return _IMPOSSIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
