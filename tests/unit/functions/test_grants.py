"""Every call that a function makes to AWS is granted, and every grant of a function is used by a call."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import expire_simulations
import pytest
from aws_lambda_powertools.utilities.parameters.constants import DEFAULT_PROVIDERS
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from builders import SIMULATION, START, status, write_request
from grants import Grant, read_granted
from lambda_events import api_event, authorizer_event, sqs_event
from portal_in_process import LocalPortal
from scripted_batches import Account
from scripted_model import ScriptedModel
from template.function_code import FUNCTIONS, folder
from template_resources import Resources, properties, resolve, template
from unit.functions.conftest import Invoke

from simcrm.core import aws_clients
from simcrm.core.errors import InvalidSimulationError
from simcrm.jobs import clean_up
from simcrm.llm.providers import registry
from simcrm.storage.abort_marker import AbortMarker, write_abort_marker
from simcrm.storage.job_record import read_job
from simcrm.storage.run_status import write_status
from simcrm.storage.simulation_files import SimulationFiles
from simcrm_lambda import job_factory

RUN = {"simulationId": SIMULATION, "startedAt": "2026-03-02T14:00:00.000Z"}
INPUT = {
    "totalRecords": 3,
    "seed": "7",
    "timeScale": 0,
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": RUN["startedAt"],
}
PATH = f"/api/simulations/{SIMULATION}"
NOT_CALLED = {
    "iam:PassRole": "asked of the API by Scheduler when a schedule is added",
    "elasticache:Connect": "no call of an AWS client: tests/template compares it with the configuration",
    "s3:AbortMultipartUpload": "only where a long list cannot be made to its end",
}
"""Granted, but not called here, and why."""

ACTIONS = {
    **{name: f"s3:{name}" for name in ("GetObject", "PutObject", "DeleteObject")},
    "DeleteObjects": "s3:DeleteObject",
    "SendMessageBatch": "sqs:SendMessage",
    **{name: f"sqs:{name}" for name in ("SendMessage", "ChangeMessageVisibility", "GetQueueAttributes")},
    **{
        name: f"states:{name}"
        for name in (
            "StartExecution",
            "ListExecutions",
            "DescribeExecution",
            "StopExecution",
            "SendTaskSuccess",
            "SendTaskFailure",
        )
    },
    **{name: f"scheduler:{name}" for name in ("CreateSchedule", "GetSchedule", "DeleteSchedule", "ListSchedules")},
    "ListObjectsV2": "s3:ListBucket",
    "GetSecretValue": "secretsmanager:GetSecretValue",
    "FilterLogEvents": "logs:FilterLogEvents",
}
"""The action that each operation needs."""


@dataclass
class Recorder:
    """Notes what each function asks of AWS, in the words of the table."""

    resources: Resources
    function: str = ""
    calls: set[Grant] = field(default_factory=set)

    def note(self, operation: str, params: Mapping[str, Any]) -> None:
        if self.function:
            action, resource = self._granted_as(operation, params)
            self.calls.add(Grant(folder(self.function).name, action, resource))

    def _granted_as(self, operation: str, params: Mapping[str, Any]) -> tuple[str, str]:
        action = ACTIONS.get(operation, operation)
        match action.split(":")[0], params:
            case "scheduler", _:
                return action, f"schedule/group/{params['Name']}" if "Name" in params else "*"
            case "s3", {"Key": key} | {"Delete": {"Objects": [{"Key": key}, *_]}}:
                return action, f"DataBucket/{key}"
            case "s3", {"Prefix": prefix}:
                assert re.match(r"(simulations|dead-letters|config)/", prefix)
                return action, "DataBucket"
            case "states", {"executionArn": arn}:
                machine = "maintenance" if "-maintenance:" in arn else "simulation"
                return action, f"execution:{machine}:{arn.rpartition(':')[2]}"
            case "states", {"taskToken": _}:
                return action, "stateMachine:simulation"
        name = next(self._names[value] for value in params.values() if value in self._names)
        return action, "stateMachine:simulation" if name == "SimulationStateMachine" else name

    @property
    def _log_groups(self) -> dict[str, str]:
        """The template's names of log groups."""
        kinds = {name: item["Type"] for name, item in template()["Resources"].items()}
        groups = (name for name, kind in kinds.items() if kind == "AWS::Logs::LogGroup")
        return {resolve(properties(name)["LogGroupName"], self.resources.values): name for name in groups}

    @property
    def _names(self) -> dict[Any, str]:
        """The template's names of addresses, ARNs and log groups."""
        return {value: name for name, value in self.resources.values.items() if "." not in name} | self._log_groups


@pytest.fixture
def recorder(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    made, call = Recorder(resources), BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(client: Any, operation: str, params: Mapping[str, Any]) -> Any:
        made.note(operation, params)
        try:
            return call(client, operation, params)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":  # to whom may not list, S3 says that it is forbidden
                made.note("ListObjectsV2", {"Prefix": params["Key"]})
            raise

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    monkeypatch.setattr(job_factory, "time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(clean_up, "EMPTY_PASSES", 1)
    for name, kind in registry.PROVIDERS.items():
        if kind.create is not None:
            account = Account(lambda: 1_790_000_000.0)
            scripted = replace(kind, create=ScriptedModel().create_provider, create_batches=account.create_provider)
            monkeypatch.setitem(registry.PROVIDERS, name, scripted)
    return made


@dataclass
class Walk:
    """A simulation from its start to its clean-up, function by function."""

    invoke: Invoke
    recorder: Recorder
    files: SimulationFiles
    portal: LocalPortal

    def ask(self, function: str, event: dict[str, Any]) -> Any:
        self.recorder.function = function
        for provider in DEFAULT_PROVIDERS.values():  # each function has a process of its own
            provider.clear_cache()
        try:
            return self.invoke(function, event)
        finally:
            self.recorder.function = ""

    def api(self, method: str, path: str, body: Any = None, role: str = "boss", **query: str) -> Any:
        answer = self.ask("ApiFunction", api_event(method, path, body, role=role, **query))
        assert answer["statusCode"] < 500, answer
        return answer

    def run(self) -> None:
        self.ask("AuthorizeRequestFunction", authorizer_event({"Authorization": "Bearer op-token"}))
        self.api("GET", "/api/health")
        self.api("GET", "/api/diagnostics")
        self.api("POST", "/api/simulations", {**INPUT, "simulationId": SIMULATION})
        self.portal.fault(path="/products/batch/upsert", status=400, times=None)
        self.ask("PlanSimulationFunction", {**RUN, "input": INPUT})
        self.portal.request("DELETE", "/_local/faults")
        scheduled = {"schedule": {"name": "nightly", "overlap": "REFUSE"}}
        for firing in (SIMULATION, "sim-next"):
            self.ask("PlanSimulationFunction", {**RUN, "simulationId": firing, "input": INPUT | scheduled})
        prompts = {"pairs": {"text": "Write for {{scenario}}."}}
        self.api("PUT", "/api/boss/ai-config", {"version": 0, "config": {"prompts": prompts}})
        self.api("GET", "/api/boss/ai-config")
        self.ask("PlanSimulationFunction", {**RUN, "input": INPUT})
        batch = {"simulationId": SIMULATION, "batch": (self.files.read_lines("batches.jsonl") or [])[0]}
        for _attempt in ("first", "again"):
            made = self.ask("GenerateContactFunction", batch)
            self.ask("GenerateActivityFunction", {**batch, "wave": 0})
        self.begin_as_an_earlier_version_did(batch)
        while not self.ask("BatchWordsFunction", {"simulationId": SIMULATION})["done"]:
            pass
        self.portal.fault(kind="status", status=503, times=None)
        self._write(write_request(), "nonsense")
        self.portal.request("DELETE", "/_local/faults")
        self._write(write_request())
        self.portal.fault(path="/notes/batch/create", status=400, times=None)
        self._write(write_request(step="wave-000", source="activities/000000/000.jsonl"))
        self.portal.request("DELETE", "/_local/faults")
        assert made["waves"]
        self.files.write_lines("ledger/000007/contacts.jsonl", [])  # by a writer that ended before it counted it
        self.ask("FinishSimulationFunction", RUN)

    def begin_as_an_earlier_version_did(self, batch: dict[str, Any]) -> None:
        """Continue a batch whose steps are stored and whose history is not."""
        name = "histories/000000.jsonl"
        history = self.files.read_lines(name) or []
        aws_clients.s3().delete_object(Bucket=self.files.bucket, Key=self.files.key(name))
        self.ask("GenerateContactFunction", batch)
        self.ask("GenerateActivityFunction", {**batch, "wave": 0})
        self.record_batch_failure(1)
        self.ask("FinishSimulationFunction", RUN)
        self.files.write_lines(name, history)

    def refuse(self) -> None:
        refused = {**RUN, "simulationId": "sim-refused", "input": {**INPUT, "totalRecords": 0}}
        with pytest.raises(InvalidSimulationError):
            self.ask("PlanSimulationFunction", refused)

    def fail(self) -> None:
        for batch, code in ((1, 400), (2, 401)):
            rows = self.files.read_lines("records/000000.jsonl") or ()
            self.files.write_lines(f"records/{batch:06d}.jsonl", rows)
            self.portal.fault(path="/contacts/batch/upsert", status=code, times=None)
            self._write(write_request(batch=batch))
            self.portal.request("DELETE", "/_local/faults")
        self.record_batch_failure(1)
        self.ask("FinishSimulationFunction", {**RUN, "failure": {"Error": "Stopped", "Cause": "by the portal"}})

    def record_batch_failure(self, attempt: int) -> None:
        failed = {"item": {"batch": 0}, "failure": {"Error": "States.Timeout"}}
        given = {"simulationId": SIMULATION, "attempt": attempt, "failed": failed}
        self.ask("FinishSimulationFunction", given)

    def look(self) -> None:
        self.ask("FailUndeliveredFunction", sqs_event(write_request(), "nonsense"))
        self.api("GET", "/api/boss/dlq")
        self.api("POST", "/api/boss/dlq/replay", {"dryRun": False})
        schedule = {"name": "nightly", "expression": "rate(1 hour)", "input": {"totalRecords": 1}}
        self.api("POST", "/api/schedules", schedule)
        self.api("GET", "/api/schedules")
        self.api("DELETE", "/api/schedules/nightly")
        for path in ("/api/simulations", PATH, f"{PATH}/metrics", f"{PATH}/failures", "/api/events"):
            self.api("GET", path)
        token = ""
        while (page := self.api("GET", f"{PATH}/records", **({"token": token} if token else {}))) is not None:
            token = page["multiValueHeaders"]["X-Next-Token"][0]
            if not token:
                break

    def maintain(self) -> None:
        for attempt in (2, 3):  # a failed run, and one that has lost batches
            self.api("POST", f"{PATH}/resume")
            resumed = {**RUN, "simulationId": f"{SIMULATION}--r{attempt}"}
            self.ask("PlanSimulationFunction", {**resumed, "input": INPUT})
            self.record_batch_failure(attempt)
            self.ask("FinishSimulationFunction", resumed)
            self.end_job()
        self._maintain("repair")
        self.api("POST", f"{PATH}/cleanup", {"dryRun": False})
        self.api("POST", f"{PATH}/resume")  # is refused, because the clean-up runs
        self._maintain("cleanup")
        self.end_job()

    def abort(self) -> None:
        aws_clients.step_functions().start_execution(
            stateMachineArn=self.recorder.resources.state_machine_arn, name=f"{SIMULATION}--r4", input="{}"
        )
        write_status(self.files, status(attempt=4))
        self.api("POST", f"{PATH}/abort")
        write_abort_marker(self.files, AbortMarker(at=START))
        self._maintain("abort")

    def expire(self) -> None:
        machine = self.recorder.resources.values["MaintenanceStateMachine"]
        walk = {"execution": machine.replace(":stateMachine:", ":execution:") + ":daily", "after": ""}
        self.end_job()
        write_status(self.files, status(attempt=4))
        self.ask("ExpireSimulationsFunction", walk)  # the execution was stopped, so its end is recorded
        later = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=91))
        with patch.object(expire_simulations, "datetime", later):
            self.ask("ExpireSimulationsFunction", walk)
        assert list(self.files.list_names("")) == []

    def end_job(self) -> None:
        """Let the job end, as its machine does."""
        job = read_job(self.files)
        assert job is not None
        aws_clients.step_functions().stop_execution(executionArn=job.execution)

    def _maintain(self, action: str) -> None:
        job = read_job(self.files)
        assert job is not None
        self.ask("MaintainSimulationFunction", {"simulationId": SIMULATION, "action": action, "job": job.name})

    def _write(self, *bodies: str) -> None:
        self.ask("WriteHubSpotFunction", sqs_event(*bodies))


@pytest.fixture
def calls(
    invoke: Invoke, recorder: Recorder, files: SimulationFiles, portal: LocalPortal, connected: object
) -> set[Grant]:
    assert connected is not None
    recorder.resources.fill_secret(anthropicApiKey="key")
    walk = Walk(invoke, recorder, files, portal)
    walk.run()
    walk.refuse()
    walk.fail()
    walk.look()
    walk.maintain()
    walk.abort()
    walk.expire()
    return recorder.calls


def test_calls_and_grants_are_the_same(calls: set[Grant]) -> None:
    table = {
        grant
        for grant in read_granted()
        if grant.action not in NOT_CALLED and "stateMachine:simulation/" not in grant.resource
    }
    functions = {folder(name).name for name in FUNCTIONS}
    unused = {
        (grant.who, grant.action, grant.resource)
        for grant in table
        if grant.who in functions and not any(grant.covers(call) for call in calls)
    }
    assert sorted(call for call in calls if not any(grant.covers(call) for grant in table)) == []
    assert sorted(unused) == []
