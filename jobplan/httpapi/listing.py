"""Pages of a list: prefix, token, filter, reverse. spec: api §4"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

from jobplan.httpapi.exchange import HTTPError
from jobplan.httpapi.filters import FilterError, FilterSyntaxError, compile_filter
from jobplan.httpapi.params import ReadOptions
from jobplan.inventory import JobVersion

NO_PAGINATOR = "failed to create result paginator: failed to read filter expression: {}"
NO_PAGE = "failed to read result page: {}"


@dataclasses.dataclass(frozen=True, slots=True)
class Paging:
    """How an endpoint pages. `before(token, wanted)`: whether an item lies before the wanted one."""

    token: Callable[[JobVersion], str]
    before: Callable[[str, str], bool]
    filter_status: int
    """Status of a filter that does not parse or cannot be evaluated."""


@dataclasses.dataclass(slots=True)
class Page:
    items: list[Any]
    next_token: str = ""


def page_of(
    jobs: Iterable[JobVersion],
    options: ReadOptions,
    paging: Paging,
    *,
    per_page: int | None = None,
    wanted: Callable[[JobVersion], bool] | None = None,
) -> Page:
    """One page of jobs in the order given. spec: api §4, the page algorithm"""
    limit = options.per_page if per_page is None else per_page
    holds = _filter(options.filter, paging.filter_status)
    seen = options.next_token == ""
    page = Page([])
    for job in jobs:
        token = paging.token(job)
        if not seen and paging.before(token, options.next_token):
            continue
        if holds is not None:
            try:
                if not holds(job.job):
                    continue
            except FilterError as error:
                raise HTTPError(paging.filter_status, NO_PAGE.format(error)) from None
        if wanted is not None and not wanted(job):
            continue
        seen = True
        if limit != 0 and len(page.items) + 1 > limit:
            page.next_token = token
            break
        page.items.append(job)
    return page


def _filter(text: str, status: int) -> Callable[[Any], bool] | None:
    if text == "":
        return None
    try:
        return compile_filter(text)
    except FilterSyntaxError as error:
        raise HTTPError(status, NO_PAGINATOR.format(error)) from None
