"""Layers as the emulator's workers see them: unpacked, put on the path, their site folder read."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simcrm_embedded.layers import LAYERS, layer_packages, share_layers

WORKER = """
import os, site, sys
for layer in sys.argv[1:]:
    python = os.path.join(layer, "python")
    sys.path.insert(0, python)
    for version in os.listdir(os.path.join(python, "lib")):
        site.addsitedir(os.path.join(python, "lib", version, "site-packages"))
import json, ours
print(json.MINE, ours.__file__)
"""


@pytest.fixture(params=["build", "größer's build"])
def build(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A build whose dependency layer has a module of the name of one that is installed, and one of its own."""
    draft = tmp_path / "draft"
    for layer in LAYERS:
        (draft / layer / "python").mkdir(parents=True)
    (draft / LAYERS[0] / "python" / "json.py").write_text("MINE = True", encoding="utf-8")
    (draft / LAYERS[1] / "python" / "ours.py").touch()
    made = tmp_path / str(request.param)
    share_layers(draft, made)
    draft.rename(made)
    return made


def test_a_worker_finds_the_packages_of_the_build_before_its_own(build: Path, tmp_path: Path) -> None:
    unpacked = [shutil.copytree(build / layer, tmp_path / "worker" / layer) for layer in LAYERS]

    done = subprocess.run(
        [sys.executable, "-c", WORKER, *map(str, unpacked)], capture_output=True, check=True, encoding="utf-8"
    )

    assert done.stdout.strip() == f"True {layer_packages(build, LAYERS[1]) / 'ours.py'}"


def test_what_is_deployed_is_one_file_a_layer(build: Path) -> None:
    deployed = [path for layer in LAYERS for path in (build / layer).rglob("*") if path.is_file()]

    assert len(deployed) == len(LAYERS)
