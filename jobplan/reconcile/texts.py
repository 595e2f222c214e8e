"""Descriptions that stopped allocations get. They are not part of the plan response. spec: reconcile §3, §8 trap 9"""

LOST = "alloc is lost since its node is down"
MIGRATING = "alloc is being migrated"
NOT_NEEDED = "alloc not needed due to job update"
RECONNECTED = "alloc not needed due to disconnected client reconnect"
RESCHEDULED = "alloc was rescheduled because it failed"
UPDATING = "alloc is being updated due to job update"
