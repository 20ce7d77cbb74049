import json
import subprocess
import sys
from pathlib import Path

import pytest
from unit.cli.conftest import Simcrm

from simcrm_cli.main import COMMANDS


def test_help_names_every_command(simcrm: Simcrm) -> None:
    outcome = simcrm("--help")

    assert outcome.code == 0
    assert all(f" {command} " in outcome.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_can_print_json(simcrm: Simcrm, command: str) -> None:
    outcome = simcrm(command, "--help")

    assert outcome.code == 0
    assert "--json" in outcome.out


@pytest.mark.parametrize("arguments", [["lisst"], ["list", "--limit", "many"], ["watch"], ["list", "--nonsense"]])
def test_options_that_make_no_sense_exit_with_2(simcrm: Simcrm, arguments: list[str]) -> None:
    outcome = simcrm(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert "Error" in outcome.err


@pytest.mark.parametrize("arguments", [["lisst"], ["list", "--limit", "many"], ["watch"], ["list", "--nonsense"]])
def test_with_json_even_a_usage_error_is_one_document(simcrm: Simcrm, arguments: list[str]) -> None:
    outcome = simcrm(*arguments, "--json")

    assert outcome.code == 2
    assert outcome.document["ok"] is False
    assert outcome.document["error"]["code"] == "USAGE"


def test_the_installed_program_is_the_same(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("simcrm")
    command = [str(program), "list", "--json", "--api-url", "http://127.0.0.1:1", "--token", "t"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "API_UNREACHABLE"


def test_a_command_does_not_load_what_only_others_need() -> None:
    program = "import sys; from simcrm_cli.main import run; run(['list', '--help']); print('boto3' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split()[-1] == "False"
