"""Stage 2: API job → `Job` with every default applied.

In: the API job as decoded (canonical keys, absent keys absent). Out: the internal `Job`. spec: model §2, §4–§7

    inherit.py     pass A: inheritance and rules between fields, still on the API job
    convert.py     pass B: what conversion moves, drops and derives
    normalise.py   pass C: canonicalisation of the internal job, also run on injected tasks and stored jobs
    stored.py      the copy that a store makes of a job
    load.py        the public way in; also reads jobs in their stored form

The defaults of single fields stand at the fields (jobplan.model). What a *server* adds is admission.
"""

from __future__ import annotations

from jobplan.canonical.load import JobLike, as_job, load_job, stored_job
from jobplan.canonical.normalise import canonicalise

__all__ = ["JobLike", "as_job", "canonicalise", "load_job", "stored_job"]
