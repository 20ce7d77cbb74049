"""Tell API Gateway which role a token grants."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.core import cloudwatch_metrics
from simcrm.core.cloudwatch_metrics import Metric
from simcrm.core.config import SecretConfig
from simcrm.operations.roles import role_for_header
from simcrm_lambda.handler import entry_point
from simcrm_lambda.secrets import RefreshThrottle, load_secrets

refresh_throttle = RefreshThrottle()
NOBODY = "nobody"
"""The principal of a request whose token does not belong to this deployment."""


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take a REQUEST authorizer event and return a policy for the whole stage with the caller's role.

    The policy covers every route because API Gateway caches it by token; the API decides what each role may do. An
    unknown token is denied, which the gateway turns into a 401 as configured in the template: raising an error instead
    would log an ERROR line for each unauthorized request.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    role = _role(headers.get("authorization", ""))
    stage = "/".join(event["methodArn"].split("/")[:2])
    if role is None:
        cloudwatch_metrics.record(Metric.TOKENS_REFUSED)
        return {"principalId": NOBODY, "policyDocument": _policy("Deny", stage)}
    return {"principalId": role, "policyDocument": _policy("Allow", stage), "context": {"role": role}}


def _policy(effect: str, stage: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{stage}/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role(header: str) -> str | None:
    arn = SecretConfig.load().secret_arn
    role = role_for_header(header, load_secrets(arn).tokens)
    if role is None and refresh_throttle.is_due(time.monotonic()):
        return role_for_header(header, load_secrets(arn, fresh=True).tokens)
    return role
