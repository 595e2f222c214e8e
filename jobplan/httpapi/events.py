"""Messages of task events. spec: api §8.5"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobplan.values.durations import duration_text
from jobplan.values.quoting import quoted

Event = dict[str, Any]


def _killing(event: Event) -> str:
    if event["KillReason"]:
        return str(event["KillReason"])
    if event["KillTimeout"]:
        return f"Sent interrupt. Waiting {duration_text(event['KillTimeout'])} before force killing"
    return "Sent interrupt"


def _terminated(event: Event) -> str:
    text = f"Exit Code: {event['ExitCode']}"
    if event["Signal"] != 0:
        text += f", Signal: {event['Signal']}"
    if event["Message"]:
        text += f", Exit Message: {quoted(event['Message'])}"
    return text


def _restarting(event: Event) -> str:
    text = f"Task restarting in {duration_text(event['StartDelay'])}"
    reason = event["RestartReason"]
    return text if reason in ("", "Restart within policy") else f"{reason} - {text}"


def _sibling(event: Event) -> str:
    sibling = event["FailedSibling"]
    return f"Task's sibling {quoted(sibling)} failed" if sibling else "Task's sibling failed"


def _signaling(event: Event) -> str:
    signal, reason = event["TaskSignal"], event["TaskSignalReason"]
    if not signal:
        return reason or "Task being sent a signal"
    return f"Task being sent signal {signal}: {reason}" if reason else f"Task being sent signal {signal}"


MESSAGES: dict[str, Callable[[Event], str]] = {
    "Task Setup": lambda e: e["Message"],
    "Started": lambda e: "Task started by client",
    "Received": lambda e: "Task received by client",
    "Failed Validation": lambda e: e["ValidationError"] or "Validation of task failed",
    "Setup Failure": lambda e: e["SetupError"] or "Task setup failed",
    "Driver Failure": lambda e: e["DriverError"] or "Failed to start task",
    "Downloading Artifacts": lambda e: "Client is downloading artifacts",
    "Failed Artifact Download": lambda e: e["DownloadError"] or "Failed to download artifacts",
    "Killing": _killing,
    "Killed": lambda e: e["KillError"] or "Task successfully killed",
    "Terminated": _terminated,
    "Restarting": _restarting,
    "Not Restarting": lambda e: e["RestartReason"] or "Task exceeded restart policy",
    "Sibling Task Failed": _sibling,
    "Signaling": _signaling,
    "Restart Signaled": lambda e: e["RestartReason"] or "Task signaled to restart",
    "Driver": lambda e: e["DriverMessage"],
    "Leader Task Dead": lambda e: "Leader Task in Group dead",
    "Main Tasks Dead": lambda e: "Main tasks in the group died",
    "Reconnected": lambda e: "Client reconnected",
}


def with_messages(stub: dict[str, Any]) -> dict[str, Any]:
    """An allocation stub whose task events have their display messages."""
    states = stub["TaskStates"]
    if not states:
        return stub
    return {**stub, "TaskStates": {name: _filled(state) for name, state in states.items()}}


def _filled(state: dict[str, Any]) -> dict[str, Any]:
    if not state["Events"]:
        return state
    return {**state, "Events": [_shown(event) for event in state["Events"]]}


def _shown(event: Event) -> Event:
    if event["DisplayMessage"]:
        return event
    message = MESSAGES.get(event["Type"])
    return {**event, "DisplayMessage": event["Message"] if message is None else message(event)}
