"""Answers for an unattended deployment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simcrm_cli.deploy.deployment_config import ANSWER_NAMES, KEY_VARIABLES, CacheKind
from simcrm_cli.errors import InputFileError
from simcrm_cli.simulation_input import read_input

_PARAMETERS = "parameters"


def read_answers(path: Path | None, known: Mapping[str, str]) -> dict[str, Any]:
    """Read answers, named like the options, from a JSON file; ``known`` are the template's parameters.

    Raises:
        InputFileError: it is not a JSON object, or has an unknown name, a key, or an invalid value.
    """
    document = read_input(path)
    for name, value in document.items():
        if problem := _problem(name, value, known):
            raise InputFileError(str(path), f"{name}: {problem}")
    texts = {name: str(value) for name, value in document.get(_PARAMETERS, {}).items()}
    return {**document, _PARAMETERS: texts}


def _problem(name: str, value: Any, known: Mapping[str, str]) -> str | None:
    if name not in ANSWER_NAMES:
        return f"take {KEY_VARIABLES[name]} from the environment" if name in KEY_VARIABLES else "is not an answer"
    if name == _PARAMETERS:
        return _parameters_problem(value, known)
    if not isinstance(value, str):
        return "is not text"
    return f"is not one of {', '.join(CacheKind)}" if name == "cache" and value not in set(CacheKind) else None


def _parameters_problem(parameters: Any, known: Mapping[str, str]) -> str | None:
    if not isinstance(parameters, dict):
        return "is not a JSON object"
    for name, value in parameters.items():
        if name not in known:
            return f"the template has no parameter {name}"
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return f"{name} is neither text nor a number"
    return None
