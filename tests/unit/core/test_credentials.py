"""Keys as people paste them."""

import httpx2
import pytest

from simcrm.core.credentials import fits_http_header, strip_credential
from simcrm.hubspot.api_paths import ApiPaths
from simcrm.hubspot.client import HubSpotClient, http_client
from simcrm.hubspot.errors import TokenRefusedError
from simcrm_lambda.secrets import Secrets

TOKEN = "pat-na1-0b5e"
AROUND = {
    "CR": "{}\r",
    "CR LF": "{}\r\n",
    "LF": "\n{}\n",
    "tab": "\t{}\t",
    "BOM": "\ufeff{}",
    "NBSP": "\u00a0{}\u00a0",
    "zero-width space": "\u200b{}\u200b",
    "word joiner": "{}\u2060",
    "soft hyphen": "{}\u00ad",
    "direction mark": "\u200e{}\u202c",
    "line separator": "{}\u2028",
    "em space": "\u2003{}",
    "ideographic space": "{}\u3000",
    "NUL": "{}\x00",
    "NEL": "{}\x85",
    "plain quotes": '"{}"',
    "single quotes": "'{}'",
    "backticks": "`{}`",
    "curly quotes": "\u201c{}\u201d",
    "curly single quotes": "\u2018{}\u2019",
    "German quotes": "\u201e{}\u201c",
    "French quotes": "\u00ab {} \u00bb",
    "all of it": "\ufeff \u201c{}\u201d\r\n",
}


@pytest.mark.parametrize("around", AROUND)
def test_what_was_pasted_around_a_key_is_taken_off_where_it_is_read(around: str) -> None:
    pasted = AROUND[around].format(TOKEN)
    secrets = Secrets.model_validate({"hubspotToken": pasted, "anthropicApiKey": pasted, "bossTokenPrevious": pasted})

    assert strip_credential(pasted) == TOKEN
    assert {secrets.hubspot_token, secrets.anthropic_api_key, secrets.boss_token_previous} == {TOKEN}


@pytest.mark.parametrize("key", [TOKEN, "a b", "redis://:p%22w@host:6379/0", "x" * 500])
def test_a_key_stays_as_it_is(key: str) -> None:
    assert strip_credential(key) == key
    assert fits_http_header(key)


@pytest.mark.parametrize("key", ["", "pat\u200b-na1", "p\u00e4t", "pat\n-na1", "pat\r\nX: 1", "pat\x7f", "\u201cpat"])
def test_what_no_header_can_carry_is_a_token_that_is_not_accepted(key: str) -> None:
    renewed: list[int] = []
    http = http_client("http://127.0.0.1:9", key, 1.0)

    def renew() -> httpx2.Client:
        renewed.append(1)
        return http

    with pytest.raises(TokenRefusedError, match="does not accept the token: put a valid hubspotToken") as refused:
        HubSpotClient(http, ApiPaths("v3"), refresh_connection=renew).get("/crm/v3/owners")

    assert not fits_http_header(key)
    assert renewed == [1]  # the secret is read again, and the call is made no second time
    assert not key or key not in str(refused.value)
