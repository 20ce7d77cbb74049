"""A deployed stack: its parameters, its outputs and its secret."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from simcrm_cli.errors import CliError
from simcrm_embedded.deploy import api_url

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

NO_STACK = "does not exist"
TOKEN_BYTES = 24


class AwsError(CliError):
    """AWS cannot be asked, or says no."""

    def __init__(self, error: Exception) -> None:
        super().__init__("AWS_REFUSED", f"AWS cannot be used: {error}")


@dataclass(frozen=True)
class DeployedStack:
    """One stack of one Region, in the account of the AWS credentials at hand."""

    name: str
    region: str

    def parameters(self) -> dict[str, str]:
        """Its parameters; none where it is not deployed yet.

        Raises:
            AwsError: it cannot be asked for.
        """
        found = self._describe()
        return {} if found is None else {item["ParameterKey"]: item["ParameterValue"] for item in found["Parameters"]}

    def outputs(self) -> dict[str, str]:
        """Its outputs by name; none where it is not deployed yet.

        Raises:
            AwsError: it cannot be asked for.
        """
        found = self._describe()
        return {} if found is None else {item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])}

    def filled_keys(self) -> dict[str, bool]:
        """Which fields of its secret are filled.

        Raises:
            AwsError: the secret cannot be read.
        """
        arn = self.outputs().get("SecretArn")
        return {} if arn is None else {name: bool(value) for name, value in self._secret(arn).items()}

    def store(self, arn: str, keys: Mapping[str, str]) -> list[str]:
        """Put keys into the secret and give the boss a token if there is none; returns the names that changed.

        Raises:
            AwsError: the secret cannot be read or written.
        """
        held = self._secret(arn)
        new = {**held, **keys}
        new["bossToken"] = new.get("bossToken") or secrets.token_urlsafe(TOKEN_BYTES)
        changed = sorted(name for name, value in new.items() if held.get(name) != value)
        if changed:
            try:
                self._secrets_manager.put_secret_value(SecretId=arn, SecretString=json.dumps(new))
            except (BotoCoreError, ClientError) as error:
                raise AwsError(error) from None
        return changed

    def api_url(self, outputs: Mapping[str, str]) -> str:
        """Where its API is; behind AWS_ENDPOINT_URL an emulator serves it."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        return api_url(endpoint, outputs) if endpoint else outputs["ApiUrl"]

    @cached_property
    def _cloudformation(self) -> "CloudFormationClient":
        return boto3.client("cloudformation", region_name=self.region)

    @cached_property
    def _secrets_manager(self) -> "SecretsManagerClient":
        return boto3.client("secretsmanager", region_name=self.region)

    def _describe(self) -> Any:
        try:
            return self._cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except (BotoCoreError, ClientError) as error:
            if NO_STACK in str(error):
                return None
            raise AwsError(error) from None

    def _secret(self, arn: str) -> dict[str, str]:
        try:
            held: dict[str, str] = json.loads(self._secrets_manager.get_secret_value(SecretId=arn)["SecretString"])
        except (BotoCoreError, ClientError, ValueError) as error:
            raise AwsError(error) from None
        return held
