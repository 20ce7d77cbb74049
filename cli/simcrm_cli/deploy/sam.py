"""Runs the SAM CLI to build and deploy to an account; its output goes straight to the terminal."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from simcrm_cli.deploy.deployment_config import DeploymentConfig
from simcrm_cli.errors import CliError
from simcrm_embedded.parameter_overrides import parameter_overrides
from simcrm_embedded.project import Project
from simcrm_embedded.sam_runner import sam_command

CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


class SamError(CliError):
    """The SAM CLI failed and has printed the reason."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__("SAM_FAILED", f"sam {step} ended with {code}: see above.")


def build(project: Project) -> None:
    """Build the artifacts for Lambda.

    Raises:
        MissingToolError: the SAM CLI is not installed.
        SamError: the SAM CLI failed.
    """
    run(project, ["build"])


def deploy(project: Project, config: DeploymentConfig, known: Mapping[str, str], template: Path | None) -> None:
    """Create or upgrade a deployment; parameters that the template does not have are left out.

    Raises:
        MissingToolError: the SAM CLI is not installed.
        SamError: the SAM CLI failed.
    """
    arguments = ["deploy", "--stack-name", config.stack_name, "--region", config.region]
    arguments += ["--resolve-s3", "--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
    arguments += ["--capabilities", *CAPABILITIES]
    arguments += [] if template is None else ["--template-file", str(template)]
    values = {name: value for name, value in sorted(config.parameters.items()) if name in known}
    with parameter_overrides(values, project.home) as overrides:
        run(project, arguments + overrides)


def run(project: Project, arguments: list[str]) -> None:
    """Run the SAM CLI in the project's folder.

    Raises:
        MissingToolError: the SAM CLI is not installed.
        SamError: the SAM CLI failed.
    """
    command = [*sam_command(project), *arguments]
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    ended = subprocess.run(command, cwd=project.root, env=env, stdout=sys.stderr, check=False)  # noqa: S603 - our own command
    if ended.returncode != 0:
        raise SamError(arguments[0], ended.returncode)
