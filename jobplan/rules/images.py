"""Rules about container images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jobplan.model.task import Task
from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Part, Subject
from jobplan.rules.tasks import containers, is_true, named
from jobplan.values.quoting import quoted

_LOCAL = ("oci-archive:", "docker-archive:", "dir:", "oci:")
"""Images that are files on the node (podman)."""
_DEFAULT_REGISTRY = "docker.io"


class Image(NamedTuple):
    """The parts of an image reference; `""` what is not given."""

    registry: str
    repository: str
    tag: str
    digest: str


def parse_image(text: str) -> Image:
    """The parts of `registry:5000/team/app:1.2@sha256:…`; a scheme `docker://` is left out."""
    name, _, digest = text.removeprefix("docker://").removeprefix("https://").partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    name = head + slash + last
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return Image(first, rest, tag, digest)
    return Image(_DEFAULT_REGISTRY, name, tag, digest)


def _images(subject: Subject) -> Iterator[tuple[Part[Task], str, Image]]:
    """The images that are known before the task starts and come from a registry."""
    for task in containers(subject):
        config = task.item.config or {}
        text = config.get("image")
        if not isinstance(text, str) or text == "" or "${" in text or text.startswith(_LOCAL):
            continue
        if not config.get("load"):  # docker: the image is an archive among the task's files
            yield task, f"{task.path}/Config/image", parse_image(text)


def latest_image(subject: Subject, _options: Options) -> Iterator[Found]:
    for task, path, image in _images(subject):
        if image.digest:
            continue
        if image.tag == "":
            yield Found(path, f"{named(task)}: image {quoted(image.repository)} has no tag, so it is latest")
        elif image.tag == "latest":
            yield Found(path, f"{named(task)}: what image {quoted(image.repository)} is changes with the tag latest")


def unpinned_image(subject: Subject, _options: Options) -> Iterator[Found]:
    for task, path, image in _images(subject):
        if not image.digest:
            yield Found(path, f"{named(task)}: image {quoted(image.repository)} is not pinned by a digest")


def forbidden_registry(subject: Subject, options: Options) -> Iterator[Found]:
    """`registries` lists those that are allowed; an empty list allows all."""
    allowed = options["registries"]
    for task, path, image in _images(subject):
        place = f"{image.registry}/{image.repository}"
        if allowed and not any(place.startswith(f"{name.rstrip('/')}/") for name in allowed):
            yield Found(path, f"{named(task)}: image {quoted(image.repository)} comes from {image.registry}")


def force_pull(subject: Subject, _options: Options) -> Iterator[Found]:
    for task in containers(subject):
        if is_true((task.item.config or {}).get("force_pull")):
            text = f"{named(task)} pulls its image at every start: it cannot start while the registry is away"
            yield Found(f"{task.path}/Config/force_pull", text)
