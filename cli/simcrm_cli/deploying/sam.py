"""The SAM CLI, building and deploying for an account; its output goes to the terminal as it comes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from simcrm_cli.deploying.wanted import Wanted
from simcrm_cli.errors import CliError
from simcrm_embedded.project import Project
from simcrm_embedded.steps import sam_program

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


class SamError(CliError):
    """The SAM CLI ended with an error, which it has told itself."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__("SAM_FAILED", f"sam {step} ended with {code}: see above.")


def build_command(project: Project) -> list[str]:
    """How the artifacts for Lambda are built.

    Raises:
        MissingToolError: the SAM CLI is not installed.
    """
    return [sam_program(project), "build"]


def deploy_command(project: Project, wanted: Wanted, known: Mapping[str, str], template: Path | None) -> list[str]:
    """How a deployment is made or upgraded; parameters that are as the template has them are left to it.

    Raises:
        MissingToolError: the SAM CLI is not installed.
    """
    command = [sam_program(project), "deploy", "--stack-name", wanted.stack_name, "--region", wanted.region]
    command += ["--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    command += ["--capabilities", *CAPABILITIES]
    command += [] if template is None else ["--template-file", str(template)]
    overrides = [f"{name}={_quoted(value)}" for name, value in sorted(wanted.parameters.items()) if name in known]
    return [*command, "--parameter-overrides", *overrides] if overrides else command


def run(project: Project, command: list[str]) -> None:
    """Run a command in the project's folder.

    Raises:
        SamError: it did not end with 0.
    """
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    ended = subprocess.run(command, cwd=project.root, env=env, stdout=sys.stderr, check=False)  # noqa: S603 - ours
    if ended.returncode != 0:
        raise SamError(command[1], ended.returncode)


def _quoted(value: str) -> str:
    """A parameter's value as the SAM CLI reads it; the input of a schedule is JSON with quotes of its own."""
    return '"' + value.replace('"', '\\"') + '"'
