"""An AWS account of moto's own, and a SAM CLI that notes what it is asked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.secretsmanager.models import SecretsManagerBackend
from sam_parameters import read_parameters

from simcrm_cli.deploy.sam import SamError
from simcrm_embedded.project import Project

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

REGION = "eu-west-1"
KEY_VARIABLES = ("SIMCRM_HUBSPOT_TOKEN", "ANTHROPIC_API_KEY", "SIMCRM_REDIS_URL")


@dataclass
class Account:
    """CloudFormation of an account: deploys parameters and a secret as ``sam deploy`` would."""

    api_url: str
    commands: list[list[str]] = field(default_factory=list)
    deployed: dict[str, str] | None = None
    secret_arn: str = ""
    functions: int | None = 1_000
    """That run at a time; None where nobody may ask for it."""
    secret_becomes: str = ""
    """What the next deployments do to the secret: ``anew`` generates its value, ``replaced`` makes another one."""
    fails: bool = False
    """Whether the SAM CLI ends with an error, after which CloudFormation has rolled everything back."""
    _generation: int = 0
    quotas: dict[str, dict[str, float]] = field(default_factory=dict)
    """What Service Quotas lists of a service by name; nobody may ask for those of any other."""

    def run(self, _project: Project, arguments: list[str]) -> None:
        """Take a call of the SAM CLI."""
        self.commands.append(arguments)
        if arguments[0] == "deploy":
            self._make_secret()
            self.deployed = (self.deployed or {}) | read_parameters(arguments)
            if self.fails:
                raise SamError("deploy", 1)

    def _make_secret(self) -> None:
        if self.deployed is None or self.secret_becomes == "replaced":
            name = f"secret-{len(self.commands)}"
            self.secret_arn = secrets_manager().create_secret(Name=name, SecretString=self._generated())["ARN"]
        for _ in range((self.secret_becomes == "anew") * (1 + self.fails)):
            self.put_secret(json.loads(self._generated()))

    def _generated(self) -> str:
        """What CloudFormation makes of the template, the rolled back one too."""
        self._generation += 1
        empty = dict.fromkeys(("hubspotToken", "anthropicApiKey", "redisUrl", "bossToken"), "")
        return json.dumps({**empty, "operatorToken": f"generated-{self._generation}"})

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the name is AWS's
        """What the client answers."""
        if self.deployed is None:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        outputs = {"SecretArn": self.secret_arn, "ApiUrl": self.api_url}
        return {
            "Stacks": [
                {
                    "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in self.deployed.items()],
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                }
            ]
        }

    def get_account_settings(self) -> dict[str, Any]:
        """What Lambda answers."""
        if self.functions is None:
            raise _denied("GetAccountSettings")
        reserved = 900
        limit = {"ConcurrentExecutions": self.functions + reserved, "UnreservedConcurrentExecutions": self.functions}
        return {"AccountLimit": limit}

    def get_paginator(self, operation: str) -> "Account":
        """What Service Quotas answers, a quota a page: all that it lists are the account's own."""
        if operation == "list_aws_default_service_quotas":
            return Account(self.api_url)
        return self

    def paginate(self, *, ServiceCode: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - the name is AWS's
        """The pages of one service."""
        if ServiceCode not in self.quotas:
            raise _denied("ListServiceQuotas")
        for name, value in self.quotas[ServiceCode].items():
            yield {"Quotas": [{"QuotaName": name, "Value": value}]}

    def put_secret(self, document: dict[str, str]) -> None:
        """What somebody else writes, without looking."""
        secrets_manager().put_secret_value(SecretId=self.secret_arn, SecretString=json.dumps(document))

    def secret(self) -> dict[str, str]:
        held: dict[str, str] = json.loads(secrets_manager().get_secret_value(SecretId=self.secret_arn)["SecretString"])
        return held


def _denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)


def secrets_manager() -> "SecretsManagerClient":
    return boto3.client("secretsmanager", region_name=REGION)


def mend_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto know the current version also when its label was moved; it notes it only when one is put."""
    move = SecretsManagerBackend.update_secret_version_stage

    def moved(backend: SecretsManagerBackend, **given: Any) -> Any:
        answer = move(backend, **given)
        if given["version_stage"] == "AWSCURRENT":
            secret: Any = backend.secrets[given["secret_id"]]
            secret.set_default_version_id(given["move_to_version_id"])
        return answer

    monkeypatch.setattr(SecretsManagerBackend, "update_secret_version_stage", moved)
