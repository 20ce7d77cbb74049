"""Errors in a request for generated data, or in the data it is generated from."""

from collections.abc import Iterable


class GenerationError(ValueError):
    """The generator was asked for something it cannot generate."""


class UnknownScenarioError(GenerationError):
    """No pack has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown scenario {name!r}; available: {', '.join(known)}")
        self.name = name


class UnknownLocaleError(GenerationError):
    """There is no data for this locale, or the scenario has no text in its language."""

    def __init__(self, name: str, known: Iterable[str], scenario: str | None = None) -> None:
        where = "" if scenario is None else f" in scenario {scenario!r}"
        super().__init__(f"unknown locale {name!r}{where}; available: {', '.join(known)}")
        self.name = name


class RecordIndexError(GenerationError):
    """The record index is negative or above the limit of what is unique by construction."""

    def __init__(self, index: int, limit: int) -> None:
        super().__init__(f"record index {index} is outside 0 to {limit - 1}")
        self.index = index


class PackError(GenerationError):
    """A scenario pack is invalid; gives file, line and field."""

    def __init__(self, file: str, line: int | None, field: str, reason: str) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {field}: {reason}" if field else f"{place}: {reason}")
        self.file, self.line, self.field, self.reason = file, line, field, reason


class DataFileError(RuntimeError):
    """A data file of this package is missing or differs from the shipped one."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"data file {file} {reason}: reinstall the package")
        self.file = file
