"""Parameters explain themselves and their defaults deploy."""

import re
from typing import Any

import pytest
from template_resources import template

PARAMETERS: dict[str, dict[str, Any]] = template()["Parameters"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_has_type_default_and_description(name: str) -> None:
    parameter = PARAMETERS[name]
    assert {"Type", "Default", "Description"} <= parameter.keys()
    assert parameter["Description"].strip()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_default_is_one_of_the_allowed_values(name: str) -> None:
    parameter = PARAMETERS[name]
    default = parameter["Default"]
    assert default in parameter.get("AllowedValues", [default])
    assert parameter.get("MinValue", default) <= default <= parameter.get("MaxValue", default)
    assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(default))


def test_every_parameter_is_used() -> None:
    used = str({name: part for name, part in template().items() if name != "Parameters"})
    assert [name for name in PARAMETERS if name not in used] == []
