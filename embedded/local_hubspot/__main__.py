"""Command line of the local HubSpot: serves until SIGTERM or SIGINT."""

from argparse import ArgumentParser
from typing import get_args

from local_hubspot.app import create_app
from local_hubspot.portal.portal_settings import AccountType, Plan, PortalSettings
from local_server.server_arguments import read_keys, server_parser
from local_server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Print the address to stdout and serve."""
    options = _parser().parse_args(arguments)
    keys = read_keys(options)
    tokens = dict(_token(text) for text in (*options.token, *keys.accepted))
    settings = PortalSettings(
        plan=options.plan,
        account_type=options.account_type,
        search_lag_seconds=options.search_lag,
        create_companies=options.create_companies,
    )
    serve(create_app(settings, tokens), options.host, options.port, keys.control)


def _parser() -> ArgumentParser:
    parser = server_parser("local_hubspot", __doc__, keys="tokens")
    parser.add_argument(
        "--token", action="append", default=[], help="a token to accept, TOKEN or TOKEN=scope,scope; default: any"
    )
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
