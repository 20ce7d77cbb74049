"""Deploying the built template into the emulator, and what a deployed stack needs before it is of use."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.session import Session as CoreSession

from simcrm_embedded.build import sam_config
from simcrm_embedded.environment import EMULATED_CREDENTIALS, REGION, tool_environment
from simcrm_embedded.loopback import get_json
from simcrm_embedded.parameters import parameter_overrides
from simcrm_embedded.steps import StepRunner, sam_command

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

STACK_NAME = "simcrm"
TIMEOUT = 180.0
_OPTIONS = (
    "--resolve-s3",
    "--capabilities",
    "CAPABILITY_IAM",
    "CAPABILITY_AUTO_EXPAND",
    "--no-confirm-changeset",
    "--no-progressbar",
)


def deploy(steps: StepRunner, template: Path, endpoint: str, parameters: Mapping[str, str]) -> None:
    """Run ``sam deploy`` with a built template against the emulator.

    Raises:
        StackError: the SAM CLI is missing, the deployment failed or took too long.
    """
    command = [*sam_command(steps.project), "deploy", "--stack-name", STACK_NAME, "--region", REGION, *_OPTIONS]
    command += ["--template-file", str(template), "--config-file", str(sam_config(steps.project))]
    with parameter_overrides(parameters, steps.project.home) as overrides:
        steps.run("sam deploy", command + overrides, env=tool_environment(steps.env, endpoint), timeout=TIMEOUT)


def read_outputs(endpoint: str) -> dict[str, str]:
    """The deployed template's outputs by name."""
    stacks = _session().client("cloudformation", endpoint_url=endpoint).describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stacks[0].get("Outputs", [])}


def put_secret(endpoint: str, arn: str, values: Mapping[str, str]) -> None:
    """Fill the stack's one secret."""
    secrets_manager(endpoint).put_secret_value(SecretId=arn, SecretString=json.dumps(dict(values)))


def secrets_manager(endpoint: str) -> "SecretsManagerClient":
    """The client of the emulator's Secrets Manager."""
    return _session().client("secretsmanager", endpoint_url=endpoint)


def s3(endpoint: str) -> "S3Client":
    """The emulator's buckets."""
    return _session().client("s3", endpoint_url=endpoint)


def api_gateway(endpoint: str) -> "APIGatewayClient":
    """The client of the emulator's API Gateway."""
    return _session().client("apigateway", endpoint_url=endpoint)


def api_url(endpoint: str, outputs: Mapping[str, str]) -> str:
    """Where the emulator serves the API that AWS would serve at the output ApiUrl."""
    return f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def is_healthy(url: str) -> bool:
    """Whether the deployed API says that it can work."""
    answer = get_json(f"{url}/api/health", timeout=15)
    return isinstance(answer, dict) and answer.get("ok") is True


def _session() -> boto3.Session:
    """A session that never looks at the user's profiles, endpoints or credentials."""
    nowhere = {name: (None, None, EMULATED_CREDENTIALS[variable], None) for name, variable in _USER_FILES.items()}
    core = CoreSession(session_vars={"profile": (None, None, None, None), **nowhere})
    return boto3.Session(
        aws_access_key_id=EMULATED_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=EMULATED_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        botocore_session=core,
    )


_USER_FILES = {"config_file": "AWS_CONFIG_FILE", "credentials_file": "AWS_SHARED_CREDENTIALS_FILE"}
