"""Check whether each part of a deployment works, and say how to fix what does not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from simcrm.cache.resilient_cache import UNLOGGED, CacheUnavailableError, CacheWithFallback, RedisClient
from simcrm.core.json_types import JsonObject
from simcrm.hubspot.client import HubSpotClient
from simcrm.hubspot.errors import PortalAccessError, PortalUnavailableError, RequestRejectedError, TokenRefusedError
from simcrm.hubspot.portal_setup import PRODUCTION
from simcrm.hubspot.token_scopes import find_omitted_types, require_scopes
from simcrm.models.crm_objects import ObjectType

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

VISIBILITY_FACTOR = 6
"""The minimum ratio of a queue's visibility timeout to its function's timeout.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

CACHE_KEY, CACHE_SECONDS = "simcrm:check", 60


class CheckState(StrEnum):
    """The result of a check; nothing stops working because of a warning."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DiagnosticCheck:
    """The check of one part: ``found`` is its state; ``remedy`` is how to fix it, empty if nothing needs fixing."""

    name: str
    state: CheckState
    found: str
    remedy: str = ""

    def to_document(self) -> JsonObject:
        """The check as the API returns it."""
        return asdict(self)


def check_secret(empty: Sequence[str]) -> DiagnosticCheck:
    """Check the secret; ``empty`` names its empty tokens."""
    if empty:
        found = f"the secret was regenerated or edited manually: it lacks {', '.join(empty)}"
        return DiagnosticCheck(
            "secret", CheckState.FAILED, found, "Run simcrm deploy again: it restores the previous values."
        )
    return DiagnosticCheck("secret", CheckState.OK, "it is readable and contains the operator and boss tokens")


def unreadable_secret(reason: str) -> DiagnosticCheck:
    """Report a secret that cannot be read or is not a JSON object with string values."""
    return DiagnosticCheck(
        "secret", CheckState.FAILED, f"it cannot be read: {reason}", "Fix its JSON, or run simcrm deploy again."
    )


def check_cache(cache: RedisClient | None, *, is_misconfigured: bool) -> DiagnosticCheck:
    """Check the cache by writing a key that expires after a minute."""
    name, mend = "cache", "Put a URL such as rediss://:password@host:6379 into redisUrl of the secret."
    if is_misconfigured:
        return DiagnosticCheck(name, CheckState.FAILED, "its URL cannot be parsed", mend)
    if cache is None:
        return DiagnosticCheck(
            name, CheckState.FAILED, "there is none: each function uses local limits, a fifth of the rate", mend
        )
    try:
        CacheWithFallback(cache, UNLOGGED).require(lambda client: client.set(CACHE_KEY, "1", ex=CACHE_SECONDS))
    except CacheUnavailableError as error:
        remedy = "Check that it is running, reachable from the functions and writable: docs/deploy.md."
        return DiagnosticCheck(name, CheckState.FAILED, f"it does not answer ({error})", remedy)
    return DiagnosticCheck(name, CheckState.OK, "a key was written")


def check_queue(sqs: "SQSClient", url: str, writer_timeout: float) -> DiagnosticCheck:
    """Check the write queue, its visibility timeout and its dead-letter target."""
    name, deploy = "queue", "Deploy again: somebody has changed the queue."
    try:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except (BotoCoreError, ClientError) as error:
        return DiagnosticCheck(name, CheckState.FAILED, f"it cannot be read ({_error_code(error)})", deploy)
    attributes: Mapping[str, str] = {str(key): value for key, value in found.items()}
    visibility = int(attributes["VisibilityTimeout"])
    if visibility < VISIBILITY_FACTOR * writer_timeout:
        said = f"messages reappear after {visibility} s, while a writer may run {writer_timeout:.0f} s"
        return DiagnosticCheck(name, CheckState.FAILED, said, deploy)
    if "deadLetterTargetArn" not in json.loads(attributes.get("RedrivePolicy", "{}")):
        return DiagnosticCheck(name, CheckState.FAILED, "messages that are given up would be lost", deploy)
    waiting = sum(
        int(attributes[key]) for key in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    )
    return DiagnosticCheck(name, CheckState.OK, f"{waiting} messages are waiting")


def check_portal(client: HubSpotClient) -> DiagnosticCheck:
    """Check the portal: whether it accepts the token, its account type, and every scope that a run needs."""
    name = "hubspot"
    try:
        account = client.get(client.paths.account())
        require_scopes(client)
        omitted = find_omitted_types(client)
    except TokenRefusedError:
        remedy = "Put the token of a private app into hubspotToken: SIMCRM_HUBSPOT_TOKEN=... simcrm deploy."
        return DiagnosticCheck(name, CheckState.FAILED, "the portal does not accept the token", remedy)
    except PortalAccessError as error:
        if not error.scopes:
            return DiagnosticCheck(name, CheckState.FAILED, str(error), "See docs/hubspot.md.")
        remedy = "Grant them to the private app, which may then have a new token: docs/hubspot.md."
        return DiagnosticCheck(name, CheckState.FAILED, f"the token lacks {', '.join(error.scopes)}", remedy)
    except (PortalUnavailableError, RequestRejectedError) as error:
        return DiagnosticCheck(
            name,
            CheckState.FAILED,
            f"the portal cannot be reached: {error}",
            "Check its status page and try again later.",
        )
    return _check_omitted(omitted) or _check_from_account(account)


def _check_omitted(omitted: Mapping[ObjectType, tuple[str, ...]]) -> DiagnosticCheck | None:
    """Warn about types that runs do without."""
    if not omitted:
        return None
    scopes = sorted({scope for lacking in omitted.values() for scope in lacking})
    said = f"runs write no {', no '.join(kind.label for kind in omitted)}: the portal forbids it"
    remedy = f"Grant {', '.join(scopes)} to the private app." if scopes else "See docs/hubspot.md."
    return DiagnosticCheck("hubspot", CheckState.WARNING, said, remedy)


def _check_from_account(account: Mapping[str, Any]) -> DiagnosticCheck:
    said = f"portal {account.get('portalId')} accepts the token, which has all scopes"
    if account.get("accountType") == PRODUCTION:
        remedy = "Use a test portal, or start simulations with hubspot.allowProductionPortal."
        return DiagnosticCheck("hubspot", CheckState.WARNING, f"{said}; it is a production portal", remedy)
    return DiagnosticCheck("hubspot", CheckState.OK, said)


def _error_code(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__
