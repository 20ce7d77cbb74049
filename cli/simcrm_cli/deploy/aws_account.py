"""What an AWS account allows in one Region, as Lambda and Service Quotas say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from simcrm.preview.limits import DEFAULT_QUOTAS, AwsQuotas
from simcrm_cli.aws import aws_client

FUNCTIONS = "functions"
QUOTAS = {
    "transitions_per_second": ("states", ("statetransition", "refill")),
    "open_executions": ("states", ("open executions",)),
    "messages_in_flight": ("sqs", ("in-flight", "standard")),
}
"""Fields of the quotas by their service and the words of their name, which is all that identifies them everywhere."""


@dataclass(frozen=True, slots=True)
class AccountQuotas:
    """Quotas of an account; of those in ``unread`` AWS said nothing, and its defaults stand there."""

    quotas: AwsQuotas
    unread: tuple[str, ...] = ()


def read_account(region: str) -> AccountQuotas:
    """Ask for the quotas; whoever deploys may not be allowed to, which is no reason not to deploy."""
    found = {**_functions(region), **_quotas(region)}
    fields = (FUNCTIONS, *QUOTAS)
    quotas = AwsQuotas(**{name: found.get(name, getattr(DEFAULT_QUOTAS, name)) for name in fields})
    return AccountQuotas(quotas, tuple(name for name in fields if name not in found))


def _functions(region: str) -> dict[str, int]:
    """Functions at a time that are not reserved for others of the account."""
    try:
        limit = aws_client("lambda", region).get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError):
        return {}
    return {FUNCTIONS: int(limit["UnreservedConcurrentExecutions"])}


def _quotas(region: str) -> dict[str, int]:
    client = aws_client("service-quotas", region)
    listed = {service: _values_by_name(client, service) for service in {service for service, _ in QUOTAS.values()}}
    found = {name: _value(listed[service], words) for name, (service, words) in QUOTAS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _values_by_name(client: Any, service: str) -> Mapping[str, float]:
    """Quotas of a service by their names in lower case: AWS's defaults, and over them what the account has."""
    named: dict[str, float] = {}
    for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
        try:
            for page in client.get_paginator(operation).paginate(ServiceCode=service):
                named |= {quota["QuotaName"].lower(): quota["Value"] for quota in page["Quotas"]}
        except (BotoCoreError, ClientError):
            continue
    return named


def _value(named: Mapping[str, float], words: tuple[str, ...]) -> int | None:
    fitting = [value for name, value in named.items() if all(word in name for word in words)]
    return int(min(fitting)) if fitting else None
