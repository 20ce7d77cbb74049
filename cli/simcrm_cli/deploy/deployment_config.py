"""The configuration of a deployment: template parameters, and keys, which are never parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import yaml

from simcrm.core.credentials import fits_http_header, strip_credential
from simcrm_cli.errors import InputFileError
from simcrm_embedded.gateway_responses import TemplateLoader
from simcrm_embedded.project import Project

KEY_VARIABLES = {
    "hubspotToken": "SIMCRM_HUBSPOT_TOKEN",
    "anthropicApiKey": "ANTHROPIC_API_KEY",
    "openaiApiKey": "OPENAI_API_KEY",
    "redisUrl": "SIMCRM_REDIS_URL",
}
"""Fields of the secret, and the environment variables that can provide them."""

ANSWER_NAMES = {"stackName", "region", "cache", "subnetIds", "securityGroupIds", "alarmEmail", "parameters"}


class CacheKind(StrEnum):
    """Where counters and limits are stored."""

    PUBLIC = "public"
    OWN = "own"
    VPC = "vpc"


@dataclass(frozen=True, slots=True)
class DeploymentConfig:
    """The wanted configuration; ``keys`` are fields of the secret, and those left out stay unchanged."""

    stack_name: str
    region: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def cache(self) -> CacheKind:
        """The kind of cache that the parameters describe."""
        if self.parameters.get("CacheKind") == "own":
            return CacheKind.OWN
        return CacheKind.VPC if self.parameters.get("SubnetIds") else CacheKind.PUBLIC

    def with_parameters(self, values: Mapping[str, str]) -> "DeploymentConfig":
        """Return a copy with some parameters replaced."""
        return replace(self, parameters={**self.parameters, **values})


def cache_parameters(cache: CacheKind, subnet_ids: str, security_group_ids: str) -> dict[str, str]:
    """Return the template parameters for a kind of cache; the user's own cache may be inside a VPC or not.

    Raises:
        InputFileError: a VPC without subnets or security groups.
    """
    inside = {"SubnetIds": subnet_ids, "SecurityGroupIds": security_group_ids}
    if cache is CacheKind.VPC and not all(inside.values()):
        raise InputFileError("cache vpc", "needs subnets and security groups")
    kind = "own" if cache is CacheKind.OWN else "serverless"
    return {"CacheKind": kind, **({"SubnetIds": "", "SecurityGroupIds": ""} if cache is CacheKind.PUBLIC else inside)}


def needed_keys(cache: CacheKind) -> tuple[str, ...]:
    """Return the secret's fields without which nothing can be written or the cache cannot be reached."""
    return ("hubspotToken", "redisUrl") if cache is CacheKind.OWN else ("hubspotToken",)


def default_parameters(project: Project) -> dict[str, str]:
    """Return the template's parameters with their defaults."""
    document = yaml.load(project.template.read_text(encoding="utf-8"), Loader=TemplateLoader)  # noqa: S506 - a SafeLoader
    return {name: str(item["Default"]) for name, item in document["Parameters"].items()}


def parse_parameters(options: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Parse parameters given as ``NAME=VALUE``.

    Raises:
        InputFileError: an option has another form, or the template has no such parameter.
    """
    pairs = {name: value for name, _, value in (option.partition("=") for option in options)}
    bad = [option for option in options if "=" not in option] or [name for name in pairs if name not in known]
    if bad:
        raise InputFileError("--parameter", f"{bad[0]} is not a template parameter as NAME=VALUE")
    return pairs


def keys_from_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the keys set in the environment.

    Raises:
        InputFileError: a key contains invalid characters.
    """
    keys = {name: strip_credential(env.get(variable, "")) for name, variable in KEY_VARIABLES.items()}
    return {name: require_sendable_key(value, KEY_VARIABLES[name]) for name, value in keys.items() if value}


def require_sendable_key(value: str, source: str) -> str:
    """Return the key if it can be sent in an HTTP header; ``source`` says where it comes from.

    Raises:
        InputFileError: it cannot; the message does not repeat the key.
    """
    if not fits_http_header(value):
        raise InputFileError(source, "contains characters that no key has: copy it again")
    return value
