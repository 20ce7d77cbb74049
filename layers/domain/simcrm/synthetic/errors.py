"""Errors in a request for generated data, or in the data it is generated from."""

from collections.abc import Iterable, Mapping


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


class InvalidFileError(GenerationError):
    """A file's content is invalid; gives file, line and field."""

    def __init__(self, file: str, line: int | None, field: str, reason: str) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {field}: {reason}" if field else f"{place}: {reason}")
        self.file, self.line, self.field, self.reason = file, line, field, reason


class PackError(InvalidFileError):
    """A scenario pack is invalid."""


class SceneTextError(InvalidFileError):
    """A file of scene texts is invalid."""


class NoAllowedLineError(GenerationError):
    """No line of a rule may be drawn: each says something that is not so, by ``facts``."""

    def __init__(self, rule: str, facts: Mapping[str, object]) -> None:
        state = ", ".join(f"{name}={_describe(value)}" for name, value in sorted(facts.items()))
        super().__init__(f"no line of the rule {rule!r} may be drawn with {state or 'no facts'}")
        self.rule, self.facts = rule, facts


def _describe(value: object) -> str:
    return "|".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)


class DataFileError(RuntimeError):
    """A data file of this package is missing or differs from the shipped one."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"data file {file} {reason}: reinstall the package")
        self.file = file
