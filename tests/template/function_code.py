"""The code of the template's functions: where it is and which environment variables it reads."""

import importlib
from pathlib import Path

from template.conftest import ROOT
from template_resources import template

from simcrm.core.config import EnvironmentConfig

FUNCTIONS = [name for name, item in template()["Resources"].items() if item["Type"] == "AWS::Serverless::Function"]


def folder(function: str) -> Path:
    return ROOT / str(template()["Resources"][function]["Properties"]["CodeUri"])


def configs(function: str) -> list[type[EnvironmentConfig]]:
    """The configurations that a function's modules know."""
    modules = [importlib.import_module(path.stem) for path in folder(function).glob("*.py")]
    found = (item for module in modules for item in vars(module).values())
    return [
        item
        for item in found
        if isinstance(item, type) and issubclass(item, EnvironmentConfig) and item is not EnvironmentConfig
    ]


def variables(function: str, *, required: bool) -> set[str]:
    """The environment variables that a function's configuration reads, or only those it cannot do without."""
    fields = [field for config in configs(function) for field in config.model_fields.values()]
    return {str(field.alias) for field in fields if field.is_required() or not required}
