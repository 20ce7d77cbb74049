"""AWS clients, created once per process on first use."""

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
"""Number of ledger files read concurrently; they are small and numerous."""


@cache
def s3() -> "S3Client":
    """Return the client for the bucket."""
    return boto3.client("s3", config=Config(max_pool_connections=LEDGER_READ_CONCURRENCY))


@cache
def sqs() -> "SQSClient":
    """Return the client for the queues."""
    return boto3.client("sqs")


@cache
def step_functions() -> "SFNClient":
    """Return the client for the state machines."""
    return boto3.client("stepfunctions")


@cache
def logs() -> Any:
    """Return the client for the log groups."""
    return boto3.client("logs")


@cache
def secrets_manager() -> "SecretsManagerClient":
    """Return the client for the secret."""
    return boto3.client("secretsmanager")


@cache
def scheduler() -> Any:
    """Return the client for the schedules."""
    return boto3.client("scheduler")
