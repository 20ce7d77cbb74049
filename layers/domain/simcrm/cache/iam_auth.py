"""IAM authentication for ElastiCache: the password is a presigned request, valid for 15 minutes.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
"""

from urllib.parse import urlencode

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError

TOKEN_SECONDS = 900


class ElastiCacheIamProvider(CredentialProvider):
    """Provides the user name and a fresh token for each new connection."""

    def __init__(self, *, user: str, cache: str, session: boto3.Session | None = None) -> None:
        """Use ``cache``, the name of the serverless cache, in lowercase, as AWS stores it."""
        self._user = user
        self._cache = cache.lower()
        self._session = session or boto3.Session()

    def get_credentials(self) -> tuple[str, str]:
        """Return the user and the signed request without its scheme, as AUTH expects them.

        Raises:
            AuthenticationError: this process has no credentials to sign with, so it cannot use the cache.
        """
        region, credentials = self._session.region_name, self._session.get_credentials()
        if credentials is None:
            raise AuthenticationError("The cache requires IAM credentials, and this process has none.")
        signer = RequestSigner(
            ServiceId("elasticache"),
            region,
            "elasticache",
            "v4",
            credentials,
            self._session.events,
        )
        query = urlencode({"Action": "connect", "User": self._user, "ResourceType": "ServerlessCache"})
        request = {"method": "GET", "url": f"https://{self._cache}/?{query}", "body": {}, "headers": {}, "context": {}}
        url = signer.generate_presigned_url(
            request, operation_name="connect", expires_in=TOKEN_SECONDS, region_name=region
        )
        return self._user, url.removeprefix("https://")
