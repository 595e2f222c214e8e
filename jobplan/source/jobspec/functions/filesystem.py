"""spec: jobspec §13.8"""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Callable

from jobplan.source.jobspec.conversion import collection
from jobplan.source.jobspec.environment import FileReader, FileRefused
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import BOOL, STRING, Value, boolean, set_of, string

_STRINGS = set_of(STRING)
WithFiles = Callable[[list[Value], FileReader, Scope], Value]


def _guarded(run: WithFiles) -> Callable[[list[Value], Scope], Value]:
    """All of these functions, also the pure ones, are switched off together."""

    def call(a: list[Value], scope: Scope) -> Value:
        files = scope.session.environment.files
        if files is None or not scope.reads_files:
            raise FunctionError("filesystem function disabled")
        try:
            return run(a, files, scope)
        except FileRefused as e:
            raise FunctionError(str(e)) from None

    return call


def expanded(path: str, files: FileReader) -> str:
    """`~` at the start is the home directory."""
    if not path.startswith("~"):
        return path
    if path != "~" and not path.startswith("~/"):
        raise FunctionError("cannot expand user-specific home dir")
    return files.home + path[1:]


def _abspath(a: list[Value], files: FileReader, scope: Scope) -> Value:
    return string(posixpath.normpath(posixpath.join(files.working_directory, a[0].text)))


def _basename(a: list[Value], files: FileReader, scope: Scope) -> Value:
    path = a[0].text.rstrip("/")
    return string(path.rpartition("/")[2] or ("/" if a[0].text else "."))


def _dirname(a: list[Value], files: FileReader, scope: Scope) -> Value:
    directory = a[0].text[: a[0].text.rfind("/") + 1]
    return string(posixpath.normpath(directory) if directory else ".")


def _content(path: str, files: FileReader, scope: Scope) -> bytes:
    full = expanded(path, files)
    try:
        data = files.read(full)
    except FileNotFoundError:
        raise FunctionError(f"no file exists at {full}") from None
    except (OSError, ValueError):
        raise FunctionError(f"failed to read {full}") from None
    scope.session.budget.charge_text(len(data))
    return data


def _file(a: list[Value], files: FileReader, scope: Scope) -> Value:
    data = _content(a[0].text, files, scope)
    try:
        return string(data.decode())
    except UnicodeDecodeError:
        raise FunctionError(
            f"contents of {expanded(a[0].text, files)} are not valid UTF-8; use the filebase64 function to "
            "obtain the Base64 "
            "encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing "
            "results instead"
        ) from None


def _filebase64(a: list[Value], files: FileReader, scope: Scope) -> Value:
    return string(base64.b64encode(_content(a[0].text, files, scope)).decode())


def _fileexists(a: list[Value], files: FileReader, scope: Scope) -> Value:
    full = expanded(a[0].text, files)
    try:
        return boolean(files.is_file(full))
    except (OSError, ValueError):
        raise FunctionError(f"failed to stat {full}") from None


def _fileset(a: list[Value], files: FileReader, scope: Scope) -> Value:
    pattern = a[1].text
    matches = _glob(pattern)
    try:
        names = files.names_below(expanded(a[0].text, files))
    except (OSError, ValueError):
        names = []
    scope.session.budget.charge(len(names))
    return collection(_STRINGS, [string(name) for name in names if matches(name)])


def _pathexpand(a: list[Value], files: FileReader, scope: Scope) -> Value:
    return string(expanded(a[0].text, files))


_GLOB = re.compile(
    r"(?P<any>(?:^|(?<=/))\*\*(?:/|$))|(?P<star>\*+)|(?P<one>\?)|(?P<set>\[[!^]?(?:\\.|[^\]\\])+\])|(?P<open>\{)|(?P<close>\})"
    r"|(?P<comma>,)|(?P<escaped>\\.)|(?P<bad>[\[\\])|(?P<plain>.)",
    re.DOTALL,
)
_GLOB_PARTS = {"star": "[^/]*", "one": "[^/]", "open": "(?:", "close": ")", "comma": "|"}


def _glob(pattern: str) -> Callable[[str], bool]:
    """A predicate for `*`, `?`, `[…]`, `{a,b}`, `**` (any directories, as a whole segment)."""
    import re2  # type: ignore[import-untyped]

    bad = FunctionError(f"failed to glob pattern ({pattern}): syntax error in pattern")
    out, depth = ["(?s)"], 0
    for found in _GLOB.finditer(pattern):
        kind, text = found.lastgroup or "plain", found[0]
        depth += (kind == "open") - (kind == "close")
        if kind == "bad" or depth < 0:
            raise bad
        if kind == "any":
            out.append("(?:.*/)?" if text.endswith("/") else ".*")
        elif kind == "set":
            inner = text[1:-1]
            out.append(f"[^/{inner[1:]}]" if inner[0] in "!^" else f"[{inner}]")
        elif kind == "comma" and not depth:
            out.append(",")
        else:
            out.append(_GLOB_PARTS.get(kind) or re.escape(text[-1]))
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile("".join(out), options=options)
    except re2.error:
        raise bad from None
    if depth:
        raise bad
    return lambda name: compiled.fullmatch(name) is not None


FUNCTIONS: tuple[Function, ...] = (
    function("abspath", "path:str", STRING, _guarded(_abspath)),
    function("basename", "path:str", STRING, _guarded(_basename)),
    function("dirname", "path:str", STRING, _guarded(_dirname)),
    function("file", "path:str", STRING, _guarded(_file)),
    function("filebase64", "path:str", STRING, _guarded(_filebase64)),
    function("fileexists", "path:str", BOOL, _guarded(_fileexists)),
    function("fileset", "path:str, pattern:str", _STRINGS, _guarded(_fileset)),
    function("pathexpand", "path:str", STRING, _guarded(_pathexpand)),
)
