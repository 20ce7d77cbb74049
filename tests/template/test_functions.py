"""Each function gets what its code reads, writes to its own log, and lies in a VPC only when asked."""

import importlib
from typing import Any

import pytest
from template.conftest import ROOT, Deploy
from template.deployment import Deployment
from template.function_code import FUNCTIONS, folder, variables
from template_resources import template

SHARED = template()["Globals"]["Function"]["Environment"]["Variables"].keys()
OF_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}


def environment_given(deployment: Deployment, function: str) -> dict[str, Any]:
    found: dict[str, Any] = deployment.properties(function)["Environment"]["Variables"]
    return found


def test_every_folder_of_functions_is_deployed_once() -> None:
    folders = sorted(path for path in (ROOT / "functions").iterdir() if path.is_dir())
    assert sorted(map(folder, FUNCTIONS)) == folders


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_handler_exists(function: str) -> None:
    module, handler = template()["Resources"][function]["Properties"]["Handler"].split(".")
    assert (folder(function) / f"{module}.py").is_file()
    assert callable(getattr(importlib.import_module(module), handler))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_gets_every_variable_that_it_cannot_do_without(default: Deployment, function: str) -> None:
    assert variables(function, required=True) - environment_given(default, function).keys() == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_reads_every_variable_that_it_gets_for_itself(default: Deployment, function: str) -> None:
    assert environment_given(default, function).keys() - SHARED - variables(function, required=False) == set()


def test_every_shared_variable_is_read_by_several_functions() -> None:
    readers = {name: [item for item in FUNCTIONS if name in variables(item, required=False)] for name in SHARED}
    assert [name for name, items in readers.items() if len(items) < 2] == sorted(OF_POWERTOOLS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_variable_has_a_value(default: Deployment, deploy: Deploy, function: str) -> None:
    for deployment in (default, deploy(CacheKind="own")):
        environment = environment_given(deployment, function)
        needed = variables(function, required=True)
        assert [name for name, value in environment.items() if name in needed and not value] == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_secret_is_in_an_environment_variable(default: Deployment, function: str) -> None:
    words = ("_TOKEN", "KEY", "PASSWORD", "SECRET")
    counted = {"AI_INPUT_TOKENS_PER_MINUTE", "AI_OUTPUT_TOKENS_PER_MINUTE"}
    suspects = {
        name: value
        for name, value in environment_given(default, function).items()
        if any(word in name for word in words)
    }
    suspects = {name: value for name, value in suspects.items() if name not in counted}
    assert {name: value for name, value in suspects.items() if value} in ({}, {"SECRET_ARN": "<Secret>"})
    assert "resolve:secretsmanager" not in str(environment_given(default, function))


def test_each_function_writes_to_a_log_group_of_its_own_that_forgets(default: Deployment) -> None:
    groups = default.resources("AWS::Logs::LogGroup")
    used = [item["LoggingConfig"]["LogGroup"] for item in default.resources("AWS::Lambda::Function").values()]
    assert len(set(used)) == len(used) == len(FUNCTIONS)
    assert set(used) <= {f"<{name}>" for name in groups}
    assert {name: group.get("RetentionInDays") for name, group in groups.items()} == dict.fromkeys(groups, 30)


def test_functions_log_json_at_the_level_of_the_parameter(deploy: Deploy) -> None:
    logging = [item["LoggingConfig"] for item in deploy(LogLevel="DEBUG").resources("AWS::Lambda::Function").values()]
    assert {(item["LogFormat"], item["ApplicationLogLevel"]) for item in logging} == {("JSON", "DEBUG")}


def test_functions_run_on_arm_with_both_layers(default: Deployment) -> None:
    layers = {f"<{name}>" for name in default.resources("AWS::Lambda::LayerVersion")}
    for function in default.resources("AWS::Lambda::Function").values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert set(function["Layers"]) == layers


def test_functions_and_cache_are_in_a_vpc_only_when_subnets_are_given(default: Deployment, deploy: Deploy) -> None:
    inside = deploy(SubnetIds="subnet-1,subnet-2", SecurityGroupIds="sg-1")
    place = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert all("VpcConfig" not in item for item in default.resources("AWS::Lambda::Function").values())
    assert all(item["VpcConfig"] == place for item in inside.resources("AWS::Lambda::Function").values())
    assert place.items() <= inside.properties("Cache").items()
