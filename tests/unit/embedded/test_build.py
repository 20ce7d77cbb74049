from collections.abc import Callable
from pathlib import Path

import pytest

from simcrm_embedded.build import Build, sam_config, source_hash
from simcrm_embedded.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    files = {
        "template.yaml": "Resources: {}",
        "functions/api/api.py": "api = 1",
        "layers/domain/simcrm/core/errors.py": "errors = 1",
        "statemachine/simulation.asl.json": "{}",
        ".simcrm/tools/emulator/pyvenv.cfg": "version = 3.11.7",
        "README.md": "words",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Project(root=tmp_path, home=tmp_path / ".simcrm")


def edit(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).write_text("changed", encoding="utf-8")


def rename(path: str, name: str) -> Callable[[Path], object]:
    return lambda root: (root / path).rename((root / path).with_name(name))


@pytest.mark.parametrize(
    "change",
    [
        edit("template.yaml"),
        edit("functions/api/api.py"),
        edit("layers/domain/simcrm/core/errors.py"),
        edit("statemachine/simulation.asl.json"),
        edit(".simcrm/tools/emulator/pyvenv.cfg"),
        edit("functions/api/new.py"),
        rename("functions/api/api.py", "renamed.py"),
        lambda root: (root / "functions/api/api.py").unlink(),
    ],
    ids=["template", "function", "layer", "state machine", "interpreter", "new file", "new name", "removed"],
)
def test_what_goes_into_the_build_changes_its_fingerprint(project: Project, change: Callable[[Path], object]) -> None:
    before = source_hash(project)

    change(project.root)

    assert source_hash(project) != before


@pytest.mark.parametrize("path", ["README.md", "functions/api/__pycache__/api.pyc", "layers/.ruff_cache/x"])
def test_what_does_not_go_into_the_build_leaves_its_fingerprint_alone(project: Project, path: str) -> None:
    before = source_hash(project)
    (project.root / path).parent.mkdir(parents=True, exist_ok=True)

    edit(path)(project.root)

    assert source_hash(project) == before


def test_a_build_is_there_with_its_template_and_for_its_sources_alone(project: Project) -> None:
    built = Build(project, source_hash(project))
    assert not built.is_there
    built.folder.mkdir(parents=True)
    assert not built.is_there

    built.template.touch()

    assert built.is_there
    assert not Build(project, "of other sources").is_there


def test_the_sam_cli_gets_a_configuration_that_deploys_nowhere(project: Project) -> None:
    assert sam_config(project).read_text(encoding="utf-8") == "version = 0.1\n"
    assert sam_config(project).parent == project.home
