"""Parameters as the SAM CLI reads them from the options it was called with."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from simcrm_embedded.project import find_project

_PROGRAM = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(sys.argv[1:], None, None)))
"""


def read_parameters(options: Sequence[str]) -> dict[str, str]:
    """What follows ``--parameter-overrides``, read by the SAM CLI itself in a machine's poorest encoding."""
    if "--parameter-overrides" not in options:
        return {}
    given = options[options.index("--parameter-overrides") + 1 :]
    python = find_project(Path(__file__).parents[1], env={}).tools / "sam" / "bin" / "python"
    command = [str(python), "-c", _PROGRAM, *given]
    done = subprocess.run(command, env={"LC_ALL": "C"}, capture_output=True, text=True, check=True)
    parameters: dict[str, str] = json.loads(done.stdout)
    return parameters
