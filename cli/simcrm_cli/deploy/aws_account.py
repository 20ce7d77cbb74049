"""Quotas of an AWS account in one Region, as reported by Lambda and Service Quotas."""

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
"""Quota fields with their service and words of the quota's name, the only identifier that is the same everywhere."""


@dataclass(frozen=True, slots=True)
class AccountQuotas:
    """Quotas of an account; those in ``unread`` could not be read from AWS and have their default values."""

    quotas: AwsQuotas
    unread: tuple[str, ...] = ()


def read_account(region: str) -> AccountQuotas:
    """Read the quotas; a user who lacks the permissions can still deploy."""
    found = {**_functions(region), **_quotas(region)}
    fields = (FUNCTIONS, *QUOTAS)
    quotas = AwsQuotas(**{name: found.get(name, getattr(DEFAULT_QUOTAS, name)) for name in fields})
    return AccountQuotas(quotas, tuple(name for name in fields if name not in found))


def _functions(region: str) -> dict[str, int]:
    """Return the concurrency that is not reserved for other functions in the account."""
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
    """Return a service's quotas by lower-case name: the AWS defaults, overridden by the account's values."""
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
