"""What a run asks of AWS, read where the embedded stack does it.

Requests over HTTP are those of the emulator's own audit trail, transitions those of its execution histories, lines
and durations those of its log groups, commands those of Redis. What the emulator does within itself, such as moving
messages from the queue to a function, is in none of them and follows from the others.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import psutil
import redis

from local_server.origin_guard import AWS_TOKEN
from simcrm_embedded.state import StackState

TRAIL_HOLDS = 10_000
PAGE = 50
LOOK_UP = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
RECORDING = "cloudtrail._recording_enabled"
GROUPS = "/simcrm/simcrm/"
PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId")
OWN_COMMANDS = {"info", "ping", "hello", "auth", "client", "client|setinfo"}
"""Of connections, not of the work that they do."""


class Trail:
    """The emulator's audit trail, from a moment on."""

    def __init__(self, state: StackState) -> None:
        self._endpoint, self._token = state.endpoint, {AWS_TOKEN: state.aws_token}
        self._since = time.time()
        config = f"{state.endpoint}/_ministack/config"
        httpx2.post(config, json={RECORDING: True}, headers=self._token, timeout=60).raise_for_status()

    def requests(self) -> Counter[str]:
        """S3 requests as ``GetObject plan.json``, those of other services as ``sqs SendMessage``.

        Raises:
            SystemExit: there were more than the trail holds.
        """
        found = list(self._events())
        if len(found) >= TRAIL_HOLDS:
            raise SystemExit("more requests than the trail holds: count a smaller run")
        return Counter(map(request_kind, found))

    def _events(self) -> Iterator[Mapping[str, Any]]:
        """All of them, the latest first; a page begins with the moment that the one before it ended with."""
        seen: set[str] = set()
        until = time.time()
        while True:
            page = [event for event in self._page(until) if event["EventId"] not in seen]
            if not page:
                return
            yield from page
            seen.update(event["EventId"] for event in page)
            until = page[-1]["EventTime"]

    def _page(self, until: float) -> list[dict[str, Any]]:
        asked = {"StartTime": self._since, "EndTime": until, "MaxResults": PAGE}
        answer = httpx2.post(self._endpoint, json=asked, headers={"X-Amz-Target": LOOK_UP, **self._token}, timeout=60)
        events: list[dict[str, Any]] = answer.raise_for_status().json()["Events"]
        return events


def request_kind(event: Mapping[str, Any]) -> str:
    """A request of the trail by its kind."""
    service, name = event["EventSource"].split(".")[0], event["EventName"]
    if service != "s3":
        return f"{service} {name}"
    keys = [found["ResourceName"] for found in event["Resources"] if found["ResourceType"] == "AWS::S3::Object"]
    return f"{name} {file_place(keys[0])}" if keys else name


def file_place(key: str) -> str:
    """The first name below a simulation's prefix; of other keys the first."""
    parts = key.split("/")
    return parts[2] if parts[0] == "simulations" else parts[0]


@dataclass(frozen=True)
class Transitions:
    """Of a run: the states that its execution entered, its map's children, and the tasks of these by service.

    The emulator keeps a child's tasks and not the states between them, which are those of the state machine.
    ``retries`` are attempts after the first, of all.
    """

    entered: Counter[str]
    children: int
    tasks: Counter[str]
    retries: int


def transitions(client: Any, execution: str) -> Transitions:
    """Read the histories of an execution and its children."""
    own = list(_all(client, "get_execution_history", "events", executionArn=execution))
    children = [
        list(_all(client, "get_execution_history", "events", executionArn=child["executionArn"]))
        for run in _all(client, "list_map_runs", "mapRuns", executionArn=execution)
        for child in _all(client, "list_executions", "executions", mapRunArn=run["mapRunArn"])
    ]
    every = [event for events in (own, *children) for event in events]
    return Transitions(
        entered=Counter(
            event["stateEnteredEventDetails"]["name"] for event in own if "stateEnteredEventDetails" in event
        ),
        children=len(children),
        tasks=Counter(
            event["taskSucceededEventDetails"]["resource"].split(":")[5]
            for events in children
            for event in events
            if event["type"] == "TaskSucceeded"
        ),
        retries=sum(event["type"] == "TaskScheduled" for event in every)
        - sum(event["type"] == "TaskSucceeded" for event in every),
    )


def _all(client: Any, call: str, name: str, **asked: Any) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator(call).paginate(**asked):
        yield from page.get(name, [])


def read_logs(client: Any, since: float) -> dict[str, dict[str, Any]]:
    """By function: the milliseconds of each invocation, and the lines and bytes that it wrote itself."""
    found = {}
    for group in _all(client, "describe_log_groups", "logGroups", logGroupNamePrefix=GROUPS):
        name = group["logGroupName"]
        asked = {"logGroupName": name, "startTime": int(since * 1000)}
        messages = [event["message"] for event in _all(client, "filter_log_events", "events", **asked)]
        if messages:
            found[name.removeprefix(GROUPS)] = _lines(messages)
    return found


def _lines(messages: list[str]) -> dict[str, Any]:
    own = [message for message in messages if not message.startswith(PLATFORM)]
    reports = [message for message in messages if message.startswith("REPORT")]
    took = [float(message.split("\tDuration: ")[1].split(" ms")[0]) for message in reports]
    return {"milliseconds": took, "lines": len(own), "bytes": sum(len(message.encode()) for message in own)}


def commands(url: str) -> Counter[str]:
    """Commands that Redis has carried out since it began, those inside scripts too."""
    with redis.Redis.from_url(url, decode_responses=True) as server:
        stats: dict[str, Any] = server.info("commandstats")
    names = {name.removeprefix("cmdstat_"): values["calls"] for name, values in stats.items()}
    return Counter({name: calls for name, calls in names.items() if name not in OWN_COMMANDS})


def count_stored(client: Any, bucket: str, simulation: str) -> dict[str, Counter[str]]:
    """Files and bytes under a simulation's prefix, by place."""
    files: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for item in _all(client, "list_objects_v2", "Contents", Bucket=bucket, Prefix=f"simulations/{simulation}/"):
        files[file_place(item["Key"])] += 1
        size[file_place(item["Key"])] += item["Size"]
    return {"files": files, "bytes": size}


class Cores:
    """Seconds of cores by function: of the processes in which the emulator runs them, also of those that have ended."""

    def __init__(self, emulator: psutil.Process) -> None:
        self._emulator = emulator
        self._names: dict[int, str] = {}
        self._spent: dict[int, float] = {}
        self.look()
        self._before = dict(self._spent)

    def look(self) -> None:
        """Read the clocks; whoever waits for a run looks now and then, so that no process ends unseen."""
        for process in self._emulator.children():
            try:
                if process.pid not in self._names:
                    self._names[process.pid] = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "")
                self._spent[process.pid] = sum(process.cpu_times()[:2])
            except psutil.Error:  # it has ended
                continue

    def seconds(self) -> Counter[str]:
        """Since the begin, by the function's name in the template."""
        self.look()
        found: Counter[str] = Counter()
        for pid, spent in self._spent.items():
            name = self._names[pid].split("-")
            if len(name) > 1:
                found[name[-2]] += spent - self._before.get(pid, 0.0)  # type: ignore[assignment]
        return found

    @property
    def started_processes(self) -> Counter[str]:
        """Processes that began since, by function: its cold starts."""
        new = (name.split("-") for pid, name in self._names.items() if pid not in self._before)
        return Counter(parts[-2] for parts in new if len(parts) > 1)
