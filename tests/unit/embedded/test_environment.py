from pathlib import Path

import pytest

from simcrm_embedded.emulator import emulator_environment
from simcrm_embedded.environment import service_environment, tool_environment

USER = {
    "PATH": "/bin",
    "HOME": "/home/user",
    "LC_ALL": "C",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "of the user",
    "AWS_SESSION_TOKEN": "of the user",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere",
    "ANTHROPIC_API_KEY": "of the user",
    "SIMCRM_HUBSPOT_TOKEN": "of the user",
    "PIP_CERT": "/certificates",
    "PYTHONPATH": "/somewhere",
    "DATABASE_PASSWORD": "of the user",
    "https_proxy": "http://proxy:3128",
}
SCRATCH = Path("/scratch")


def test_services_get_what_is_about_the_machine_and_nothing_private() -> None:
    env = service_environment(USER, SCRATCH)

    assert env["PATH"] == "/bin"
    assert env["LC_ALL"] == "C"
    assert env["TMPDIR"] == "/scratch"
    assert "of the user" not in env.values()
    assert not {name for name in env if name.startswith(("AWS_", "ANTHROPIC_", "SIMCRM_", "PYTHONPATH"))}


def test_functions_reach_the_internet_by_the_users_proxy_but_the_stack_without_it() -> None:
    env = service_environment({**USER, "NO_PROXY": "intranet"}, SCRATCH)

    assert env["https_proxy"] == "http://proxy:3128"
    assert env["NO_PROXY"] == env["no_proxy"] == "intranet,127.0.0.1,localhost"


@pytest.mark.parametrize("given", ["*", "intranet, *"])
def test_who_asks_no_proxy_at_all_goes_on_to_ask_none(given: str) -> None:
    env = service_environment({**USER, "no_proxy": given}, SCRATCH)

    assert env["NO_PROXY"] == env["no_proxy"] == "*"


def test_the_emulator_listens_on_loopback_alone_and_leaves_docker_alone() -> None:
    env = emulator_environment(USER, 4566, SCRATCH, "token-of-the-stack")

    assert (env["BIND_HOST"], env["GATEWAY_PORT"]) == ("127.0.0.1", "4566")
    assert env["IOT_MTLS_ENABLED"] == "0"
    assert "nonexistent" in env["DOCKER_HOST"]
    assert (env["AWS_ACCESS_KEY_ID"], env["AWS_SESSION_TOKEN"]) == ("test", "token-of-the-stack")


def test_the_sam_cli_sees_the_emulator_and_nothing_of_the_users_account() -> None:
    env = tool_environment(USER, "http://127.0.0.1:4566", "token-of-the-stack")

    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert env["AWS_ACCESS_KEY_ID"] == "test"
    assert "AWS_PROFILE" not in env
    assert env["AWS_SESSION_TOKEN"] == "token-of-the-stack"
    assert "AWS_ENDPOINT_URL_S3" not in env


@pytest.mark.parametrize("name", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_the_sam_cli_finds_no_files_of_the_user(name: str) -> None:
    env = tool_environment({**USER, name: "/home/user/.aws/own"}, "http://127.0.0.1:4566", "")

    assert not Path(env[name]).exists()
    assert env[name] != "/home/user/.aws/own"


def test_the_sam_cli_downloads_as_the_user_does() -> None:
    assert tool_environment(USER, "", "")["PIP_CERT"] == "/certificates"
