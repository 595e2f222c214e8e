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


def _glob(pattern: str) -> Callable[[str], bool]:
    """A predicate for `*`, `?`, `[…]`, `{a,b}`, `**`."""
    import re2  # type: ignore[import-untyped]

    out, at, depth = [], 0, 0
    bad = FunctionError(f"failed to glob pattern ({pattern}): syntax error in pattern")
    while at < len(pattern):
        c = pattern[at]
        at += 1
        if c == "*" and pattern.startswith("*", at):
            at += 1
            if pattern.startswith("/", at):
                at += 1
                out.append("(?:.*/)?")
            else:
                out.append(".*")
        elif c == "*":
            out.append("[^/]*")
        elif c == "?":
            out.append("[^/]")
        elif c == "[":
            end = pattern.find("]", at + 1)
            if end < 0:
                raise bad
            inner = pattern[at:end].replace("\\", "\\\\")
            out.append("[" + ("^" + inner[1:] if inner[:1] in ("!", "^") else inner) + "]")
            at = end + 1
        elif c == "{":
            depth += 1
            out.append("(?:")
        elif c == "}" and depth:
            depth -= 1
            out.append(")")
        elif c == "," and depth:
            out.append("|")
        elif c == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(c))
    if depth:
        raise bad
    try:
        compiled = re2.compile("(?s)" + "".join(out))
    except re2.error:
        raise bad from None
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
