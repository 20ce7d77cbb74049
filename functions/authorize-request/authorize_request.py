"""Tell API Gateway whose token this is."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from simcrm.config import SecretConfig
from simcrm.control.roles import role_of
from simcrm_lambda.entry import entry_point
from simcrm_lambda.secrets import Renewal, load_secrets

renewal = Renewal()


@entry_point
def lambda_handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Take a REQUEST authorizer event, return a policy for the whole stage with the caller's role.

    The policy covers every route because API Gateway caches it by token; which role may do what is the API's
    decision. An unknown token ends as 401, which API Gateway wants as this very error.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    role = _role(headers.get("authorization", ""))
    if role is None:
        raise Unauthorized
    stage = "/".join(event["methodArn"].split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{stage}/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": role, "policyDocument": policy, "context": {"role": role}}


class Unauthorized(Exception):  # noqa: N818 - API Gateway reads this word
    """The token is none of this deployment's."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def _role(header: str) -> str | None:
    arn = SecretConfig.load().secret_arn
    role = role_of(header, load_secrets(arn).tokens)
    if role is None and renewal.is_due(time.monotonic()):
        return role_of(header, load_secrets(arn, fresh=True).tokens)
    return role
