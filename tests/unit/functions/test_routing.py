"""A module is imported by the first request for one of its paths, and by no other."""

import json

import api
import pytest
from api_document import FILE, routes
from lambda_events import api_event
from lazy_routes import ROUTES, modules_for_path
from unit.functions.conftest import Invoke

FOLDER = FILE.parent


def test_the_table_names_the_modules_that_are_there() -> None:
    assert set(ROUTES) == {file.stem for file in FOLDER.glob("routes_*.py")}


def test_every_path_leads_to_the_module_of_its_route() -> None:
    assert routes()
    for route in [*api.app._static_routes, *api.app._dynamic_routes]:
        path = route.openapi_path.replace("<", "").replace(">", "")
        assert route.func.__module__ in modules_for_path(path), path
        assert route.func.__module__ in modules_for_path(f"{path}/"), path


def test_every_module_that_could_answer_a_path_is_there_to_say_what_the_path_takes() -> None:
    assert routes()
    everything = [*api.app._static_routes, *api.app._dynamic_routes]
    for path in (route.openapi_path.replace("<", "").replace(">", "") for route in everything):
        assert {route.func.__module__ for route in everything if route.rule.match(path)} <= set(
            modules_for_path(path)
        ), path


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/simulations/one/nothing", "/prod/api/health"])
def test_an_unknown_path_imports_nothing(path: str) -> None:
    assert modules_for_path(path) == []


@pytest.mark.parametrize("path", ["/api/health/of", "/api/schedules/a/b", "/consoles", "/api/simulations/preview/of"])
def test_a_path_that_only_begins_like_a_known_one_is_unknown(invoke: Invoke, path: str) -> None:
    answer = invoke("ApiFunction", api_event("GET", path, role="boss"))

    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["error"]["message"] == "There is no such route."


def test_routes_of_two_modules_share_a_path_as_those_of_one_do(invoke: Invoke) -> None:
    read = invoke("ApiFunction", api_event("GET", "/api/simulations/preview", role="operator"))
    deleted = invoke("ApiFunction", api_event("DELETE", "/api/simulations/preview", role="operator"))

    assert json.loads(read["body"])["error"]["message"] == "There is no simulation preview."
    assert (deleted["statusCode"], deleted["multiValueHeaders"]["Allow"]) == (405, ["POST"])
