"""Reading counts where the embedded stack keeps them: its trail, its log groups, its bucket, its processes."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

import counters
import httpx2
import psutil
import pytest
from counters import Cores, Trail, commands, count_stored, read_logs

from simcrm_embedded.state import StackState

Row = dict[str, Any]
TOKEN = {"x-amz-security-token": "token"}


class Emulator:
    """Its trail: the latest events first, up to a moment, a page at a time."""

    def __init__(self, times: list[float]) -> None:
        self.events = [
            {"EventId": str(number), "EventTime": at, "EventSource": "sqs.amazonaws.com", "EventName": "SendMessage"}
            for number, at in enumerate(times)
        ]
        self.is_recording = False

    def post(self, url: str, *, json: Row, headers: Row | None = None, timeout: float) -> httpx2.Response:
        assert timeout > 0
        if url.endswith("/_ministack/config"):
            self.is_recording = (json, headers) == ({counters.RECORDING: True}, TOKEN)
            return answer({})
        assert headers == {"X-Amz-Target": counters.LOOK_UP, **TOKEN}
        found = [event for event in reversed(self.events) if json["StartTime"] <= event["EventTime"] <= json["EndTime"]]
        return answer({"Events": found[: json["MaxResults"]]})


def answer(document: Row) -> httpx2.Response:
    return httpx2.Response(200, json=document, request=httpx2.Request("POST", "http://emulator"))


def trail_of(monkeypatch: pytest.MonkeyPatch, times: list[float]) -> tuple[Trail, Emulator]:
    emulator = Emulator(times)
    clock = iter([100.0, 10_000.0])
    monkeypatch.setattr(httpx2, "post", emulator.post)
    monkeypatch.setattr("counters.time", SimpleNamespace(time=lambda: next(clock)))
    return Trail(StackState("mark", endpoint="http://emulator", aws_token="token")), emulator


def test_the_trail_is_read_page_by_page_and_each_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some events share a moment, also over the end of a page."""
    trail, emulator = trail_of(monkeypatch, [99.0, *(100.0 + number // 3 for number in range(170))])

    assert trail.requests() == {"sqs SendMessage": 170}
    assert emulator.is_recording


def test_a_trail_that_may_have_lost_events_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "TRAIL_HOLDS", 60)
    trail, _ = trail_of(monkeypatch, [100.0 + number for number in range(60)])

    with pytest.raises(SystemExit, match="more requests"):
        trail.requests()


class Pages:
    """A client whose every list has one page."""

    def __init__(self, **pages: Row) -> None:
        self.pages = pages

    def get_paginator(self, call: str) -> "Pages":
        return Pages(page=self.pages[call])

    def paginate(self, **_: Any) -> Iterator[Row]:
        yield self.pages["page"]


def test_lines_of_a_function_are_told_from_lambdas_own() -> None:
    messages = [
        "START RequestId: 1",
        '{"a": "ü"}',
        "END RequestId: 1",
        "REPORT RequestId: 1\tDuration: 12 ms\tBilled: 12 ms",
    ]
    client = Pages(
        describe_log_groups={"logGroups": [{"logGroupName": "/simcrm/simcrm/write-hubspot"}]},
        filter_log_events={"events": [{"message": message} for message in messages]},
    )

    assert read_logs(client, 0) == {"write-hubspot": {"milliseconds": [12.0], "lines": 1, "bytes": 11}}


def test_a_function_that_wrote_nothing_is_not_told() -> None:
    client = Pages(describe_log_groups={"logGroups": [{"logGroupName": "/simcrm/simcrm/api"}]}, filter_log_events={})

    assert read_logs(client, 0) == {}


def test_files_and_bytes_are_told_by_place() -> None:
    keys = {"records/0.jsonl": 5, "records/1.jsonl": 6, "plan.json": 7}
    listed = [{"Key": f"simulations/sim-1/{name}", "Size": size} for name, size in keys.items()]

    found = count_stored(Pages(list_objects_v2={"Contents": listed}), "bucket", "sim-1")

    assert found == {"files": {"records": 2, "plan.json": 1}, "bytes": {"records": 11, "plan.json": 7}}


def test_commands_of_connections_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def info(self, section: str) -> Row:
            assert section == "commandstats"
            return {"cmdstat_get": {"calls": 4}, "cmdstat_info": {"calls": 9}, "cmdstat_client|setinfo": {"calls": 2}}

    monkeypatch.setattr("counters.redis.Redis.from_url", lambda *_, **__: Server())

    assert commands("redis://here") == {"get": 4}


class Worker:
    def __init__(self, pid: int, function: str, seconds: float) -> None:
        self.pid = pid
        self.function = function
        self.seconds = seconds

    def environ(self) -> Row:
        return {"AWS_LAMBDA_FUNCTION_NAME": self.function} if self.function else {}

    def cpu_times(self) -> tuple[float, float, float]:
        if self.seconds < 0:
            raise psutil.NoSuchProcess(self.pid)
        return self.seconds, 1.0, 99.0


class Parent:
    def __init__(self, *workers: Worker) -> None:
        self.workers = list(workers)

    def children(self) -> list[Worker]:
        return self.workers


def test_core_seconds_are_those_since_the_begin_of_all_processes_of_a_function_that_were_seen() -> None:
    old, other = Worker(1, "simcrm-WriteHubSpotFunction-ab", 5.0), Worker(2, "", 7.0)
    parent = Parent(old, other)
    cores = Cores(parent)  # type: ignore[arg-type]
    parent.workers.append(new := Worker(3, "simcrm-WriteHubSpotFunction-ab", 2.0))
    old.seconds, other.seconds = 8.0, 9.0
    cores.look()
    new.seconds = -1

    assert cores.seconds() == {"WriteHubSpotFunction": 3.0 + 3.0}
    assert cores.started_processes == {"WriteHubSpotFunction": 1}
