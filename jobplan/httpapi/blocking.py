"""How long a blocking read waits. spec: api §3"""

from __future__ import annotations

import random

from jobplan.httpapi.exchange import HTTPError, Request, Response
from jobplan.httpapi.params import LONGEST_WAIT, read_options


def wait_limit(request: Request, region: str) -> tuple[int, float] | None:
    """The index that must be passed and the seconds to wait for it; None: the request does not block."""
    if "index" not in request.params:
        return None
    try:
        options = read_options(request, region)
    except HTTPError:
        return None
    if options.index == 0:
        return None
    limit = options.wait if 0 < options.wait <= LONGEST_WAIT else LONGEST_WAIT
    return options.index, (limit + random.random() * limit / 16) / 1e9


def must_wait(response: Response, index: int) -> bool:
    """Whether the result is not newer than what the caller knows."""
    return response.watch is not None and response.index <= index
