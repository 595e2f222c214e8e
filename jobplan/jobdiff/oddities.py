"""What single rows of the table do otherwise than their rule. spec: diff §6, §14

Functions with the signature `(row, old, new, contextual) → object or None` replace the comparison of their row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jobplan.jobdiff.fields import type_of_fields
from jobplan.jobdiff.flatten import Flat
from jobplan.jobdiff.rules import Block, Simple, existence, simple_object
from jobplan.jobdiff.strict import equal
from jobplan.jobdiff.tree import ADDED, DELETED, EDITED, NONE, ObjectDiff
from jobplan.model.connect import ConsulUpstream
from jobplan.model.job import JobUILink, Multiregion, MultiregionStrategy
from jobplan.values.durations import duration_text

# ---- texts and flat maps -------------------------------------------------------------------------------------------


def timeout_text(ns: int | None) -> str:
    """A gateway's connect timeout: the only duration shown as a duration. spec: diff §6.6"""
    return "" if ns is None else duration_text(ns)


def delay_text(ns: int | None) -> str:
    """A group's shutdown delay in ns. spec: diff §4"""
    return "" if ns is None else str(ns)


def dns_lists(dns: Any) -> Flat:
    """Each list as one text; without elements the field is missing. spec: diff §6.3"""
    if dns is None:
        return {}
    lists = {"Options": dns.options, "Searches": dns.searches, "Servers": dns.servers}
    return {name: ",".join(values) for name, values in lists.items() if values}


def positive_weights(weights: Any) -> Flat:
    """Weights of zero or less are missing. spec: diff Q20"""
    if weights is None:
        return {}
    return {
        name: str(value) for name, value in (("Passing", weights.passing), ("Warning", weights.warning)) if value > 0
    }


# ---- gates ---------------------------------------------------------------------------------------------------------


def same_numa(old: Any, new: Any) -> bool:
    """Absent and empty device lists are the same. spec: diff §6.3"""
    if old is None or new is None:
        return old is new
    return bool(old.affinity == new.affinity and (old.devices or []) == (new.devices or []))


def same_transparent_proxy(old: Any, new: Any) -> bool:
    if old is None or new is None:
        return old is new
    return (
        old.uid == new.uid
        and old.outbound_port == new.outbound_port
        and old.no_dns == new.no_dns
        and _covers(old.exclude_inbound_ports, new.exclude_inbound_ports)
        and _covers(old.exclude_outbound_ports, new.exclude_outbound_ports)
        and _covers(old.exclude_outbound_cidrs, new.exclude_outbound_cidrs)
        and _covers(old.exclude_uids, new.exclude_uids)
    )


def _covers(old: Sequence[Any] | None, new: Sequence[Any] | None) -> bool:
    """Set equality of equally long lists that looks from one side only while they are short. spec: diff Q16"""
    before, after = set(old or ()), set(new or ())
    if len(old or ()) != len(new or ()):
        return False
    return before == after if len(old or ()) > 10 else before <= after


# ---- leaf objects --------------------------------------------------------------------------------------------------


def schedule(cron_row: Simple) -> Callable[[Simple, Any, Any, bool], ObjectDiff | None]:
    """The fields shown are those of the block inside. spec: diff §6.1"""

    def compare(row: Simple, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
        if equal(old, new):
            return None
        before, after = None if old is None else old.cron, None if new is None else new.cron
        return simple_object(row.name, cron_row.flatten(before), cron_row.flatten(after), contextual)

    return compare


def cni_config(row: Simple, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """One field per argument; one without a name is dropped. spec: diff §6.1"""
    before, after = dict((old and old.args) or {}), dict((new and new.args) or {})
    if before == after:
        return None
    before.pop("", None)
    after.pop("", None)
    return simple_object(row.name, before, after, contextual)


# ---- Connect sidecars. spec: diff §6.5 -----------------------------------------------------------------------------

ZERO_UPSTREAM = ConsulUpstream()


def upstream(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """Upstreams are values: a missing one is the zero upstream, and the zero upstream is a missing one."""
    before = None if old is None or equal(old, ZERO_UPSTREAM) else old
    after = None if new is None or equal(new, ZERO_UPSTREAM) else new
    if equal(before, after):
        return None
    return row.describe(existence(before, after), before, after, contextual)


def expose(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """A block without paths counts as absent, the old side first; a changed emptiness is shown. spec: diff Q15"""
    if equal(old, new):
        return None
    had, has = old is not None and bool(old.paths), new is not None and bool(new.paths)
    return row.describe(ADDED if not had else DELETED if not has else EDITED, old, new, contextual)


def transparent_proxy(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """An unchanged one is reported all the same, even where neither side has one. spec: diff Q1"""
    if same_transparent_proxy(old, new):
        return ObjectDiff(NONE, row.name)
    return row.describe(existence(old, new), old, new, contextual)


# ---- blocks of a job. spec: diff §6.9 ------------------------------------------------------------------------------


def multiregion(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """An added one is compared with a zero strategy, a deleted one with none. spec: diff Q8"""
    if equal(old, new):
        return None
    zero = Multiregion(strategy=MultiregionStrategy(max_parallel=0, on_failure=""), regions=[])
    return row.describe(existence(old, new), zero if old is None else old, new, contextual)


def region(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """The type describes the own fields; with none changed there is no object at all. spec: diff Q7"""
    if equal(old, new):
        return None
    made = row.describe(EDITED, old, new, contextual)
    made.type = type_of_fields(made.fields)
    return None if made.type is NONE else made


ZERO_LINK = JobUILink(label="", url="")


def link(row: Block, old: Any, new: Any, contextual: bool) -> ObjectDiff | None:
    """Links are values: a missing one has two empty texts."""
    if (old or ZERO_LINK) == (new or ZERO_LINK):
        return None
    return row.describe(existence(old, new), old, new, contextual)
