import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from template_resources import Resources

from simcrm.core import aws_clients
from simcrm.core.json_types import JsonObject
from simcrm.operations.log_search import FIELDS, LOG_GROUPS, MAX_PAGES, LogSearch, parse_line

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
PREFIX = "/simcrm/test/"


class Groups:
    """Log groups in memory that answer in pages, the oldest first, as CloudWatch Logs does."""

    def __init__(self, page: int = 100) -> None:
        self._lines: dict[str, list[tuple[datetime, str]]] = {PREFIX + group: [] for group in LOG_GROUPS}
        self._page = page
        self.asked: list[dict[str, Any]] = []

    def write(self, group: str, at: datetime, **fields: Any) -> None:
        said = {"timestamp": at.isoformat(), "level": "INFO", "message": "said", **fields}
        self._lines[PREFIX + group].append((at, json.dumps(said)))

    def filter_log_events(self, **request: Any) -> JsonObject:
        self.asked.append(request)
        found = [
            {"message": line}
            for at, line in sorted(self._lines[request["logGroupName"]])
            if request["startTime"] <= at.timestamp() * 1000 <= request["endTime"]
        ]
        begin = int(request.get("nextToken", 0))
        page: JsonObject = {"events": found[begin : begin + self._page]}
        return page | ({"nextToken": str(begin + self._page)} if len(found) > begin + self._page else {})


def before(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.fixture
def groups() -> Groups:
    return Groups()


def test_events_of_all_functions_come_the_newest_first(groups: Groups) -> None:
    groups.write("plan-simulation", before(3), eventId="PLAN_READY", simulationId="sim-1", records=5, batches=1)
    groups.write("write-hubspot", before(1), eventId="WRITE_POSTPONED", level="WARNING", count=2, reason="busy")

    found = LogSearch(groups, PREFIX).latest(NOW, 10)

    assert [event["eventId"] for event in found["events"]] == ["WRITE_POSTPONED", "PLAN_READY"]
    assert found["events"][1] == {
        "at": "2026-03-02T13:57:00.000Z",
        "level": "INFO",
        "eventId": "PLAN_READY",
        "message": "said",
        "function": "plan-simulation",
        "simulationId": "sim-1",
        "fields": {"records": 5, "batches": 1},
    }
    assert found["partial"] is False


def test_only_known_fields_of_known_events_are_shown(groups: Groups) -> None:
    groups.write("api", before(1), eventId="API_FAILED", errorType="KeyError", token="op-token", body={"a": "secret"})
    groups.write("api", before(1), eventId="SOMETHING_NEW", reason="secret")
    groups.write("api", before(1), text="no event")

    found = LogSearch(groups, PREFIX).latest(NOW, 10)

    assert [event["fields"] for event in found["events"]] == [{"errorType": "KeyError"}]
    assert "secret" not in json.dumps(found)
    assert "op-token" not in json.dumps(found)


@pytest.mark.parametrize("secret", ["pat-na1-4f7k-2m", "sk-ant-api03-abc", "Bearer abc.def"])
def test_a_key_in_a_reason_is_struck_out(groups: Groups, secret: str) -> None:
    groups.write("api", before(1), eventId="CACHE_UNAVAILABLE", reason=f"refused {secret} here")

    (event,) = LogSearch(groups, PREFIX).latest(NOW, 10)["events"]

    assert event["fields"]["reason"] == "refused … here"


def test_events_of_one_simulation_are_told_from_others(groups: Groups) -> None:
    for name in ("sim-1", "sim-2"):
        groups.write("write-hubspot", before(1), eventId="STEP_WRITTEN", simulationId=name, batch=0)

    found = LogSearch(groups, PREFIX).latest(NOW, 10, "sim-2")

    assert [event["simulationId"] for event in found["events"]] == ["sim-2"]
    assert all('$.simulationId = "sim-2"' in request["filterPattern"] for request in groups.asked)


def test_older_events_are_looked_for_only_where_there_are_too_few(groups: Groups) -> None:
    groups.write("api", before(200), eventId="API_FAILED", errorType="Old")
    groups.write("api", before(1), eventId="API_FAILED", errorType="New")

    few = LogSearch(groups, PREFIX).latest(NOW, 1)
    asked_for_few = len(groups.asked)
    many = LogSearch(groups, PREFIX).latest(NOW, 5)

    assert [event["fields"]["errorType"] for event in few["events"]] == ["New"]
    assert asked_for_few == len(LOG_GROUPS)
    assert [event["fields"]["errorType"] for event in many["events"]] == ["New", "Old"]


def test_a_group_that_says_too_much_is_told_as_partial() -> None:
    groups = Groups(page=2)
    for minute in range(2 * MAX_PAGES + 1):
        groups.write("api", before(10 - minute), eventId="API_FAILED", errorType=str(minute))

    assert LogSearch(groups, PREFIX).latest(NOW, 5)["partial"] is True


@pytest.mark.parametrize(
    "line", ["START RequestId: 1", "[]", "{}", '{"eventId": 5}', '{"eventId": "API_FAILED", "timestamp": 7}']
)
def test_other_lines_do_no_harm(line: str) -> None:
    assert [event["fields"] for event in parse_line(line, "api", None)] in ([], [{}])


def test_a_group_that_is_not_there_yet_has_no_events(resources: Resources) -> None:
    assert resources
    assert LogSearch(aws_clients.logs(), PREFIX).latest(NOW, 5) == {"events": [], "partial": False}


def test_events_that_are_shown_are_logged_with_these_fields_by_the_code() -> None:
    logged: dict[str, set[str]] = {}
    for path in (*ROOT.glob("layers/domain/**/*.py"), *ROOT.glob("functions/**/*.py")):
        for event_id, fields in _logged_events(ast.parse(path.read_text(encoding="utf-8"))):
            logged.setdefault(event_id, set()).update(fields)
    direct = {name: fields for name, fields in FIELDS.items() if not name.startswith(("AI_GEN_", "FUNCTION_"))}

    assert {name for name, fields in direct.items() if not set(fields) <= logged.get(name, set())} == set()


def _logged_events(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The id and fields of each ``log_event``."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "log_event"
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value), {keyword.arg or "" for keyword in node.keywords}


def test_windows_meet_without_a_gap_and_without_an_overlap() -> None:
    asked: list[tuple[int, int]] = []

    class Nothing:
        """A service without events."""

        def filter_log_events(self, **request: Any) -> dict[str, Any]:
            if request["logGroupName"] == PREFIX + "api":
                asked.append((request["startTime"], request["endTime"]))
            return {"events": []}

    LogSearch(Nothing(), PREFIX).latest(NOW, 5)

    assert len(asked) > 1
    assert asked[0][1] == int(NOW.timestamp() * 1000) - 1
    assert [end for _, end in asked[1:]] == [start - 1 for start, _ in asked[:-1]]
