"""A deployed stack with its parameters, outputs and secret."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from simcrm_cli.aws import aws_client
from simcrm_cli.deploy.api_tokens import new_token
from simcrm_cli.deploy.secret import MARK, StackSecret, restore_values
from simcrm_cli.errors import AwsError, InvalidStackNameError, NotDeployedError
from simcrm_embedded.deployment import api_url

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

NO_STACK = "does not exist"
STACK_NAME = "simcrm"
_MAX_NAME_CHARACTERS = 64
"""The stack's schedule group has the stack's name, and AWS allows no more characters there."""
_STACK_NAME = re.compile(rf"[A-Za-z][A-Za-z0-9-]{{0,{_MAX_NAME_CHARACTERS - 1}}}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}", re.ASCII)


def default_region() -> str:
    """Return the Region from the environment, or us-east-1."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def find_stack(name: str, region: str) -> "DeployedStack":
    """Return the stack with this name, whether or not it exists.

    Raises:
        InvalidStackNameError: no stack can have this name, or there is no such AWS Region.
    """
    if not _STACK_NAME.fullmatch(name):
        raise InvalidStackNameError(
            "stack name",
            name,
            f"begin with a letter, then at most {_MAX_NAME_CHARACTERS - 1} letters, digits and hyphens",
        )
    if not _REGION.fullmatch(region):
        raise InvalidStackNameError("Region", region, "such as eu-west-1")
    return DeployedStack(name, region)


@dataclass(frozen=True, slots=True)
class Stored:
    """Names of the secret's fields that a deployment changed and restored; ``held`` is the secret's full content."""

    changed: tuple[str, ...]
    restored: tuple[str, ...]
    held: Mapping[str, str] = field(repr=False)


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(name for name, value in new.items() if old.get(name) != value))


@dataclass(frozen=True)
class DeployedStack:
    """A stack in one Region of the account that the AWS credentials belong to."""

    name: str
    region: str

    def parameters(self) -> dict[str, str]:
        """Return its parameters, or none if it is not deployed yet.

        Raises:
            AwsError: the stack cannot be read.
        """
        stack = self._describe()
        return {} if stack is None else {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}

    def outputs(self) -> dict[str, str]:
        """Return its outputs by name, or none if it is not deployed yet.

        Raises:
            AwsError: the stack cannot be read.
        """
        stack = self._describe()
        return {} if stack is None else {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}

    def held(self) -> Mapping[str, str]:
        """Return the content of its secret, or nothing if it is not deployed yet.

        Raises:
            AwsError: the secret cannot be read.
        """
        arn = self.outputs().get("SecretArn")
        return {} if arn is None else self._secret(arn).read()

    def secret(self) -> StackSecret:
        """Return its secret.

        Raises:
            AwsError: the stack cannot be read.
            NotDeployedError: the stack is not deployed.
        """
        arn = self.outputs().get("SecretArn")
        if arn is None:
            raise NotDeployedError(self.name, self.region)
        return self._secret(arn)

    def store(self, arn: str, keys: Mapping[str, str], former: Mapping[str, str]) -> Stored:
        """Store keys in the secret, and create a boss token if there is none.

        If the deployment regenerated the secret, restore the values in ``former``, its content before the deployment,
        or those of the previous version if an earlier deployment was interrupted in between.

        Raises:
            AwsError: the secret cannot be read or written.
            SecretBusyError: others kept changing it.
        """
        secret, token = self._secret(arn), new_token()
        previous = secret.previous()
        found = Stored((), (), {})

        def edit(secret: Mapping[str, str]) -> Mapping[str, str]:
            nonlocal found
            kept = restore_values(secret, former, previous)
            new = {**kept, **keys}
            new[MARK] = new.get(MARK) or token
            found = Stored(_differing(secret, new), _differing(secret, kept), new)
            return new

        secret.change(edit)
        return found

    def restore(self, former: Mapping[str, str]) -> None:
        """Restore the secret's former content if a failed deployment has regenerated it.

        Raises:
            AwsError: the secret cannot be read or written.
            SecretBusyError: others kept changing it.
        """
        arn = self.outputs().get("SecretArn")
        if arn is not None and former:
            self._secret(arn).change(lambda held: restore_values(held, former))

    def api_url(self, outputs: Mapping[str, str]) -> str:
        """Return its API URL, served by an emulator if AWS_ENDPOINT_URL is set."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        return api_url(endpoint, outputs) if endpoint else outputs["ApiUrl"]

    @cached_property
    def _cloudformation(self) -> "CloudFormationClient":
        client: CloudFormationClient = aws_client("cloudformation", self.region)
        return client

    @cached_property
    def _secrets_manager(self) -> "SecretsManagerClient":
        client: SecretsManagerClient = aws_client("secretsmanager", self.region)
        return client

    def _describe(self) -> Any:
        try:
            return self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            if NO_STACK in str(error):
                return None
            raise AwsError(error) from None

    def _secret(self, arn: str) -> StackSecret:
        return StackSecret(self._secrets_manager, arn)
