"""AWS clients, made once per process and only when first used."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

LEDGER_READ_CONCURRENCY = 32
"""Ledger files are small and many: a run's summary reads them side by side."""


@cache
def s3() -> "S3Client":
    """The bucket's client."""
    return boto3.client("s3", config=Config(max_pool_connections=LEDGER_READ_CONCURRENCY))


@cache
def sqs() -> "SQSClient":
    """The queues' client."""
    return boto3.client("sqs")


@cache
def step_functions() -> "SFNClient":
    """The state machine's client."""
    return boto3.client("stepfunctions")


@cache
def logs() -> Any:
    """The log groups' client."""
    return boto3.client("logs")


@cache
def secrets_manager() -> "SecretsManagerClient":
    """The secret's client."""
    return boto3.client("secretsmanager")


@cache
def scheduler() -> Any:
    """The schedules' client."""
    return boto3.client("scheduler")
