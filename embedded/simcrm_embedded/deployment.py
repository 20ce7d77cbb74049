"""Deploy the built template to the emulator, and prepare the deployed stack for use."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.session import Session as CoreSession

from simcrm_embedded.build import sam_config
from simcrm_embedded.environment import REGION, credentials, tool_environment
from simcrm_embedded.loopback import get_json
from simcrm_embedded.parameter_overrides import parameter_overrides
from simcrm_embedded.sam_runner import StepRunner, sam_command
from simcrm_embedded.state import StackState

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

STACK_NAME = "simcrm"
TIMEOUT = 600.0
_OPTIONS = (
    "--resolve-s3",
    "--capabilities",
    "CAPABILITY_IAM",
    "CAPABILITY_AUTO_EXPAND",
    "--no-confirm-changeset",
    "--no-progressbar",
)


def deploy(steps: StepRunner, template: Path, parameters: Mapping[str, str]) -> None:
    """Run ``sam deploy`` with a built template against the stack's emulator.

    Raises:
        StackError: the SAM CLI is missing, or the deployment failed or timed out.
    """
    command = [*sam_command(steps.project), "deploy", "--stack-name", STACK_NAME, "--region", REGION, *_OPTIONS]
    command += ["--template-file", str(template), "--config-file", str(sam_config(steps.project))]
    env = tool_environment(steps.env, steps.state.endpoint, steps.state.aws_token)
    with parameter_overrides(parameters, steps.project.home) as overrides:
        steps.run("sam deploy", command + overrides, env=env, timeout=TIMEOUT)


def read_outputs(state: StackState) -> dict[str, str]:
    """Return the outputs of the deployed template by name."""
    stacks = aws_client(state, "cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stacks[0].get("Outputs", [])}


def put_secret(state: StackState, arn: str, values: Mapping[str, str]) -> None:
    """Fill the stack's secret."""
    secrets_manager(state).put_secret_value(SecretId=arn, SecretString=json.dumps(dict(values)))


def secrets_manager(state: StackState) -> "SecretsManagerClient":
    """Return a client for the emulator's Secrets Manager."""
    client: SecretsManagerClient = aws_client(state, "secretsmanager")
    return client


def s3(state: StackState) -> "S3Client":
    """Return a client for the emulator's S3."""
    client: S3Client = aws_client(state, "s3")
    return client


def api_gateway(state: StackState) -> "APIGatewayClient":
    """Return a client for the emulator's API Gateway."""
    client: APIGatewayClient = aws_client(state, "apigateway")
    return client


def aws_client(state: StackState, service: str, **settings: Any) -> Any:
    """Return a client for the stack's emulator, independent of the user's account and proxies.

    ``settings`` are those of botocore's ``Config``.
    """
    config = Config(proxies={}, **settings)
    return _session(state.aws_token).client(service, endpoint_url=state.endpoint, config=config)  # type: ignore[call-overload]


def api_url(endpoint: str, outputs: Mapping[str, str]) -> str:
    """Return the emulator's URL for the API; on AWS it is in the output ApiUrl."""
    return f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/{outputs['ApiStage']}"


def is_healthy(url: str) -> bool:
    """Whether the deployed API reports that it is healthy."""
    answer = get_json(f"{url}/api/health", timeout=15)
    return isinstance(answer, dict) and answer.get("ok") is True


def _session(token: str) -> boto3.Session:
    """Return a session that never reads the user's profiles, endpoints or credentials."""
    known = credentials(token)
    nowhere = {name: (None, None, known[variable], None) for name, variable in _USER_FILES.items()}
    core = CoreSession(session_vars={"profile": (None, None, None, None), **nowhere})
    return boto3.Session(
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=known["AWS_SESSION_TOKEN"],
        region_name=REGION,
        botocore_session=core,
    )


_USER_FILES = {"config_file": "AWS_CONFIG_FILE", "credentials_file": "AWS_SHARED_CREDENTIALS_FILE"}
