"""The status page below /ui/: jobs, versions with diffs, plan previews, nodes. Plain HTML, no scripts, read only.

markup.py    escaped HTML, tables, the frame of a page      overview.py  all jobs and nodes
differences  a job diff as a list                           job.py       one job
                                                            preview.py   a plan of what somebody pastes
"""

from __future__ import annotations

from jobplan.httpapi.pages.site import page

__all__ = ["page"]
