"""The first look at a deployment, as it is typed: a stack that is sound, and the same one with six things broken."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from integration.driving import PortalDriver, aws_client

from simcrm_cli.model_options import with_model
from simcrm_embedded.polling import Interruption
from simcrm_embedded.project import find_project
from simcrm_embedded.stack import down, up

if TYPE_CHECKING:
    from simcrm_embedded.state import StackState

ROOT = Path(__file__).parents[2]
SIMCRM = Path(sys.executable).parent / "simcrm"
SECONDS = 300.0
NAMES = ["api", "secret", "cache", "queue", "hubspot", "model", "callbacks"]
Row = dict[str, str]


class Outcome(NamedTuple):
    """How the command ended: its exit code, its checks by name, and all that it wrote."""

    code: int
    checks: dict[str, Row]
    written: str


class Stack:
    """An embedded stack of this module's own, whose words the model's stand-in would write."""

    def __init__(self, home: Path) -> None:
        self.project = find_project(ROOT, {"SIMCRM_STATE_DIR": str(home)})
        self.state: StackState = up(
            self.project, Interruption(), report=lambda _: None, env=with_model({"PATH": "/usr/bin:/bin"}, "stand-in")
        ).state

    def doctor(self, *options: str) -> Outcome:
        """Type the command; a document and nothing else is on its standard output."""
        done = subprocess.run(
            [SIMCRM, "doctor", "--json", *options],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "SIMCRM_STATE_DIR": str(self.project.home)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        rows: list[Row] = json.loads(done.stdout)["checks"]
        return Outcome(done.returncode, {row["name"]: row for row in rows}, done.stdout + done.stderr)

    def change_secret(self, **fields: str) -> None:
        """Change fields of the stack's secret, as somebody does by hand."""
        client, arn = aws_client(self.state, "secretsmanager"), self.state.outputs["SecretArn"]
        held: dict[str, Any] = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(held | fields))

    def break_it(self) -> None:
        """A token, the cache, the queue's visibility, the portal's scopes, the model's key, the writer's trigger."""
        queue = self.state.outputs["WriteQueueUrl"]
        self.change_secret(bossToken="", redisUrl="no url", anthropicApiKey="sk-of-somebody-else")
        aws_client(self.state, "sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "20"})
        PortalDriver(self.state).accept({self.state.hubspot_token: ["oauth", "crm.objects.contacts.read"]})
        functions = aws_client(self.state, "lambda")
        for source in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(tmp_path_factory.mktemp("doctor") / "state")
    yield made
    down(made.project, Interruption())


def test_a_sound_stack_is_ready(stack: Stack) -> None:
    outcome = stack.doctor()

    assert {name: row["state"] for name, row in outcome.checks.items()} == dict.fromkeys(NAMES, "ok"), outcome.written
    assert outcome.code == 0


def test_of_a_stack_with_six_broken_things_each_is_named_with_what_to_do(stack: Stack) -> None:
    stack.break_it()

    outcome = stack.doctor("--timeout", "5")

    states = {name: row["state"] for name, row in outcome.checks.items()}
    assert states == dict.fromkeys(NAMES, "failed") | {"api": "ok"}, outcome.written
    assert outcome.code == 1
    said = {
        "secret": "bossToken",
        "cache": "cannot be parsed",
        "queue": "reappear after 20 s",
        "hubspot": "crm.objects.deals.write",
        "model": "refuses the key (401)",
        "callbacks": "did not end in 5 s",
    }
    assert {name: words in outcome.checks[name]["found"] for name, words in said.items()} == dict.fromkeys(said, True)
    assert [name for name in said if not outcome.checks[name]["remedy"]] == []
    keys = [stack.state.operator_token, stack.state.hubspot_token, stack.state.model_key, "sk-of-somebody-else"]
    assert [key for key in keys if key in outcome.written] == []
