"""Clients for a deployed stack's AWS account."""

import os
from typing import Any

import boto3
from botocore.config import Config

from simcrm_cli.http_client import is_on_this_machine

_NO_PROXY = Config(proxies={})


def aws_client(service: str, region: str | None = None) -> Any:
    """Return a client that uses the default credentials and bypasses the user's proxy for a local emulator."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    config = _NO_PROXY if is_on_this_machine(endpoint) else None
    return boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]
