"""Whether each part of a deployment works, and what to do where one does not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import redis
from botocore.exceptions import BotoCoreError, ClientError

from simcrm.core.json_types import JsonObject
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import CallRefusedError, PortalBusyError, PortalRefusedError, TokenRefusedError
from simcrm.hubspot.portal_setup import PRODUCTION
from simcrm.hubspot.token_scopes import require_scopes

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TIMES_TIMEOUT = 6
"""How many times as long as its function may run a message stays hidden, at least.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

CACHE_KEY, CACHE_SECONDS = "simcrm:check", 60


class State(StrEnum):
    """What a check found; a warning keeps nothing from working."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One part: ``found`` is what is so, ``remedy`` what to do about it, empty where nothing has to be done."""

    name: str
    state: State
    found: str
    remedy: str = ""

    @property
    def document(self) -> JsonObject:
        """As the API shows it."""
        return asdict(self)


def check_secret(empty: Sequence[str]) -> Check:
    """The secret, of whose tokens these are empty."""
    if empty:
        found = f"the secret was made anew or filled in by hand: it has no {', '.join(empty)}"
        return Check("secret", State.FAILED, found, "Run simcrm deploy again: it brings back what was there.")
    return Check("secret", State.OK, "it can be read and has the tokens of operator and boss")


def unreadable_secret(reason: str) -> Check:
    """The secret cannot be read, or is no JSON object of texts."""
    return Check("secret", State.FAILED, f"it cannot be read: {reason}", "Mend its JSON, or run simcrm deploy again.")


def check_cache(cache: redis.Redis | None, *, is_misconfigured: bool) -> Check:
    """The cache, by writing a key that it forgets after a minute."""
    name, mend = "cache", "Put a URL such as rediss://:password@host:6379 into redisUrl of the secret."
    if is_misconfigured:
        return Check(name, State.FAILED, "its URL cannot be parsed", mend)
    if cache is None:
        return Check(name, State.FAILED, "there is none: limits are each function's own and a fifth of the rate", mend)
    try:
        cache.set(CACHE_KEY, "1", ex=CACHE_SECONDS)
    except redis.RedisError as error:
        remedy = "See that it runs, that the functions reach it, and who may write: docs/deploy.md."
        return Check(name, State.FAILED, f"it does not answer ({type(error).__name__})", remedy)
    return Check(name, State.OK, "a key was written")


def check_queue(sqs: "SQSClient", url: str, writer_timeout: float) -> Check:
    """The write queue, its visibility and where it sends what is given up."""
    name, deploy = "queue", "Deploy again: somebody has changed the queue."
    try:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except (BotoCoreError, ClientError) as error:
        return Check(name, State.FAILED, f"it cannot be asked ({_code(error)})", deploy)
    attributes: Mapping[str, str] = {str(key): value for key, value in found.items()}
    visibility = int(attributes["VisibilityTimeout"])
    if visibility < TIMES_TIMEOUT * writer_timeout:
        said = f"messages come back after {visibility} s, while a writer may run {writer_timeout:.0f} s"
        return Check(name, State.FAILED, said, deploy)
    if "deadLetterTargetArn" not in json.loads(attributes.get("RedrivePolicy", "{}")):
        return Check(name, State.FAILED, "messages that are given up are lost", deploy)
    waiting = sum(
        int(attributes[key]) for key in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    )
    return Check(name, State.OK, f"{waiting} messages wait")


def check_portal(client: HubSpotClient) -> Check:
    """The portal: whether the token is taken, which kind it is, and every scope that a run needs."""
    name = "hubspot"
    try:
        account = client.get(client.paths.account())
        require_scopes(client)
    except TokenRefusedError:
        remedy = "Put the token of a private app into hubspotToken: SIMCRM_HUBSPOT_TOKEN=... simcrm deploy."
        return Check(name, State.FAILED, "the portal does not accept the token", remedy)
    except PortalRefusedError as error:
        if not error.scopes:
            return Check(name, State.FAILED, str(error), "See docs/hubspot.md.")
        remedy = "Grant them to the private app, which may then have a new token: docs/hubspot.md."
        return Check(name, State.FAILED, f"the token lacks {', '.join(error.scopes)}", remedy)
    except (PortalBusyError, CallRefusedError) as error:
        return Check(
            name, State.FAILED, f"the portal cannot be asked: {error}", "See its status page; ask again later."
        )
    return _of_account(account)


def _of_account(account: Mapping[str, Any]) -> Check:
    said = f"portal {account.get('portalId')} takes the token, which has all scopes"
    if account.get("accountType") == PRODUCTION:
        remedy = "Use a test portal, or start simulations with hubspot.allowProductionPortal."
        return Check("hubspot", State.WARNING, f"{said}; it is a production portal", remedy)
    return Check("hubspot", State.OK, said)


def _code(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
