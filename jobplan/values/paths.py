"""Paths compared lexically, without a file system. spec: admission §10.9"""

from __future__ import annotations


def _resolved(path: str) -> tuple[bool, list[str]]:
    """Whether the path is absolute, and its elements after removing `//`, `.` and `..`."""
    absolute, elements = path.startswith("/"), list[str]()
    for element in path.split("/"):
        if element in ("", "."):
            continue
        if element == ".." and elements and elements[-1] != "..":
            elements.pop()
        elif element != ".." or not absolute:
            elements.append(element)
    return absolute, elements


_ALLOC_DIR = ["alloc-dir", "alloc-id"]


def escapes(path: str, base: str) -> bool:
    """Whether `path` below `base` (`task`, `task/local/`) leaves the allocation directory.

    A name that merely begins with two dots at the top counts, too.
    """
    _, elements = _resolved(f"/{'/'.join(_ALLOC_DIR)}/{base}/{path}")
    if elements[:2] != _ALLOC_DIR:
        return True
    return len(elements) > 2 and elements[2].startswith("..")


def is_subdirectory(path: str, directory: str) -> bool:
    """Whether `path` equals `directory` or lies below it; never for an absolute and a relative path."""
    (path_absolute, elements), (absolute, start) = _resolved(path), _resolved(directory)
    if path_absolute != absolute or elements[: len(start)] != start:
        return False
    rest = elements[len(start) :]
    return not rest or not rest[0].startswith("..")
