from pathlib import Path

import pytest

from simcrm_embedded import project as module
from simcrm_embedded.errors import ProjectNotFoundError
from simcrm_embedded.project import find_project


def make_project(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "template.yaml").touch()
    (folder / "pyproject.toml").touch()
    return folder


def test_the_project_is_found_from_a_folder_deep_inside_it(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    inside = root / "functions" / "api"
    inside.mkdir(parents=True)

    project = find_project(inside, env={})

    assert project.root == root
    assert project.home == root / ".simcrm"


def test_outside_any_project_it_is_found_from_the_installed_package(tmp_path: Path) -> None:
    project = find_project(tmp_path, env={})

    assert project.root in Path(module.__file__).parents
    assert project.template.is_file()


def test_a_template_of_something_else_is_not_taken_for_the_project(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").touch()

    assert find_project(tmp_path, env={}).root != tmp_path


def test_where_there_is_no_project_at_all_the_message_names_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "elsewhere" / "project.py"))

    with pytest.raises(ProjectNotFoundError, match=str(tmp_path)):
        find_project(tmp_path, env={})


def test_the_state_can_live_elsewhere_so_that_two_stacks_run_side_by_side(tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")

    project = find_project(root, env={"SIMCRM_STATE_DIR": str(tmp_path / "other")})

    assert project.state_file == tmp_path / "other" / "state.json"
    assert project.tools == root / ".simcrm" / "tools"
