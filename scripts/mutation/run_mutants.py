"""Tell how many small mistakes in a package its own unit tests notice: ``make mutation``.

A seed draws some mutants of each package; each is put into a copy of the domain and meets the tests of
``tests/unit/<package>`` that reach it, until one fails. What no test notices is printed; what none can notice stands in
``accepted.toml`` with the reason and is not counted.
"""

import argparse
import difflib
import pickle
import tempfile
import time
import tomllib
from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from forked_runs import TIMED_OUT, Ended, ForkedRuns
from import_graph import DOMAIN, ROOT
from mutants import Mutant, find_mutants, sample_mutants
from selected_tests import CleanRun, EnteredFunctions, SelectedTests

ACCEPTED = Path(__file__).with_name("accepted.toml")
PARALLEL = 2
START_SECONDS = 20.0
"""What a run may take beside its tests: importing and collecting them on a busy machine."""

SLOWDOWN = 10
OPTIONS = [
    *("-q", "-c", str(ROOT / "pyproject.toml")),
    *("-p", "no:cacheprovider", "--disable-plugin-autoload", "-p", "pytest_timeout", "-p", "pytest_socket"),
]
"""Other plugins take longer to import than most runs take."""

Job = tuple[str, Mutant | None]


@dataclass
class PackageResult:
    """What became of the mutants of a package.

    Attributes:
        waiting: Not run yet.
        survivors: Noticed by no test.
        killed: How many a test noticed, or never ended.
        clean: What the tests do without a mutant.
    """

    waiting: deque[Mutant]
    survivors: list[Mutant] = field(default_factory=list)
    killed: int = 0
    clean: CleanRun | None = None

    @property
    def share(self) -> float:
        """The killed ones among all that were run."""
        return self.killed / max(self.killed + len(self.survivors), 1)


def accepted_mutants() -> dict[tuple[str, str, str], str]:
    """The reasons why no test can notice certain mutants, by their keys."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("mutant", [])
    return {(one["path"], one["before"], one["after"]): one["reason"] for one in entries}


def drawn_mutants(package: str, size: int, seed: int) -> deque[Mutant]:
    """Some mutants of a package without the accepted ones."""
    accepted = accepted_mutants()
    return deque(sample_mutants([one for one in find_mutants(DOMAIN, package) if one.key not in accepted], size, seed))


def run_clean(package: str, result: Path, copy: Path) -> int:
    """Run all tests of a package and write to a file what each of them enters."""
    plugin = EnteredFunctions(copy)
    code = pytest.main([*OPTIONS, f"{ROOT}/tests/unit/{package}"], plugins=[plugin])
    result.write_bytes(pickle.dumps(plugin.run))
    return code


def run_selected(tests: list[str], known: Container[str], _copy: Path) -> int:
    """Run some tests until one fails."""
    files = dict.fromkeys(f"{ROOT}/{test.partition('::')[0]}" for test in tests)
    return pytest.main([*OPTIONS, "-x", "--tb=line", *files], plugins=[SelectedTests(tests, known)])


def run_packages(results: dict[str, PackageResult], folder: Path, end: float) -> None:
    """Run the mutants of all packages in turn until none is left or the time is over.

    Raises:
        RuntimeError: the tests of a package cannot be run.
    """
    runs = ForkedRuns[Job](DOMAIN, folder, PARALLEL)
    jobs = _jobs(results)
    while True:
        job = next(jobs, None) if runs.has_room and time.monotonic() < end else None
        if job is not None:
            _start(runs, job, results[job[0]], folder, end)
        elif runs.is_idle:
            return
        else:
            ended = runs.wait()
            if ended.code != TIMED_OUT or time.monotonic() < end:
                _record(ended, results, folder)
            elif ended.job[1] is not None:  # nobody knows what would have become of it
                results[ended.job[0]].waiting.append(ended.job[1])


def _jobs(results: dict[str, PackageResult]) -> Iterator[Job | None]:
    """A clean run of each package, then one mutant of each package in turn; None while clean runs are going on."""
    yield from ((package, None) for package in results)
    while any(result.waiting for result in results.values()):
        ready = [(package, one) for package, one in results.items() if one.waiting and one.clean is not None]
        yield from ((package, one.waiting.popleft()) for package, one in ready)
        if not ready:
            yield None


def _start(runs: ForkedRuns[Job], job: Job, result: PackageResult, folder: Path, end: float) -> None:
    package, mutant = job
    left = end - time.monotonic()
    if mutant is None:
        runs.start(job, partial(run_clean, package, folder / package), left, None)
        return
    assert result.clean is not None  # noqa: S101 - a package has jobs after its clean run
    tests = result.clean.tests_for(mutant)
    if not tests:
        _survive(result, mutant, "no test reaches it")
        return
    seconds = SLOWDOWN * (START_SECONDS + sum(result.clean.seconds[test] for test in tests))
    action = partial(run_selected, tests, result.clean.entered)
    runs.start(job, action, min(seconds, left), (mutant.path, mutant.source))


def _record(ended: Ended[Job], results: dict[str, PackageResult], folder: Path) -> None:
    package, mutant = ended.job
    if mutant is None:
        if ended.code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            raise RuntimeError(f"the tests of {package} cannot be run:\n{ended.output[-3000:]}")
        clean: CleanRun = pickle.loads((folder / package).read_bytes())  # noqa: S301 - our own
        results[package].clean = clean
        for test in sorted(clean.failed):
            print(f"left out, because it fails without a mutant: {test}", flush=True)
    elif ended.code == pytest.ExitCode.OK:
        _survive(results[package], mutant, "its tests pass")
    else:
        results[package].killed += 1


def _survive(result: PackageResult, mutant: Mutant, reason: str) -> None:
    result.survivors.append(mutant)
    print(f"\nlayers/domain/simcrm/{mutant.path}:{mutant.line}: {reason}", flush=True)
    print("\n".join(_diff(mutant)), flush=True)


def _diff(mutant: Mutant) -> Iterable[str]:
    lines = difflib.ndiff(mutant.before.splitlines(), mutant.after.splitlines())
    return (line for line in lines if line.startswith(("+", "-")))


def _print_summary(results: dict[str, PackageResult]) -> None:
    print("\npackage      killed   of  share  not run")
    for package, one in results.items():
        count = one.killed + len(one.survivors)
        print(f"{package:12} {one.killed:6} {count:4} {one.share:6.0%} {len(one.waiting):8}")


def _options() -> argparse.Namespace:
    packages = sorted(path.parent.name for path in DOMAIN.glob("*/__init__.py"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=30, help="mutants of each package")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("packages", nargs="*", metavar="package", choices=[*packages, []], default=packages)
    return parser.parse_args()


def main() -> None:
    """Run what the command line says."""
    options = _options()
    end = time.monotonic() + options.minutes * 60
    results = {
        package: PackageResult(drawn_mutants(package, options.sample, options.seed)) for package in options.packages
    }
    with tempfile.TemporaryDirectory() as folder:
        run_packages(results, Path(folder), end)
    _print_summary(results)


if __name__ == "__main__":
    main()
