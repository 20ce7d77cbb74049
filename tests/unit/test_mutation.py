"""What ``make mutation`` changes, draws and runs; what it leaves out has a reason and is still there."""

import ast
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from forked_runs import TIMED_OUT, ForkedRuns
from import_graph import DOMAIN
from mutants import find_mutants, mutate, sample_mutants
from run_mutants import accepted_mutants
from selected_tests import CleanRun, SelectedTests, importers


def changes(source: str) -> set[str]:
    return {mutant.after for mutant in mutate("core/a.py", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a == b", {"(a != b)"}),
        ("a < b", {"(a <= b)"}),
        ("a is None", {"(a is not None)"}),
        ("a and b", {"(a or b)"}),
        ("a or b or c", {"(a and b and c)", "((a) or (b))"}),
        ("a + b", {"(a - b)"}),
        ("a //= b", {"a *= b"}),
        ("not a", {"(a)"}),
        ("f(7)", {"f(8)"}),
        ("f(True)", {"f(False)"}),
        ("a if b else c", {"(c if b else a)"}),
        ("[a for a in b if c(a)]", {"[a for a in b if (not c(a))]"}),
        ("if a(): pass", {"if (not a()): pass"}),
        ("def f(): return a", {"def f(): return None"}),
    ],
)
def test_each_kind_of_mistake_is_made(source: str, expected: set[str]) -> None:
    assert changes(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "'text' + a",
        "a = 'text'",
        "a: int | None",
        "def f(a: int | None) -> int | None: pass",
        "@dataclass(frozen=True)\nclass A(B, total=False): pass",
        "if TYPE_CHECKING:\n    a = 1",
        "zip(a, b, strict=True)",
        "Json = str | None",
        "def f(): return None",
    ],
)
def test_what_no_test_sees_stays(source: str) -> None:
    assert changes(source) == set()


def test_a_mutant_is_the_module_with_one_change_and_names_its_place() -> None:
    source = "class A:\n    def f(self):\n        é = lambda: 1\n        def g(a=('é', 2)):\n            pass\n"
    first, second = mutate("core/a.py", source)

    assert (first.function, first.line, first.before, first.after) == ("A.f", 3, "é = lambda: 1", "é = lambda: 2")
    assert (second.function, second.line) == ("A.f.<locals>.g", 4)
    assert second.source == source.replace("2", "3")


def test_a_mutant_of_a_shared_result_is_one_of_the_module() -> None:
    assert [one.function for one in mutate("core/a.py", "@cache\ndef f(): return a")] == [""]


def test_all_mutants_of_the_domain_can_be_compiled() -> None:
    for package in ("core", "cache"):
        for mutant in find_mutants(DOMAIN, package):
            ast.parse(mutant.source)


def test_a_sample_is_the_same_for_a_seed_and_stays_when_other_lines_change() -> None:
    source = "".join(f"a{number} = {number}\n" for number in range(100))
    drawn = [one.key for one in sample_mutants(list(mutate("core/a.py", source)), 10, 1)]
    after_change = [one.key for one in sample_mutants(list(mutate("core/a.py", f"b()\n\n{source}")), 10, 1)]
    other_seed = [one.key for one in sample_mutants(list(mutate("core/a.py", source)), 10, 2)]

    assert len(set(drawn)) == 10
    assert drawn == after_change
    assert drawn != other_seed


def test_tests_that_reach_a_mutant_run_those_of_its_module_first_then_the_quick_ones() -> None:
    run = CleanRun(
        {"test_b.py::slow": 3.0, "test_b.py::quick": 1.0, "test_a.py::slow": 9.0, "test_a.py::other": 1.0},
        {
            "test_b.py::slow": {("core/a.py", "f")},
            "test_b.py::quick": {("core/a.py", "f")},
            "test_a.py::slow": {("core/a.py", "f")},
            "test_a.py::other": {("core/a.py", "g"), ("core/b.py", "f")},
        },
    )
    (mutant,) = mutate("core/a.py", "def f(): return a")

    assert run.tests_for(mutant) == ["test_a.py::slow", "test_b.py::quick", "test_b.py::slow"]


def test_a_test_whose_parameters_a_mutant_changes_runs_last() -> None:
    names = ["a.py::one[3]", "a.py::two[1]", "a.py::one[new]", "a.py::three[new]", "a.py::one[4]"]
    items: list[Any] = [SimpleNamespace(nodeid=name) for name in names]
    known = {"a.py::one[3]", "a.py::one[4]", "a.py::two[1]"}

    SelectedTests(["a.py::two[1]", "a.py::one[3]"], known).pytest_collection_modifyitems(items)

    assert [item.nodeid for item in items] == ["a.py::two[1]", "a.py::one[3]", "a.py::one[new]"]


def test_a_test_that_fails_without_a_mutant_says_nothing_about_one() -> None:
    entered = {"a.py::one": {("core/a.py", "f")}, "a.py::two": {("core/a.py", "f")}}
    run = CleanRun({"a.py::one": 1.0, "a.py::two": 2.0}, entered, failed={"a.py::one"})
    (mutant,) = mutate("core/a.py", "def f(): return a")

    assert run.tests_for(mutant) == ["a.py::two"]


def test_a_constant_is_reached_by_tests_of_whatever_imports_its_module() -> None:
    run = CleanRun(
        {"one": 1.0, "two": 2.0},
        {"one": {("core/b.py", "f")}, "two": {("core/c.py", "f")}},
        {"core/a.py": {"core/b.py"}},
    )
    (mutant,) = mutate("core/a.py", "A = 1")

    assert run.tests_for(mutant) == ["one"]


def test_a_constant_is_reached_by_tests_whose_file_imports_it() -> None:
    run = CleanRun(
        {"a.py::one": 1.0, "b.py::two": 2.0}, {"a.py::one": set(), "b.py::two": set()}, {}, {"a.py": {"core/a.py"}}
    )
    (mutant,) = mutate("core/a.py", "A = 1")

    assert run.tests_for(mutant) == ["a.py::one"]


def test_importers_are_read_from_the_sources() -> None:
    assert "hubspot/rate_limit/redis_limiter.py" in importers(DOMAIN)["hubspot/rate_limit/budgets.py"]


def test_a_run_sees_its_change_and_the_next_one_does_not(tmp_path: Path) -> None:
    domain = tmp_path / "simcrm"
    domain.mkdir()
    (domain / "a.txt").write_text("1", encoding="utf-8")
    runs = ForkedRuns[str](domain, tmp_path / "copies", 1)

    def read(copy: Path) -> int:
        sys.stdout.write(f"imported from {sys.path[0]}\n")
        return int((copy / "a.txt").read_text(encoding="utf-8"))

    runs.start("changed", read, 60, ("a.txt", "2"))
    changed = runs.wait()
    runs.start("clean", read, 60, None)
    clean = runs.wait()

    assert (changed.job, changed.code, clean.job, clean.code) == ("changed", 2, "clean", 1)
    assert changed.output == f"imported from {tmp_path}/copies/0\n"
    assert (domain / "a.txt").read_text(encoding="utf-8") == "1"


def test_a_run_that_does_not_end_is_ended(tmp_path: Path) -> None:
    (tmp_path / "simcrm").mkdir()
    runs = ForkedRuns[str](tmp_path / "simcrm", tmp_path / "copies", 1)

    def hang(_copy: Path) -> int:
        time.sleep(600)
        return 0

    runs.start("hangs", hang, 0.2, None)

    assert not runs.has_room
    assert runs.wait().code == TIMED_OUT
    assert runs.is_idle


def test_what_is_accepted_has_a_reason_and_is_still_a_mutant() -> None:
    accepted = accepted_mutants()
    packages = {path.partition("/")[0] for path, _, _ in accepted}
    keys = {mutant.key for package in packages for mutant in find_mutants(DOMAIN, package)}

    assert all(accepted.values())
    assert set(accepted) <= keys
