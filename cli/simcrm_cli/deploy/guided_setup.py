"""The questions of a guided deployment; pressing Enter keeps the current value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import typer

from simcrm.core.credentials import fits_http_header, strip_credential
from simcrm_cli.deploy.deployment_config import CacheKind, DeploymentConfig, cache_parameters

HUBSPOT, MODEL, REDIS = "hubspotToken", "anthropicApiKey", "redisUrl"
QUESTIONS = {
    HUBSPOT: "HubSpot token of a private app",
    MODEL: "Anthropic API key, Enter to compose text without a model",
    REDIS: "Redis URL, with its password",
}

_prompt = partial(typer.prompt, err=True)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Asks a person on standard error; hidden answers are not echoed."""

    prompt: Callable[..., str] = _prompt

    def ask(self, question: str, default: str) -> str:
        """Return the answer, or the default."""
        return str(self.prompt(question, default=default, show_default=bool(default))).strip()

    def ask_hidden(self, question: str, *, is_there: bool) -> str:
        """Return a key, or an empty string to keep the current one."""
        hint = " (Enter keeps the current one)" if is_there else ""
        return strip_credential(str(self.prompt(f"{question}{hint}", default="", show_default=False, hide_input=True)))


def ask_stack(terminal: Terminal, stack_name: str, region: str) -> tuple[str, str]:
    """Ask for the stack's name and Region."""
    return terminal.ask("Stack name", stack_name), terminal.ask("Region", region)


def ask_settings(terminal: Terminal, config: DeploymentConfig, has_key: Mapping[str, bool]) -> DeploymentConfig:
    """Ask for cache, alarms and keys; ``has_key`` says which fields of the secret are set.

    Raises:
        InputFileError: a cache in a VPC without subnets or security groups.
    """
    cache = _ask_cache(terminal, config.cache)
    former = config.parameters
    inside = (former.get("SubnetIds", ""), former.get("SecurityGroupIds", ""))
    if cache is CacheKind.VPC:
        inside = (
            terminal.ask("Private subnets, comma-separated", inside[0]),
            terminal.ask("Security groups, comma-separated", inside[1]),
        )
    email = terminal.ask("E-mail address for alarms, or -", former.get("AlarmEmail") or "-")
    parameters = {**cache_parameters(cache, *inside), "AlarmEmail": "" if email == "-" else email}
    keys = {
        name: value
        for name in (HUBSPOT, MODEL, *([REDIS] if cache is CacheKind.OWN else []))
        if (value := _ask_key(terminal, name, config, has_key))
    }
    return replace(config.with_parameters(parameters), keys={**config.keys, **keys})


def _ask_cache(terminal: Terminal, default: CacheKind) -> CacheKind:
    question = "Cache: public (ElastiCache with IAM), own (a Redis URL) or vpc (ElastiCache in your subnets)"
    while True:
        answer = terminal.ask(question, default)
        if answer in set(CacheKind):
            return CacheKind(answer)


def _ask_key(terminal: Terminal, name: str, config: DeploymentConfig, has_key: Mapping[str, bool]) -> str:
    while True:
        answer = terminal.ask_hidden(QUESTIONS[name], is_there=has_key.get(name, False) or name in config.keys)
        if not answer or fits_http_header(answer):
            return answer
        typer.echo("That contains characters that no key has: copy it again.", err=True)
