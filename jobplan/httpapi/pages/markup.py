"""Escaped HTML and the frame of every page."""

from __future__ import annotations

import html
import urllib.parse
from collections.abc import Iterable, Sequence

from jobplan import NOMAD_VERSION, __version__


class Html(str):
    """Text that is HTML already; everything else is escaped when it is put into an element."""

    __slots__ = ()

    @classmethod
    def of(cls, tag: str, *content: str | int, **attributes: str | int | None) -> Html:
        """An element. `class_` is `class`; attributes that are None are left out."""
        given = "".join(
            f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
            for name, value in attributes.items()
            if value is not None
        )
        return cls(f"<{tag}{given}>{joined(*content)}</{tag}>")


def joined(*content: str | int) -> Html:
    return Html("".join(item if isinstance(item, Html) else html.escape(str(item)) for item in content))


def link(target: str, text: str) -> Html:
    return Html.of("a", text, href=target)


def job_link(namespace: str, job_id: str, text: str | None = None) -> Html:
    """A link to the page of a job."""
    target = f"/ui/job/{urllib.parse.quote(namespace, safe='')}/{urllib.parse.quote(job_id, safe='')}"
    return link(target, job_id if text is None else text)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Html:
    """A table whose first column names the rows; heads that end in `#` are numbers."""
    numeric = [head.endswith("#") for head in heads]
    first = Html.of(
        "tr",
        *(Html.of("th", head.rstrip("#"), scope="col", class_="n" if n else None) for head, n in zip(heads, numeric)),
    )
    lines = [Html.of("tr", *_cells(row, numeric)) for row in rows]
    if not lines:
        lines = [Html.of("tr", Html.of("td", "none", colspan=len(heads), class_="muted"))]
    made = Html.of("table", Html.of("caption", caption), Html.of("thead", first), Html.of("tbody", *lines))
    return Html.of("div", made, class_="scroll", role="region", aria_label=caption, tabindex=0)


def _cells(row: Sequence[str | int], numeric: Sequence[bool]) -> list[Html]:
    cells = []
    for place, (value, number) in enumerate(zip(row, numeric)):
        if place == 0:
            cells.append(Html.of("th", value, scope="row"))
        else:
            cells.append(Html.of("td", value, class_="n" if number else None))
    return cells


STATUS = {
    "running": "good", "complete": "good", "successful": "good", "ready": "good",
    "pending": "wait", "blocked": "wait", "starting": "wait", "paused": "wait",
    "dead": "off", "stop": "off", "cancelled": "off", "canceled": "off",
    "failed": "bad", "lost": "bad", "down": "bad",
}  # fmt: skip


def status(text: str) -> Html:
    """A status as a word with a colour: the word says it all."""
    return Html.of("span", text, class_=f"status {STATUS.get(text, 'off')}")


def meter(used: int, total: int, unit: str) -> Html:
    """How much of something is used."""
    share = 0 if total <= 0 else round(100 * used / total)
    text = f"{used} of {total} {unit} ({share} %)"
    bar = Html.of("span", "", class_="fill", style=f"width:{min(share, 100)}%")
    return joined(Html.of("span", bar, class_="bar", aria_hidden="true"), " ", text)


STYLE = """
:root{color-scheme:light dark;--line:#8884;--good:#17692f;--wait:#7a5200;--bad:#b3141d;--off:#555;--add:#17692f;
  --del:#b3141d}
@media(prefers-color-scheme:dark){:root{--good:#6fd08c;--wait:#e3b35a;--bad:#ff8a8a;--off:#aaa;--add:#6fd08c;
  --del:#ff8a8a}}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:0 1rem 3rem}
header{border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;align-items:baseline;
  padding:.8rem 0}
header strong{font-size:1.2rem}
h1{font-size:1.6rem;margin:1.2rem 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:1.8rem 0 .4rem}
a{color:inherit}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:3px solid #3b82f6;outline-offset:2px}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:.5rem;background:Canvas;padding:.3rem .6rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
caption{text-align:left;font-weight:600;padding:.4rem 0}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tbody th{font-weight:500;overflow-wrap:anywhere;min-width:8rem}
.n{text-align:right;font-variant-numeric:tabular-nums}
.muted{opacity:.75}
.status{font-weight:600}
.good{color:var(--good)}
.wait{color:var(--wait)}
.bad{color:var(--bad)}
.off{color:var(--off)}
.bar{display:inline-block;width:7rem;height:.8rem;border:1px solid var(--line);border-radius:3px;overflow:hidden;
  vertical-align:middle}
.fill{display:block;height:100%;background:#3b82f6}
.diff{list-style:none;padding-left:1.1rem;font-family:ui-monospace,monospace;font-size:.9rem;margin:.2rem 0}
.diff ins{text-decoration:none;color:var(--add)}
.diff del{text-decoration:none;color:var(--del)}
details{margin:.4rem 0}
summary{cursor:pointer}
pre{overflow-x:auto;border:1px solid var(--line);padding:.6rem}
textarea{width:100%;min-height:16rem;font:14px/1.4 ui-monospace,monospace;box-sizing:border-box}
button{font:inherit;padding:.4rem 1rem;margin:.5rem 0}
.problem{border-left:4px solid var(--bad);padding:.3rem .8rem;white-space:pre-wrap}
"""


def document(title: str, *content: str) -> str:
    """A whole page."""
    head = joined(
        Html('<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'),
        Html.of("title", f"{title} · jobplan"),
        Html(f"<style>{STYLE}</style>"),
        Html('<link rel="icon" href="data:,">'),
    )
    navigation = Html.of(
        "nav", link("/ui/", "Jobs and nodes"), " · ", link("/ui/plan", "Plan a job"), aria_label="Pages"
    )
    header = Html.of("header", Html.of("strong", "jobplan"), navigation)
    main = Html.of("main", Html.of("h1", title), *content, id="content")
    footer = Html.of("footer", f"jobplan {__version__}, answers as Nomad {NOMAD_VERSION}", class_="muted")
    skip = Html.of("a", "Skip to the content", class_="skip", href="#content")
    body = Html.of("body", skip, header, main, footer)
    return f'<!doctype html><html lang="en"><head>{head}</head>{body}</html>'
