"""Deploying to an account: an account of moto's own, and a SAM CLI that notes what it is asked."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from unit.cli.account import REGION, Account
from unit.cli.conftest import Simcrm

from simcrm_cli.deploy import sam
from simcrm_cli.deploy.deployment_config import CacheKind, DeploymentConfig
from simcrm_cli.deploy.guided_setup import Terminal, ask_settings
from simcrm_cli.errors import InputFileError
from simcrm_embedded.project import Project

KEYS = {"SIMCRM_HUBSPOT_TOKEN": "pat-secret", "ANTHROPIC_API_KEY": "sk-secret", "SIMCRM_REDIS_URL": "redis://:pass@r:1"}


def deploy(simcrm: Simcrm, *options: str) -> dict[str, Any]:
    fixed = ("--yes", "--json", "--stack-name", "mine", "--region", REGION)
    return simcrm("deploy", *fixed, "--records", "200", *options).document


def test_a_new_stack_is_built_deployed_and_given_its_keys(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    document = deploy(simcrm, "--cache", "own", "--alarm-email", "ops@example.com", "--parameter", "MapConcurrency=9")

    assert [command[0] for command in account.commands] == ["build", "deploy"]
    assert (document["action"], document["cache"], document["consoleUrl"]) == (
        "create",
        "own",
        f"{account.api_url}/console",
    )
    assert document["doctorCommand"] == f"SIMCRM_API_TOKEN=... simcrm doctor --api-url {account.api_url}"
    held = account.secret()
    assert (held["hubspotToken"], held["anthropicApiKey"], held["redisUrl"]) == tuple(KEYS.values())
    assert len(held["bossToken"]) >= 32
    deployed = account.deployed or {}
    assert (deployed["CacheKind"], deployed["AlarmEmail"], deployed["MapConcurrency"]) == (
        "own",
        "ops@example.com",
        "9",
    )


def test_what_was_pasted_around_a_key_does_not_get_into_the_secret(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "\ufeff\u201cpat-secret\u201d\r\n")
    monkeypatch.setenv("ANTHROPIC_API_KEY", " 'sk-secret'\u00a0")

    deploy(simcrm)

    held = account.secret()
    assert (held["hubspotToken"], held["anthropicApiKey"]) == ("pat-secret", "sk-secret")


def test_a_key_that_cannot_be_sent_is_refused_before_anything_is_done(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-\u200bsecret")

    document = deploy(simcrm)

    assert document["error"]["message"] == "SIMCRM_HUBSPOT_TOKEN: contains characters that no key has: copy it again."
    assert account.commands == []


def test_a_key_that_cannot_be_sent_is_asked_for_again() -> None:
    answers = iter(["public", "-", "pat-\u200bsecret", "\u201cpat-secret\u201d ", ""])

    wanted = ask_settings(Terminal(lambda *_args, **_options: next(answers)), DeploymentConfig("mine", REGION), {})

    assert wanted.keys == {"hubspotToken": "pat-secret"}


def test_keys_are_neither_in_commands_nor_in_what_is_printed(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    outcome = simcrm(
        "deploy", "--yes", "--stack-name", "mine", "--region", REGION, "--records", "200", "--cache", "own"
    )

    said = f"{account.commands}{outcome.out}{outcome.err}"
    assert outcome.code == 0
    assert [value for value in (*KEYS.values(), account.secret()["bossToken"]) if value in said] == []


def test_deploying_again_is_an_upgrade_that_keeps_answers_and_keys(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMCRM_HUBSPOT_TOKEN", "pat-secret")
    deploy(simcrm, "--alarm-email", "ops@example.com", "--parameter", "MapConcurrency=9")
    monkeypatch.delenv("SIMCRM_HUBSPOT_TOKEN")
    before, secret = (account.deployed or {}), account.secret()

    document = deploy(simcrm, "--parameter", "MapConcurrency=7")

    assert (document["action"], document["changedKeys"]) == ("upgrade", [])
    assert (account.deployed or {}) == before | {"MapConcurrency": "7"}
    assert account.secret() == secret


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(simcrm: Simcrm, account: Account) -> None:
    network = ("--cache", "vpc", "--subnet-ids", "subnet-1", "--security-group-ids", "sg-1")
    document = simcrm("deploy", "--yes", "--json", "--region", REGION, "--dry-run", *network).document

    assert account.commands == []
    assert (document["action"], document["cache"]) == ("create", "vpc")
    assert document["parameters"] == {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}
    assert document["account"]["records"] == 1_000_000


def test_answers_can_come_from_a_file_and_options_come_before_it(
    simcrm: Simcrm, account: Account, tmp_path: Path
) -> None:
    answers = {"stackName": "other", "region": REGION, "cache": "own", "parameters": {"MapConcurrency": "3"}}
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(answers))

    document = deploy(simcrm, "--dry-run", "--answers", str(file))

    assert account.commands == []
    assert (document["stackName"], document["cache"]) == ("mine", "own")
    assert document["parameters"] == {"CacheKind": "own", "MapConcurrency": "3"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cache", "vpc"], "needs subnets and security groups"),
        (["--parameter", "Nonsense=1"], "Nonsense is not a template parameter as NAME=VALUE"),
        (["--parameter", "MapConcurrency"], "MapConcurrency is not a template parameter as NAME=VALUE"),
    ],
)
def test_what_cannot_be_deployed_is_refused_before_anything_is_done(
    simcrm: Simcrm, account: Account, options: list[str], said: str
) -> None:
    document = deploy(simcrm, *options)

    assert said in document["error"]["message"]
    assert account.commands == []


def test_a_key_in_a_file_of_answers_is_refused(simcrm: Simcrm, account: Account, tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"hubspotToken": "pat-secret"}))

    document = deploy(simcrm, "--answers", str(file))

    assert "take SIMCRM_HUBSPOT_TOKEN from the environment" in document["error"]["message"]
    assert "pat-secret" not in str(document)
    assert account.commands == []


@dataclass
class Person:
    """Answers questions in order; notes each with whether its answer is hidden."""

    answers: list[str]
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def prompt(self, question: str, *, default: str, show_default: bool, hide_input: bool = False) -> str:
        assert show_default == bool(default)
        self.asked.append((question, hide_input))
        return self.answers.pop(0) or default


def ask_config(person: Person, config: DeploymentConfig | None = None, **there: bool) -> DeploymentConfig:
    return ask_settings(Terminal(person.prompt), config or DeploymentConfig("mine", REGION), there)


def test_keys_are_asked_for_without_showing_them() -> None:
    person = Person(["own", "ops@example.com", "pat-new", "", "redis://:pass@r:1"])

    wanted = ask_config(person)

    assert [hidden for _, hidden in person.asked] == [False, False, True, True, True]
    assert wanted.keys == {"hubspotToken": "pat-new", "redisUrl": "redis://:pass@r:1"}
    assert wanted.parameters["CacheKind"] == "own"
    assert "pat-new" not in repr(wanted)


def test_enter_keeps_what_is_there() -> None:
    former = {
        "CacheKind": "serverless",
        "SubnetIds": "subnet-1",
        "SecurityGroupIds": "sg-1",
        "AlarmEmail": "a@b.example",
    }
    person = Person([""] * 6)

    wanted = ask_config(person, DeploymentConfig("mine", REGION, former), hubspotToken=True)

    assert (wanted.parameters, wanted.keys, wanted.cache) == (former, {}, CacheKind.VPC)
    kept = [question for question, _ in person.asked if "keeps the current one" in question]
    assert [question.split()[0] for question in kept] == ["HubSpot"]


def test_a_dash_ends_the_mails_of_alarms_and_an_unknown_cache_is_asked_for_again() -> None:
    wanted = ask_config(
        Person(["nonsense", "public", "-", "", ""]), DeploymentConfig("mine", REGION, {"AlarmEmail": "a@b.example"})
    )

    assert (wanted.parameters["AlarmEmail"], wanted.cache) == ("", CacheKind.PUBLIC)


def test_a_vpc_without_subnets_is_refused() -> None:
    with pytest.raises(InputFileError, match="needs subnets"):
        ask_config(Person(["vpc", "", "", ""]))


AWKWARD = [
    json.dumps({"totalRecords": 10, "theme": 'say "hi"'}),
    json.dumps({"theme": "ends with \\"}),
    json.dumps({"theme": "a=b c=d", "name": "Müller … 😀"}, ensure_ascii=False),
    '{\n "totalRecords": 10,\r\n\t"theme": "two  spaces"\n}\n',
    "a'b",
    "ends\\",
    '\\"',
    "\\'",
    "a\\ b",
    '"quoted"',
    "'quoted'",
    " blanks ",
    "null",
    "1e3",
    "file://nowhere.yaml",
    "{{resolve:ssm:name}}",
]


@pytest.mark.parametrize("value", AWKWARD)
def test_a_parameter_arrives_byte_for_byte_and_stays_over_an_upgrade(
    simcrm: Simcrm, account: Account, value: str
) -> None:
    deploy(simcrm, "--parameter", f"ScheduleInput={value}")
    deploy(simcrm, "--parameter", "MapConcurrency=7")

    assert (account.deployed or {})["ScheduleInput"] == value


def test_the_file_of_parameters_is_its_owners_alone_and_is_gone_afterwards(
    simcrm: Simcrm, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, int]] = []

    def run(_project: Project, arguments: list[str]) -> None:
        account.run(_project, arguments)
        if arguments[0] == "deploy":
            file = Path(arguments[-1].removeprefix("file://"))
            seen.append((file, file.stat().st_mode & 0o777))

    monkeypatch.setattr(sam, "run", run)
    deploy(simcrm, "--alarm-email", "ops@example.com")

    ((file, mode),) = seen
    assert mode == 0o600
    assert not file.parent.exists()
