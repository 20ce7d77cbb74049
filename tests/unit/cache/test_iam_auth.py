import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qs, urlsplit

import boto3
import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session
from redis.exceptions import AuthenticationError

from simcrm.cache.iam_auth import ElastiCacheIamProvider

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, 0, 1, tzinfo=UTC)


def session(region: str = "eu-central-1", key: str | None = "AKIA-EXAMPLE") -> boto3.Session:
    inner = Session()
    if key is not None:
        inner.set_credentials(key, "secret", "session-token")
    return boto3.Session(botocore_session=inner, region_name=region)


def credentials(name: str = "SimCRM-Cache", region: str = "eu-central-1") -> ElastiCacheIamProvider:
    return ElastiCacheIamProvider(user="default.iam-user", cache=name, session=session(region))


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moment at which botocore signs; the last one counts."""
    moments = [NOON]
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: moments[-1].replace(tzinfo=None))
    return moments


def signed_parts(some: ElastiCacheIamProvider) -> tuple[SplitResult, dict[str, str]]:
    _, token = some.get_credentials()
    url = urlsplit(f"https://{token}")
    return url, {name: values[0] for name, values in parse_qs(url.query).items()}


def test_the_user_is_the_one_of_the_cache() -> None:
    assert credentials().get_credentials()[0] == "default.iam-user"


def test_the_password_is_a_request_without_its_scheme() -> None:
    _, token = credentials().get_credentials()

    assert token.startswith("simcrm-cache/?")


def test_the_request_connects_this_user_to_this_serverless_cache_for_a_quarter_of_an_hour() -> None:
    url, query = signed_parts(credentials())

    assert (url.hostname, url.path) == ("simcrm-cache", "/")
    assert (query["Action"], query["User"]) == ("connect", "default.iam-user")
    assert query["ResourceType"] == "ServerlessCache"
    assert query["X-Amz-Expires"] == "900"


def test_the_request_is_signed_for_elasticache_in_the_region_of_the_session() -> None:
    _, query = signed_parts(credentials(region="ap-south-1"))

    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Credential"] == "AKIA-EXAMPLE/20260302/ap-south-1/elasticache/aws4_request"
    assert query["X-Amz-Security-Token"] == "session-token"
    assert query["X-Amz-Date"] == "20260302T120000Z"
    assert len(query["X-Amz-Signature"]) == 64


def test_each_connection_gets_a_token_of_its_own_moment(clock: list[datetime]) -> None:
    some = credentials()
    _, first = signed_parts(some)
    clock.append(LATER)
    _, second = signed_parts(some)

    assert (first["X-Amz-Date"], second["X-Amz-Date"]) == ("20260302T120000Z", "20260302T120001Z")
    assert first["X-Amz-Signature"] != second["X-Amz-Signature"]


def test_a_signature_is_good_for_one_cache_only() -> None:
    assert signed_parts(credentials("a"))[1]["X-Amz-Signature"] != signed_parts(credentials("b"))[1]["X-Amz-Signature"]


def test_the_secret_key_is_no_part_of_the_token() -> None:
    _, token = credentials().get_credentials()

    assert "secret" not in token.replace("Security", "")


def test_a_process_without_credentials_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(AuthenticationError, match="this process has none"):
        ElastiCacheIamProvider(user="u", cache="c", session=session(key=None)).get_credentials()


def independent_signature(key: str, url: SplitResult) -> str:
    """The query's signature by the steps of AWS's Signature Version 4, written out."""
    day, scope = "20260302", "20260302/eu-central-1/elasticache/aws4_request"
    rest = "&".join(part for part in sorted(url.query.split("&")) if not part.startswith("X-Amz-Signature="))
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["GET", "/", rest, f"host:{url.hostname}\n", "host", empty])
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n20260302T120000Z\n{scope}\n{digest}"
    secret = f"AWS4{key}".encode()
    for part in (day, "eu-central-1", "elasticache", "aws4_request", to_sign):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return secret.hex()


def test_the_signature_is_the_one_that_signature_version_4_asks_for() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    url, query = signed_parts(credentials())

    assert query["X-Amz-Signature"] == independent_signature("secret", url)


def test_botocores_own_signer_of_queries_makes_the_same_token() -> None:
    asked = "https://simcrm-cache/?Action=connect&User=default.iam-user&ResourceType=ServerlessCache"
    request = AWSRequest(method="GET", url=asked)
    keys = Credentials("AKIA-EXAMPLE", "secret", "session-token")
    botocore.auth.SigV4QueryAuth(keys, "elasticache", "eu-central-1", expires=900).add_auth(request)

    expected = parse_qs(urlsplit(str(request.url)).query)
    _, token = credentials().get_credentials()
    assert parse_qs(urlsplit(f"https://{token}").query) == expected
