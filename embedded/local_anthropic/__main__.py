"""Command line of the stand-in: serves until SIGTERM or SIGINT."""

import argparse

from local_anthropic.app import AppConfig, create_app
from local_anthropic.settings import Settings
from local_server.secret_arguments import OPTION, ServerKeys, read_keys
from local_server.serving import serve


def main(arguments: list[str] | None = None) -> None:
    """Print the address to stdout and serve."""
    options = _parser().parse_args(arguments)
    settings = Settings.model_validate_json(options.settings)
    keys = read_keys() if options.keys_from_stdin else ServerKeys()
    config = AppConfig(settings=settings, keys=frozenset((*options.key, *keys.accepted)))
    serve(create_app(config), options.host, options.port, keys.control)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local_anthropic", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", action="append", default=[], help="an API key to accept, repeatable; default: any")
    parser.add_argument(OPTION, action="store_true", help="API keys, and a secret for the control paths")
    parser.add_argument("--settings", default="{}", help="a JSON object of settings, as PUT /_local/settings takes it")
    return parser


if __name__ == "__main__":
    main()
