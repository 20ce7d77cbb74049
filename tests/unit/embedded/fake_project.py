"""A project whose tools are small programs, so that starting a stack takes a second."""

import sys
from pathlib import Path

from simcrm_embedded.project import Project

HERE = Path(__file__).parent


def make_project(folder: Path) -> Project:
    """A project in ``folder`` with working stand-ins for the emulator and the SAM CLI."""
    for name in ("template.yaml", "pyproject.toml", "functions/api.py", "layers/simcrm.py", "statemachine/s.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for tool, program in (("emulator", "python"), ("emulator", "ministack"), ("sam", "sam")):
        _install(folder / ".simcrm" / "tools" / tool / "bin" / program, HERE / f"fake_{tool}.py")
    (folder / ".simcrm" / "tools" / "sam" / "bin" / "python").symlink_to(sys.executable)
    return Project(root=folder, home=folder / ".simcrm")


def _install(program: Path, source: Path) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!{sys.executable}\n{source.read_text(encoding='utf-8')}", encoding="utf-8")
    program.chmod(0o755)
