"""Command line of the local HubSpot: serves until SIGTERM or SIGINT."""

import argparse
from typing import get_args

from local_hubspot.app import AppConfig, create_app
from local_hubspot.portal.settings import AccountType, Plan, Settings
from local_server.secret_arguments import OPTION, ServerKeys, read_keys
from local_server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Print the address to stdout and serve."""
    options = _parser().parse_args(arguments)
    keys = read_keys() if options.keys_from_stdin else ServerKeys()
    tokens = dict(_token(text) for text in (*options.token, *keys.accepted))
    settings = Settings(
        plan=options.plan,
        account_type=options.account_type,
        search_lag_seconds=options.search_lag,
        create_companies=options.create_companies,
    )
    serve(create_app(AppConfig(settings=settings, tokens=tokens)), options.host, options.port, keys.control)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local_hubspot", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--token", action="append", default=[], help="a token to accept, TOKEN or TOKEN=scope,scope; default: any"
    )
    parser.add_argument(OPTION, action="store_true", help="tokens, and a secret for the control paths")
    parser.add_argument("--plan", type=Plan, choices=list(Plan), default=Plan.UNLIMITED)
    parser.add_argument("--account-type", choices=get_args(AccountType), default="DEVELOPER_TEST")
    parser.add_argument("--search-lag", type=float, default=0.0, help="seconds until a search sees a change")
    parser.add_argument("--create-companies", action="store_true", help="one for each new e-mail domain")
    return parser


def _token(text: str) -> tuple[str, frozenset[str] | None]:
    token, _, scopes = text.partition("=")
    return token, frozenset(scopes.split(",")) if scopes else None


if __name__ == "__main__":
    main()
