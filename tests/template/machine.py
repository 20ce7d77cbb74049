"""The state machine's definition with made-up resources in place of its placeholders."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from template.conftest import ROOT

JsonObject = dict[str, Any]

DEFINITION = ROOT / "statemachine" / "simulation.asl.json"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
VALUES = {
    "PlanSimulationFunctionArn": f"{FUNCTION}plan",
    "BatchWordsFunctionArn": f"{FUNCTION}words",
    "GenerateContactFunctionArn": f"{FUNCTION}contacts",
    "GenerateActivityFunctionArn": f"{FUNCTION}activities",
    "FinishSimulationFunctionArn": f"{FUNCTION}finish",
    "WriteQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/write",
    "BucketName": "data",
    "Partition": "aws",
    "MapConcurrencySetting": '"MaxConcurrencyPath": "$.plan.sideBySide"',
}


def placeholders() -> set[str]:
    """The names that a deployment must fill in."""
    return set(PLACEHOLDER.findall(DEFINITION.read_text()))


def definition(values: Mapping[str, str]) -> JsonObject:
    """The machine with its placeholders filled in; a text that is no JSON afterwards is refused."""
    document: JsonObject = json.loads(PLACEHOLDER.sub(lambda found: values[found[1]], DEFINITION.read_text()))
    return document


def states(machine: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """All states by name, those of maps included."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])
