import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import console_files
import pytest
import redis
from lambda_events import api_event
from recorders import ApiCalls
from unit.functions.conftest import Invoke

from simcrm.models.simulation_input import DistributionMethod
from simcrm.synthetic import scenario_names

LIMIT_BYTES = 150_000
PATHS = ("/console", "/console/app.js", "/console/style.css")
Fetch = Callable[..., dict[str, Any]]


@pytest.fixture
def fetch(invoke: Invoke) -> Fetch:
    """Ask for a file as a browser does, without a token."""

    def send(path: str, headers: dict[str, str] | None = None, **query: str) -> dict[str, Any]:
        event = api_event("GET", path, role=None, **query)
        event["headers"] |= headers or {}
        answer = invoke("ApiFunction", event)
        return {**answer, "headers": {name: values[0] for name, values in answer["multiValueHeaders"].items()}}

    return send


@pytest.mark.parametrize(
    ("path", "kind"), list(zip(PATHS, ("text/html", "text/javascript", "text/css"), strict=True)), ids=PATHS
)
def test_the_page_is_public_and_says_what_its_files_are(fetch: Fetch, path: str, kind: str) -> None:
    answer = fetch(path)

    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"


def test_the_page_may_load_nothing_but_its_own_files(fetch: Fetch) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in fetch("/console")["headers"]["Content-Security-Policy"].split(";")
    )

    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert "unsafe" not in json.dumps(policy)


def test_the_page_names_no_other_origin_and_holds_no_inline_script_or_style(fetch: Fetch) -> None:
    text = fetch("/console")["body"].replace("xmlns='http://www.w3.org/2000/svg'", "")

    assert "://" not in text
    assert re.findall(r"<script[^>]*>([^<]*)", text) == [""]
    assert "<style" not in text
    assert re.search(r"\s(style|on\w+)=", text) is None


def test_all_files_together_are_small(fetch: Fetch) -> None:
    assert sum(len(fetch(path)["body"].encode()) for path in PATHS) < LIMIT_BYTES


def test_a_browser_that_has_the_page_is_told_so(fetch: Fetch) -> None:
    tag = fetch("/console")["headers"]["ETag"]

    again = fetch("/console", {"If-None-Match": tag})
    other = fetch("/console", {"If-None-Match": '"older"'})

    assert (again["statusCode"], again["body"]) == (304, "")
    assert again["headers"]["ETag"] == tag
    assert other["statusCode"] == 200


def test_script_and_style_are_kept_for_good_under_the_name_that_the_page_gives_them(fetch: Fetch) -> None:
    named = re.findall(r'"console/([\w.]+)\?v=(\w+)"', fetch("/console")["body"])

    assert {name for name, _ in named} == {"app.js", "style.css"}
    for name, tag in named:
        assert "immutable" in fetch(f"/console/{name}", v=tag)["headers"]["Cache-Control"]
        assert fetch(f"/console/{name}", v="older")["headers"]["Cache-Control"] == "no-cache"


def test_every_source_is_served_and_no_module_is_left_in_the_script() -> None:
    sources = {path.name for path in Path(console_files.FOLDER).iterdir()}
    served = {f"{name}.js" for name in console_files.SCRIPTS} | set(console_files.STYLES) | {"index.html"}

    assert sources == served
    assert re.findall(r"^(?:import|export)\b.*", console_files.script().body, re.MULTILINE) == []


def test_a_session_says_what_the_token_may_and_what_there_is(invoke: Invoke) -> None:
    answer = json.loads(invoke("ApiFunction", api_event("GET", "/api/session", role="boss"))["body"])

    assert answer["role"] == "boss"
    assert answer["scenarios"] == list(scenario_names())
    assert answer["distributionMethods"] == [method.value for method in DistributionMethod]


def test_a_session_names_the_scenarios_of_ones_own(invoke: Invoke) -> None:
    change = {"version": 0, "base": "B2C", "parameters": {"winRate": 0.5}}
    invoke("ApiFunction", api_event("PUT", "/api/boss/scenarios/spring-fair", change, role="boss"))

    assert "spring-fair" in json.loads(invoke("ApiFunction", api_event("GET", "/api/session"))["body"])["scenarios"]


def test_a_session_names_only_a_portal_of_ones_own(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    local = json.loads(invoke("ApiFunction", api_event("GET", "/api/session"))["body"])
    monkeypatch.setattr("routes_session.HUBSPOT_API_URL", local["portalUrl"])

    assert local["portalUrl"].startswith("http")
    assert json.loads(invoke("ApiFunction", api_event("GET", "/api/session"))["body"])["portalUrl"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"simulationId": 'x" || $.a = "'}, "simulationId"),
    ],
)
def test_a_question_for_events_is_checked(invoke: Invoke, query: dict[str, str], field: str) -> None:
    answer = invoke("ApiFunction", api_event("GET", "/api/events", **query))

    assert (answer["statusCode"], json.loads(answer["body"])["error"]["field"]) == (400, field)


def test_events_and_failures_are_lists(invoke: Invoke) -> None:
    invoke("ApiFunction", api_event("POST", "/api/simulations", {"totalRecords": 1, "simulationId": "sim-test"}))

    events = json.loads(invoke("ApiFunction", api_event("GET", "/api/events", limit="5"))["body"])
    failures = json.loads(invoke("ApiFunction", api_event("GET", "/api/simulations/sim-test/failures"))["body"])

    assert (events["ok"], events["events"], failures) == (True, [], {"ok": True, "failures": []})


def test_failures_of_an_unknown_simulation_are_not_found(invoke: Invoke) -> None:
    assert invoke("ApiFunction", api_event("GET", "/api/simulations/sim-none/failures"))["statusCode"] == 404


def test_several_viewers_of_the_list_ask_step_functions_once(
    invoke: Invoke, api_calls: ApiCalls, cache: redis.Redis
) -> None:
    def listed() -> list[str]:
        found = json.loads(invoke("ApiFunction", api_event("GET", "/api/simulations"))["body"])["simulations"]
        return [row["simulationId"] for row in found]

    def start(name: str) -> None:
        invoke("ApiFunction", api_event("POST", "/api/simulations", {"totalRecords": 1, "simulationId": name}))

    start("sim-1")
    assert [listed(), listed(), listed()] == [["sim-1"]] * 3
    assert len(api_calls.for_operation("ListExecutions")) == 1
    assert 0 < cache.ttl("answer:list:None") <= 3

    start("sim-2")
    assert set(listed()) == {"sim-1", "sim-2"}
