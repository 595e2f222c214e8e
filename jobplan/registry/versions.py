"""Version records: retention, tags, stability. spec: api §5.6"""

from __future__ import annotations

from jobplan.inventory import JobVersion
from jobplan.model.job import JobVersionTag
from jobplan.registry import records as rec
from jobplan.registry.faults import Refusal
from jobplan.registry.records import amended, version_key
from jobplan.registry.state import State
from jobplan.values.messages import Message

TAG_LATEST = Message("version must be zero when tagging latest, got: {v}")
TAG_EXISTS = Message("tag {name!q} already exists on a different version of job {id!q}")
NO_VERSION = Message("job {id!q} version {v} not found")
NO_TAG = Message("tag {name!q} not found on job {id!q}")


def put_version(state: State, version: JobVersion, index: int) -> None:
    """Write a version record and let one old record go: `state.kept_versions` untagged ones stay."""
    limit = state.kept_versions
    state.put(rec.VERSIONS, version_key(version.namespace, version.id, version.version), version, index=index)
    untagged = [item for item in all_versions(state, version.namespace, version.id) if item.job.version_tag is None]
    if len(untagged) <= limit:
        return
    stable = next((place for place, item in enumerate(untagged) if item.job.stable), None)
    if stable == limit:
        untagged[limit - 1], untagged[limit] = untagged[limit], untagged[limit - 1]
    gone = untagged[limit]
    state.delete(rec.VERSIONS, version_key(gone.namespace, gone.id, gone.version), index=index)


def all_versions(state: State, namespace: str, job_id: str) -> list[JobVersion]:
    """The records of the lower-cased ID, highest version first. Those of another spelling are not filtered."""
    return list(reversed(state.listed(rec.VERSIONS, namespace, job_id.lower())))


def find_version(state: State, namespace: str, job_id: str, version: int) -> JobVersion | None:
    found: JobVersion | None = state.get(rec.VERSIONS, *version_key(namespace, job_id, version))
    return found if found is not None and found.id == job_id else None


def rewrite(state: State, version: JobVersion, index: int) -> None:
    """Replace a version record whose number stays; the job record too when it is the current version.

    The jobs table's index does not move. spec: api §13 quirk 15
    """
    key = version.key
    put_version(state, version, index)
    current = state.get(rec.JOBS, *key)
    if current is not None and current.version == version.version:
        state.put(rec.JOBS, key, version)


def set_tag(
    state: State, namespace: str, job_id: str, name: str, *, version: int, latest: bool, description: str, now: int
) -> int:
    """Tag a version; gives the index. spec: api §5.6"""
    if latest and version > 0:
        raise Refusal(TAG_LATEST(v=version))
    current = state.get(rec.JOBS, namespace, job_id)
    if latest and current is not None:
        version = current.version
    for other in all_versions(state, namespace, job_id):
        tag = other.job.version_tag
        if tag is not None and tag.name == name and other.version != version and other.id == job_id:
            raise Refusal(TAG_EXISTS(name=name, id=job_id))
    found = find_version(state, namespace, job_id, version)
    if found is None:
        raise Refusal(NO_VERSION(id=job_id, v=version))
    index = state.next_index()
    tag = JobVersionTag(name, description, now)
    rewrite(state, amended(found, version_tag=tag, modify_index=index), index)
    return index


def remove_tag(state: State, namespace: str, job_id: str, name: str) -> int:
    """Remove a tag; gives the index."""
    for found in all_versions(state, namespace, job_id):
        tag = found.job.version_tag
        if tag is not None and tag.name == name and found.id == job_id:
            index = state.next_index()
            rewrite(state, amended(found, version_tag=None, modify_index=index), index)
            return index
    raise Refusal(NO_TAG(name=name, id=job_id))


def set_stability(state: State, version: JobVersion, stable: bool, index: int) -> None:
    """Mark a version. The rewritten record becomes the current job, whatever its number. spec: api §5.6, quirk 16"""
    if version.job.stable == stable:
        return
    changed = amended(version, stable=stable, modify_index=index)
    state.put(rec.JOBS, version.key, changed, index=index)
    put_version(state, changed, index)
