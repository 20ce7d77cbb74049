"""What is installed is what was locked, by its hash; what an audit leaves out has a reason that is told."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers" / "dependencies" / "requirements.txt"]
INSTALLERS = [ROOT / "Makefile", ROOT / ".ci" / "run", *sorted((ROOT / "layers").glob("*/Makefile"))]
PINNED = "--require-hashes"
UNPINNED = {
    "--no-build-isolation --editable .": "the project itself, without dependencies",
    "install --quiet uv": "the tool that makes the locks; nothing is installed by it",
}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_package_of_a_lock_is_pinned_by_hash(lock: Path) -> None:
    packages = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())

    assert packages
    assert [item.split()[0] for item in packages if "==" not in item.split()[0] or "--hash=sha256:" not in item] == []


def test_whatever_is_installed_is_compared_with_its_hash() -> None:
    commands = [
        line.replace("$(PIP_INSTALL)", f"pip install {PINNED}")
        for path in INSTALLERS
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        if not line.startswith("#") and ("pip install" in line or "$(PIP_INSTALL)" in line)
    ]

    assert len(commands) >= 5
    assert [line for line in commands if PINNED not in line and not any(known in line for known in UNPINNED)] == []


def test_what_the_audit_leaves_out_is_told_with_the_same_reason() -> None:
    skipped = re.findall(r"^  - (CKV_\w+) # (.+)$", (ROOT / ".checkov.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    told = re.findall(
        r"^\| (CKV_\w+) \| (.+) \|$", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"), re.MULTILINE
    )

    assert skipped == told
    assert (ROOT / ".checkov.yaml").read_text(encoding="utf-8").count("CKV_") == len(skipped)


def test_nothing_is_left_out_beside_that_list() -> None:
    sources = [ROOT / "template.yaml", *(ROOT / "statemachine").glob("*.json"), ROOT / "Makefile", ROOT / ".ci" / "run"]

    assert [path.name for path in sources if re.search("checkov:|skip-check|ignore_checks", path.read_text())] == []


def test_continuous_integration_runs_the_audit() -> None:
    commands = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert [line for line in commands if line.startswith("make ") and "audit" in line.split()] != []
