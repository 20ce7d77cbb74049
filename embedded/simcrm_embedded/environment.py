"""Environments of the stack's processes, isolated from the user's AWS account in both directions."""

from collections.abc import Mapping
from pathlib import Path

from simcrm_embedded.ports import LOOPBACK

REGION = "us-east-1"
EMULATED_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_CONFIG_FILE": "/nonexistent/simcrm/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/simcrm/credentials",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_PRIVATE_PREFIXES = ("AWS_", "SAM_", "SIMCRM_", "ANTHROPIC_", "OPENAI_", "AI_", "PYTHON", "VIRTUAL_ENV")
_MACHINE_NAMES = {"PATH", "HOME", "USER", "LANG", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
_PROXY_NAMES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}


def credentials(token: str) -> dict[str, str]:
    """Return credentials for a stack's emulator as variables; ``token`` is the session token that it checks."""
    return {**EMULATED_CREDENTIALS, "AWS_SESSION_TOKEN": token}


def service_environment(env: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return the environment of long-running services: only what a program needs from this machine.

    The emulator passes its own environment on to every function, so it starts from a short list.
    """
    inherited = {name: value for name, value in env.items() if _is_about_the_machine(name)}
    return {**inherited, **_without_proxy_to_loopback(env), "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}


def tool_environment(env: Mapping[str, str], endpoint: str, token: str) -> dict[str, str]:
    """Return the environment of the SAM CLI and pip, with the user's download settings but no AWS account.

    ``endpoint`` and ``token`` are the emulator's; both are empty for a tool that does not call it.
    """
    inherited = {name: value for name, value in env.items() if not name.startswith(_PRIVATE_PREFIXES)}
    return {
        **inherited,
        **_without_proxy_to_loopback(env),
        **credentials(token),
        "AWS_ENDPOINT_URL": endpoint,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.25",
        "NO_COLOR": "1",
    }


def _is_about_the_machine(name: str) -> bool:
    return name in _MACHINE_NAMES or name.startswith("LC_") or name.upper() in _PROXY_NAMES


def _without_proxy_to_loopback(env: Mapping[str, str]) -> dict[str, str]:
    no_proxy = env.get("no_proxy") or env.get("NO_PROXY") or ""
    names = [name for text in no_proxy.split(",") if (name := text.strip())]
    exempt = "*" if "*" in names else ",".join([*names, LOOPBACK, "localhost"])  # a star only counts on its own
    return {"NO_PROXY": exempt, "no_proxy": exempt}
