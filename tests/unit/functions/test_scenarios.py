"""``/api/boss/scenarios``: named scenarios are made, changed, deleted, and used by simulations."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from lambda_events import api_event
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.generation.row_generator import RowGenerator
from simcrm.planning.plan_document import read_plan
from simcrm.storage.simulation_files import SimulationFiles

Document = dict[str, Any]
Ask = Callable[..., tuple[int, Document]]
PATH = "/api/boss/scenarios"


@pytest.fixture
def ask(invoke: Invoke) -> Ask:
    def send(method: str, name: str, body: Any = None, *, role: str = "boss", **query: str) -> Any:
        path = name if name.startswith("/") else f"{PATH}/{name}"
        answer = invoke("ApiFunction", api_event(method, path, body, role=role, **query))
        return answer["statusCode"], json.loads(answer["body"])

    return send


@pytest.fixture
def put(ask: Ask) -> Callable[..., Document]:
    def send(name: str, version: int, **fields: Any) -> Document:
        number, document = ask("PUT", name, {"version": version, **fields})
        assert number == 200, document
        return document

    return send


def test_a_shipped_scenario_is_shown_with_all_its_parameters(ask: Ask) -> None:
    number, document = ask("GET", "B2C")

    assert (number, document["version"], document["shipped"], document["overrides"]) == (200, 0, True, {})
    assert document["parameters"]["salesCycleDays"] == 7
    assert document["parameters"]["winRate"] == 0.42
    assert document["parameters"]["caps"] == {"notes": 3, "calls": 1, "tasks": 3, "tickets": 1}


def test_a_shipped_scenario_is_changed_and_comes_back(ask: Ask, put: Callable[..., Document]) -> None:
    changed = put("B2B", 0, parameters={"winRate": 0.9, "caps": {"notes": 1}})
    assert changed["parameters"]["winRate"] == 0.9
    assert changed["parameters"]["caps"] == {"notes": 1, "calls": 3, "tasks": 6, "tickets": 1}
    assert changed["parameters"]["salesCycleDays"] == 60

    assert ask("DELETE", "B2B")[1] == {"ok": True, "id": "B2B", "version": 2, "deleted": True}
    after = ask("GET", "B2B")[1]
    assert (after["version"], after["overrides"], after["parameters"]["winRate"]) == (2, {}, 0.6)


def test_what_is_shown_can_be_put_back(put: Callable[..., Document]) -> None:
    made = put("harvest", 0, base="B2C", parameters={"winRate": 0.9, "rules": []})

    again = put("harvest", 1, base=made["base"], parameters=made["parameters"])

    assert again["parameters"] == made["parameters"]
    assert again["parameters"]["rules"] == []


def test_a_scenario_of_ones_own_is_listed_until_it_is_deleted(ask: Ask, put: Callable[..., Document]) -> None:
    put("harvest", 0, base="B2C", parameters={"salesCycleDays": 3})
    listed = ask("GET", PATH)[1]["scenarios"]
    assert {"id": "harvest", "version": 1, "base": "B2C", "shipped": False, "changed": True} in listed
    assert {"id": "B2B", "version": 0, "base": "B2B", "shipped": True, "changed": False} in listed

    assert ask("DELETE", "harvest")[0] == 200
    assert ask("GET", "harvest")[0] == ask("DELETE", "harvest")[0] == 404
    assert "harvest" not in {row["id"] for row in ask("GET", PATH)[1]["scenarios"]}
    assert put("harvest", 0, base="B2B")["version"] == 3


def test_every_version_can_be_looked_at(ask: Ask, put: Callable[..., Document]) -> None:
    put("harvest", 0, base="B2C", parameters={"winRate": 0.1})
    put("harvest", 1, base="B2C", parameters={"winRate": 0.2})

    earlier = ask("GET", "harvest", version="1")[1]

    assert (earlier["version"], earlier["overrides"]) == (1, {"winRate": 0.1})
    assert [kept["version"] for kept in earlier["history"]] == [2, 1]
    assert ask("GET", "harvest", version="9")[1]["error"]["field"] == "version"


def test_of_two_who_read_the_same_version_the_second_is_told(ask: Ask, put: Callable[..., Document]) -> None:
    put("harvest", 0, base="B2C")
    put("harvest", 1, base="B2C", parameters={"winRate": 0.2})

    stale = {"version": 1, "base": "B2C", "parameters": {"winRate": 0.3}}
    assert ask("PUT", "harvest", stale)[1]["error"]["code"] == "STALE_VERSION"
    assert ask("DELETE", "harvest", version="1")[0] == 409
    assert ask("GET", "harvest")[1]["overrides"] == {"winRate": 0.2}


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("harvest", {"base": "B2C", "parameters": {"winRate": 1.1}}, "parameters.winRate"),
        ("harvest", {"base": "B2C", "parameters": {"salesCycleDays": 0}}, "parameters.salesCycleDays"),
        ("harvest", {"base": "B2C", "parameters": {"luck": 1}}, "parameters.luck"),
        ("harvest", {"base": "B2C", "parameters": {"notesPerLead": {"low": 3, "high": 1}}}, "parameters.notesPerLead"),
        ("harvest", {"base": "B2C", "parameters": {"caps": {"notes": -1}}}, "parameters.caps.notes"),
        ("harvest", {"base": "B2C", "parameters": {"rules": [{"moment": "born"}]}}, "parameters.rules.0.moment"),
        ("harvest", {"base": "B2G"}, "base"),
        ("harvest", {}, "base"),
        ("B2B", {"base": "B2C"}, "base"),
        ("b2b", {"base": "B2C"}, "id"),
        ("-x", {"base": "B2C"}, "id"),
        ("x" * 41, {"base": "B2C"}, "id"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(ask: Ask, name: str, body: Document, field: str) -> None:
    number, document = ask("PUT", name, {"version": 0, **body})

    assert (number, document["error"]["code"], document["error"]["field"]) == (400, "VALIDATION_ERROR", field)
    assert not any(row["changed"] for row in ask("GET", PATH)[1]["scenarios"])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_operator_may_not(ask: Ask, method: str) -> None:
    assert ask(method, "B2B", {"version": 0}, role="operator")[0] == 403


@pytest.mark.usefixtures("connected")
def test_a_run_keeps_what_its_scenario_meant_and_its_own_input_comes_first(
    ask: Ask, invoke: Invoke, put: Callable[..., Document], files: SimulationFiles
) -> None:
    put("harvest", 0, base="B2C", parameters={"winRate": 1, "salesCycleDays": 2, "caps": {"notes": 1}})
    given = {"totalRecords": 2, "simulationId": "sim-test", "scenario": "harvest"}
    given |= {"scenarioParameters": {"salesCycleDays": 3, "caps": {"calls": 0}}}
    assert ask("POST", "/api/simulations", given, role="operator")[0] == 202
    invoke("PlanSimulationFunction", {"simulationId": "sim-test", "startedAt": "2026-03-02T14:00:00Z", "input": given})
    put("harvest", 1, base="B2C", parameters={"winRate": 0})

    parameters = RowGenerator.from_plan(read_plan(files)).histories.generator.parameters
    assert (parameters.win_rate, parameters.sales_cycle_days) == (1, 3)
    assert parameters.caps == {"notes": 1, "calls": 0, "tasks": 3, "tickets": 1}
    assert parameters.amount_mu == 7.8


@pytest.mark.parametrize("scenario", ["nobody", "../ai", "a/b", ""])
def test_a_scenario_that_nobody_named_starts_nothing(ask: Ask, scenario: str) -> None:
    number, document = ask("POST", "/api/simulations", {"totalRecords": 1, "scenario": scenario}, role="operator")

    assert (number, document["error"]["field"]) == (400, "scenario")


@pytest.mark.parametrize("change", ["changed", "deleted", "first"])
@pytest.mark.usefixtures("connected")
def test_a_run_has_the_scenario_that_it_was_accepted_with(
    ask: Ask, put: Callable[..., Document], invoke: Invoke, files: SimulationFiles, change: str
) -> None:
    name = "B2B" if change == "first" else "harvest"
    if name == "harvest":
        put(name, 0, base="B2C", parameters={"winRate": 0.9})
    given = {"totalRecords": 3, "scenario": name, "simulationId": files.simulation_id}
    arn = ask("POST", "/api/simulations", given)[1]["executionArn"]
    if change == "deleted":
        ask("DELETE", name)
    else:
        put(name, 0 if change == "first" else 1, base="B2C" if name == "harvest" else None, parameters={"winRate": 0.1})
    execution = aws_clients.step_functions().describe_execution(executionArn=arn)

    planned = {"simulationId": files.simulation_id, "startedAt": "2026-03-02T14:00:00Z"}
    invoke("PlanSimulationFunction", planned | {"input": json.loads(execution["input"])})

    options = read_plan(files).input.scenario_parameters
    assert (None if options is None else options.win_rate) == (None if change == "first" else 0.9)
    assert ask("GET", f"/api/simulations/{files.simulation_id}")[1]["input"] == given
