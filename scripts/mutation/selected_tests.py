"""Which tests run for a mutant: one pytest plugin notes the functions that each test enters, another runs a choice."""

import sys
import threading
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

import pytest
from import_graph import imported_modules
from mutants import Mutant


@dataclass
class CleanRun:
    """What the tests of a package do without a mutant.

    Attributes:
        seconds: How long each test takes, by its node id.
        entered: ``(path, __qualname__)`` of each function of the domain that a test enters.
        importers: The modules that import each module, as paths.
        imports: The modules that each file of tests imports, as paths.
        failed: Tests that fail even so, and therefore say nothing about a mutant.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    entered: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    importers: Mapping[str, set[str]] = field(default_factory=dict)
    imports: Mapping[str, set[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests that can notice a mutant, those of its module first, then the quick ones."""
        chosen = [test for test, functions in self.entered.items() if (mutant.path, mutant.function) in functions]
        if not chosen:  # the change is effective beyond one function, or the function is called before any test
            chosen = [test for test, functions in self.entered.items() if self._uses(mutant.path, test, functions)]
        chosen = [test for test in chosen if test not in self.failed]
        name = Path(mutant.path).stem
        return sorted(chosen, key=lambda test: (f"test_{name}.py" not in test, self.seconds[test]))

    def _uses(self, path: str, test: str, functions: set[tuple[str, str]]) -> bool:
        """Whether a test enters a module, or one that imports it, or its own file imports it."""
        paths = {path} | self.importers.get(path, set())
        imported = self.imports.get(test.partition("::")[0], set())
        return path in imported or any(entered in paths for entered, _ in functions)


def imported_paths(source: Path) -> set[str]:
    """The modules of the domain that a file imports, as paths."""
    names = {module.removeprefix("simcrm.").replace(".", "/") for module in imported_modules(source)}
    return {f"{name}.py" for name in names} | {f"{name}/__init__.py" for name in names}


def importers(domain: Path) -> dict[str, set[str]]:
    """The modules of the domain that import each module."""
    found: dict[str, set[str]] = defaultdict(set)
    for source in domain.rglob("*.py"):
        for path in imported_paths(source):
            found[path].add(source.relative_to(domain).as_posix())
    return dict(found)


class EnteredFunctions:
    """Notes, as a plugin, which functions of the domain each test enters and how long it takes."""

    def __init__(self, domain: Path) -> None:
        self._domain = f"{domain}/"
        self._codes: set[CodeType] = set()
        self._imports: dict[str, set[str]] = {}
        self.run = CleanRun(importers=importers(domain), imports=self._imports)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what is entered from the set-up to the tear-down."""
        self._imports.setdefault(item.nodeid.partition("::")[0], imported_paths(item.path))
        self._codes = set()
        threading.settrace(self._note)
        sys.settrace(self._note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)
            self.run.entered[item.nodeid] = {
                (code.co_filename.removeprefix(self._domain), code.co_qualname)
                for code in self._codes
                if code.co_filename.startswith(self._domain)
            }

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a test's set-up, call or tear-down."""
        if report.failed:
            self.run.failed.add(report.nodeid)
        self.run.seconds[report.nodeid] = self.run.seconds.get(report.nodeid, 0.0) + report.duration

    def _note(self, frame: FrameType, _event: str, _argument: object) -> None:
        self._codes.add(frame.f_code)


class SelectedTests:
    """Runs, as a plugin, some tests of all, in their order.

    A mutant may change the parameters of a test and thereby its node id; such a test runs last.

    Args:
        tests: The node ids of the tests to run.
        known: All node ids without a mutant.
    """

    def __init__(self, tests: list[str], known: Container[str]) -> None:
        self._order = {test: number for number, test in enumerate(tests)}
        self._functions = {test.partition("[")[0] for test in tests}
        self._known = known

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Drop and sort what was collected."""
        chosen = (item for item in items if item.nodeid in self._order or self._is_new(item.nodeid))
        items[:] = sorted(chosen, key=lambda item: self._order.get(item.nodeid, len(self._order)))

    def _is_new(self, test: str) -> bool:
        return test not in self._known and test.partition("[")[0] in self._functions
