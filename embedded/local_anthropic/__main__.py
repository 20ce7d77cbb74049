"""Command line of the stand-in: serves until SIGTERM or SIGINT."""

from argparse import ArgumentParser

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.app import create_app
from local_server.server_arguments import read_keys, server_parser
from local_server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Print the address to stdout and serve."""
    options = _parser().parse_args(arguments)
    settings = AnthropicSettings.model_validate_json(options.settings)
    keys = read_keys(options)
    accepted = frozenset((*options.key, *keys.accepted))
    serve(create_app(settings, accepted), options.host, options.port, keys.control)


def _parser() -> ArgumentParser:
    parser = server_parser("local_anthropic", __doc__, keys="API keys")
    parser.add_argument("--key", action="append", default=[], help="an API key to accept, repeatable; default: any")
    parser.add_argument("--settings", default="{}", help="a JSON object of settings, as PUT /_local/settings takes it")
    return parser


if __name__ == "__main__":
    main()
