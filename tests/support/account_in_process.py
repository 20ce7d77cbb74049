"""The AWS account of the unit tests: moto's, with the template's resources made once and emptied before each test."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import logs_backends
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from moto.stepfunctions.models import stepfunctions_backends
from template_resources import Resources, make_resources

REGION = "us-east-1"


class AccountInProcess:
    """What is deployed stays from test to test; making it takes ten times as long as emptying it.

    A test that deletes a part of it, or has a ``mock_aws`` of its own, leaves it to be made again.
    """

    def __init__(self, redis_url: str, hubspot_url: str) -> None:
        self._mock = mock_aws()
        self._urls = redis_url, hubspot_url
        self._resources: Resources | None = None
        self._parts: list[object] = []
        self._secret: dict[str, Any] = {}

    @contextmanager
    def clear(self) -> Iterator[Resources]:
        """The resources as a deploy leaves them: no object, message, execution, schedule or line of a log."""
        is_there = self._is_there()
        self._mock.start(reset=not is_there)
        try:
            yield self._empty() if is_there else self._create()
        finally:
            self._mock.stop(remove_data=False)

    def _is_there(self) -> bool:
        found = {id(part) for part in _parts()}
        return bool(self._parts) and all(id(part) in found for part in self._parts)

    def _create(self) -> Resources:
        self._resources = resources = make_resources(*self._urls)
        self._parts = _parts()
        self._secret = copy.deepcopy(vars(_secret(resources)))
        return resources

    def _empty(self) -> Resources:
        assert self._resources is not None
        for bucket in s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values():
            bucket.keys = type(bucket.keys)()
        for queue in sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.values():
            queue._messages, queue._pending_messages = [], set()
            queue.deleted_messages.clear()
        for machine in stepfunctions_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines:
            machine.executions.clear()
        for group in scheduler_backends[DEFAULT_ACCOUNT_ID][REGION].schedule_groups.values():
            group.schedules.clear()
        logs_backends[DEFAULT_ACCOUNT_ID][REGION].reset()
        vars(_secret(self._resources)).update(copy.deepcopy(self._secret))
        return self._resources


def _parts() -> list[object]:
    return [
        *s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets.values(),
        *sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues.values(),
        *stepfunctions_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines,
        *scheduler_backends[DEFAULT_ACCOUNT_ID][REGION].schedule_groups.values(),
        *secretsmanager_backends[DEFAULT_ACCOUNT_ID][REGION].secrets.values(),
    ]


def _secret(resources: Resources) -> Any:
    return secretsmanager_backends[DEFAULT_ACCOUNT_ID][REGION].secrets[resources.secret_arn]
