"""Rules about job files: what a server accepts and people still should not do. Judged without a cluster.

In: an API job, with its document and settings. Out: findings, each with a rule id and a JSON pointer.

    rule.py         Rule, Found: what a rule is; own rules are made of these
    subject.py      Subject: the job that rules look at, as written and with its defaults
    table.py        RULES: the built-in rules in the order of docs/rules.md
    jobs.py  keys.py  groups.py  tasks.py  images.py  secrets.py  services.py  networks.py      their conditions
    settings.py     which rules are on, how bad they are, their options
    checking.py     check_job: admission, schedule and rules together
    suppression.py  `# jobplan: ignore[rule] reason`, Meta `jobplan.ignore`

Not here: files, configuration files, entry points, places in a text (cli).
"""

from __future__ import annotations

from jobplan.rules.checking import Finding, check_job
from jobplan.rules.rule import Found, Rule, Severity
from jobplan.rules.settings import Ignore, Settings
from jobplan.rules.subject import Part, Subject
from jobplan.rules.table import RULES

__all__ = ["RULES", "Finding", "Found", "Ignore", "Part", "Rule", "Settings", "Severity", "Subject", "check_job"]
