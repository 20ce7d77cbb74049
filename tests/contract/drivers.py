"""Both official clients behind one set of words, so that one scenario runs with each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import hubspot_sdk
from hubspot import HubSpot
from hubspot.crm.associations.v4 import (
    BatchInputPublicAssociationMultiPost,
    BatchInputPublicFetchAssociationsBatchRequest,
)
from hubspot.crm.associations.v4.schema import PublicAssociationDefinitionCreateRequest
from hubspot.crm.properties import BatchInputPropertyCreate, PropertyGroupCreate

Input = dict[str, Any]
SDK_VERSION = "2026-03"
"""What ``hubspot-sdk`` has in its paths."""

OWN = "HUBSPOT_DEFINED"
ACTIVITIES = {"notes", "calls", "tasks", "meetings", "emails"}


class Failure(Exception):  # noqa: N818  # the word of the scenarios
    """A call that HubSpot refused."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


@dataclass(frozen=True)
class Record:
    id: str
    properties: Mapping[str, str | None]
    new: bool | None = None


@dataclass(frozen=True)
class Batch:
    """The records of a batch by id, and the context of each error."""

    records: dict[str, Record]
    errors: list[dict[str, Any]]

    def by(self, name: str) -> dict[str | None, Record]:
        return {record.properties[name]: record for record in self.records.values()}


class Driver(Protocol):
    """What a scenario does with a client; records are given and read by HubSpot's property names."""

    def create(self, kind: str, properties: dict[str, str]) -> Record: ...
    def read(self, kind: str, record_id: str, names: list[str]) -> Record: ...
    def page(self, kind: str, limit: int) -> list[Record]: ...
    def create_batch(self, kind: str, inputs: list[Input]) -> Batch: ...
    def upsert_batch(self, kind: str, inputs: list[Input]) -> Batch: ...
    def update_batch(self, kind: str, inputs: list[Input]) -> Batch: ...
    def read_batch(self, kind: str, ids: list[str], names: list[str], by: str | None = None) -> Batch: ...
    def archive_batch(self, kind: str, ids: list[str]) -> None: ...
    def search(self, kind: str, name: str, value: str) -> tuple[int, list[str]]: ...
    def define(self, kind: str, group: str, definitions: list[Input]) -> tuple[list[str], int]: ...
    def property_names(self, kind: str) -> set[str]: ...
    def associate(
        self, source: str, target: str, pairs: Sequence[tuple[str, str]], type_id: int, category: str = OWN
    ) -> int: ...
    def create_label(self, source: str, target: str, label: str, name: str) -> list[int]: ...
    def labels(self, source: str, target: str) -> dict[str | None, int]: ...
    def linked_batch(self, source: str, ids: list[str], target: str) -> dict[str, set[str]]: ...
    def group_names(self, kind: str) -> set[str]: ...
    def associated_ids(self, source: str, record_id: str, target: str) -> dict[str, set[int]]: ...
    def owner_emails(self) -> list[str]: ...
    def close(self) -> None: ...
    def stages(self, kind: str) -> list[str]: ...


def record(row: Any) -> Record:
    return Record(row.id, dict(row.properties), getattr(row, "new", None))


def batch(answer: Any, contexts: list[dict[str, Any]]) -> Batch:
    assert answer.status == "COMPLETE"
    return Batch({row.id: record(row) for row in answer.results}, contexts)


def pair_inputs(pairs: Sequence[tuple[str, str]], type_id: int, category: str = OWN) -> list[Any]:
    spec = {"associationCategory": category, "associationTypeId": type_id}
    return [{"from": {"id": source}, "to": {"id": target}, "types": [spec]} for source, target in pairs]


class ApiClient:
    """``hubspot-api-client``: version 3 and 4 paths."""

    def __init__(self, url: str) -> None:
        self._client = HubSpot(access_token="pat-test", host=url)

    def _objects(self, kind: str) -> Any:
        return getattr(self._client.crm.objects if kind in ACTIVITIES else self._client.crm, kind)

    @staticmethod
    def _model(kind: str, name: str) -> Any:
        package = f"hubspot.crm.objects.{kind}" if kind in ACTIVITIES else f"hubspot.crm.{kind}"
        return getattr(import_module(package), name)

    @staticmethod
    def _call(method: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except Exception as problem:
            if type(problem).__name__ == "ApiException":
                raise Failure(getattr(problem, "status", 0), getattr(problem, "body", "")) from problem
            raise
        finally:
            # The client opens a connection pool at every access to an API and leaves it to the collector.
            method.__self__.api_client.rest_client.pool_manager.clear()

    def create(self, kind: str, properties: dict[str, str]) -> Record:
        given = self._model(kind, "SimplePublicObjectInputForCreate")(properties=properties, associations=[])
        return record(self._call(self._objects(kind).basic_api.create, given))

    def read(self, kind: str, record_id: str, names: list[str]) -> Record:
        return record(self._call(self._objects(kind).basic_api.get_by_id, record_id, properties=names))

    def page(self, kind: str, limit: int) -> list[Record]:
        return [record(row) for row in self._call(self._objects(kind).basic_api.get_page, limit=limit).results]

    def _batch(self, kind: str, method: str, model: str, body: dict[str, Any]) -> Batch:
        given = self._model(kind, model)(**body)
        answer = self._call(getattr(self._objects(kind).batch_api, method), given)
        return batch(answer, [error.context for error in getattr(answer, "errors", None) or []])

    def create_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "create", "BatchInputSimplePublicObjectBatchInputForCreate", {"inputs": inputs})

    def upsert_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "upsert", "BatchInputSimplePublicObjectBatchInputUpsert", {"inputs": inputs})

    def update_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "update", "BatchInputSimplePublicObjectBatchInput", {"inputs": inputs})

    def read_batch(self, kind: str, ids: list[str], names: list[str], by: str | None = None) -> Batch:
        body = {"inputs": [{"id": each} for each in ids], "properties": names, "properties_with_history": []}
        return self._batch(
            kind, "read", "BatchReadInputSimplePublicObjectId", body | ({"id_property": by} if by else {})
        )

    def archive_batch(self, kind: str, ids: list[str]) -> None:
        given = self._model(kind, "BatchInputSimplePublicObjectId")(inputs=[{"id": each} for each in ids])
        self._call(self._objects(kind).batch_api.archive, given)

    def search(self, kind: str, name: str, value: str) -> tuple[int, list[str]]:
        condition = {"propertyName": name, "operator": "EQ", "value": value}
        given = self._model(kind, "PublicObjectSearchRequest")(filter_groups=[{"filters": [condition]}], limit=100)
        answer = self._call(self._objects(kind).search_api.do_search, given)
        return answer.total, [row.id for row in answer.results]

    def define(self, kind: str, group: str, definitions: list[Input]) -> tuple[list[str], int]:
        properties = self._client.crm.properties
        self._call(properties.groups_api.create, kind, PropertyGroupCreate(name=group, label=group, display_order=-1))
        inputs = BatchInputPropertyCreate(inputs=[{**row, "groupName": group} for row in definitions])
        answer = self._call(properties.batch_api.create, kind, inputs)
        again = self._call(properties.batch_api.create, kind, inputs)
        return [row.name for row in answer.results], again.num_errors

    def property_names(self, kind: str) -> set[str]:
        return {row.name for row in self._call(self._client.crm.properties.core_api.get_all, kind).results}

    def associate(
        self, source: str, target: str, pairs: Sequence[tuple[str, str]], type_id: int, category: str = OWN
    ) -> int:
        given = BatchInputPublicAssociationMultiPost(inputs=pair_inputs(pairs, type_id, category))
        answer = self._call(self._client.crm.associations.v4.batch_api.create, source, target, given)
        return len(answer.results)

    def create_label(self, source: str, target: str, label: str, name: str) -> list[int]:
        given = PublicAssociationDefinitionCreateRequest(label=label, name=name)
        definitions = self._client.crm.associations.v4.schema.definitions_api
        return [row.type_id for row in self._call(definitions.create, source, target, given).results]

    def labels(self, source: str, target: str) -> dict[str | None, int]:
        definitions = self._client.crm.associations.v4.schema.definitions_api
        return {row.label: row.type_id for row in self._call(definitions.get_all, source, target).results}

    def linked_batch(self, source: str, ids: list[str], target: str) -> dict[str, set[str]]:
        given = BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": each} for each in ids])
        rows = self._call(self._client.crm.associations.v4.batch_api.get_page, source, target, given).results
        return {row._from.id: {str(end.to_object_id) for end in row.to} for row in rows}

    def group_names(self, kind: str) -> set[str]:
        return {row.name for row in self._call(self._client.crm.properties.groups_api.get_all, kind).results}

    def associated_ids(self, source: str, record_id: str, target: str) -> dict[str, set[int]]:
        basic = self._client.crm.associations.v4.basic_api
        rows = self._call(basic.get_page, source, record_id, target).results
        return {row.to_object_id: {each.type_id for each in row.association_types} for row in rows}

    def owner_emails(self) -> list[str]:
        return [row.email for row in self._call(self._client.crm.owners.owners_api.get_page, limit=100).results]

    def stages(self, kind: str) -> list[str]:
        (pipeline,) = self._call(self._client.crm.pipelines.pipelines_api.get_all, kind).results
        return [stage.id for stage in pipeline.stages]

    def close(self) -> None:
        """Do nothing: every call closes its own connections."""


class Sdk:
    """``hubspot-sdk``: dated paths, those of another version where one is named."""

    def __init__(self, url: str, version: str = SDK_VERSION) -> None:
        def move(request: Any) -> None:
            path = request.url.raw_path.replace(SDK_VERSION.encode(), version.encode())
            request.url = request.url.copy_with(raw_path=path)

        http = hubspot_sdk.DefaultHttpxClient(event_hooks={"request": [move]})
        self._client = hubspot_sdk.HubSpot(access_token="pat-test", base_url=url, max_retries=0, http_client=http)

    def _objects(self, kind: str) -> Any:
        return getattr(self._client.crm.objects, kind)

    @staticmethod
    def _call(method: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except hubspot_sdk.APIStatusError as problem:
            raise Failure(problem.status_code, problem.response.text) from problem

    def create(self, kind: str, properties: dict[str, str]) -> Record:
        return record(self._call(self._objects(kind).create, properties=properties, associations=[]))

    def read(self, kind: str, record_id: str, names: list[str]) -> Record:
        return record(self._call(self._objects(kind).get, record_id, properties=names))

    def page(self, kind: str, limit: int) -> list[Record]:
        return [record(row) for row in self._call(self._objects(kind).list, limit=limit).results]

    def _batch(self, kind: str, method: str, inputs: list[Input], **more: Any) -> Batch:
        renamed = {"objectWriteTraceId": "object_write_trace_id", "idProperty": "id_property"}
        given = [{renamed.get(name, name): value for name, value in item.items()} for item in inputs]
        answer = self._call(getattr(self._objects(kind).batch, method), inputs=given, **more)
        # The ordinary type of a batch does not know errors: they arrive as plain dictionaries.
        return batch(answer, [error["context"] for error in getattr(answer, "errors", None) or []])

    def create_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "create", [{"associations": [], **item} for item in inputs])

    def upsert_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "upsert", inputs)

    def update_batch(self, kind: str, inputs: list[Input]) -> Batch:
        return self._batch(kind, "update", inputs)

    def read_batch(self, kind: str, ids: list[str], names: list[str], by: str | None = None) -> Batch:
        inputs: list[Input] = [{"id": each} for each in ids]
        key = {"id_property": by} if by else {}
        return self._batch(kind, "get", inputs, properties=names, properties_with_history=[], **key)

    def archive_batch(self, kind: str, ids: list[str]) -> None:
        self._call(self._objects(kind).batch.delete, inputs=[{"id": each} for each in ids])

    def search(self, kind: str, name: str, value: str) -> tuple[int, list[str]]:
        groups = [{"filters": [{"property_name": name, "operator": "EQ", "value": value}]}]
        search = self._objects(kind).search
        answer = self._call(search, filter_groups=groups, limit=100, after="0", properties=[], sorts=[])
        return answer.total, [row.id for row in answer.results]

    def define(self, kind: str, group: str, definitions: list[Input]) -> tuple[list[str], int]:
        properties = self._client.crm.properties
        self._call(properties.groups.create, kind, name=group, label=group)
        renamed = {"fieldType": "field_type", "hasUniqueValue": "has_unique_value"}
        rows = [{renamed.get(name, name): value for name, value in row.items()} for row in definitions]
        inputs = [{**row, "group_name": group} for row in rows]
        answer = self._call(properties.batch.create, kind, inputs=inputs)
        again = self._call(properties.batch.create, kind, inputs=inputs)
        return [row.name for row in answer.results], again.numErrors

    def property_names(self, kind: str) -> set[str]:
        return {row.name for row in self._call(self._client.crm.properties.list, kind).results}

    def associate(
        self, source: str, target: str, pairs: Sequence[tuple[str, str]], type_id: int, category: str = OWN
    ) -> int:
        create = self._client.crm.associations.batch.create
        spec: Any = {"association_category": category, "association_type_id": type_id}
        inputs: Any = [{**pair, "types": [spec]} for pair in pair_inputs(pairs, type_id)]
        return len(self._call(create, target, from_object_type=source, inputs=inputs).results)

    def create_label(self, source: str, target: str, label: str, name: str) -> list[int]:
        create = self._client.crm.associations_schema.labels.create_label
        rows = self._call(create, target, from_object_type=source, label=label, name=name).results
        return [row.type_id for row in rows]

    def labels(self, source: str, target: str) -> dict[str | None, int]:
        listed = self._client.crm.associations_schema.labels.list_labels
        rows = self._call(listed, target, from_object_type=source).results
        return {row.label: row.type_id for row in rows}

    def linked_batch(self, source: str, ids: list[str], target: str) -> dict[str, set[str]]:
        inputs: Any = [{"id": each} for each in ids]
        get = self._client.crm.associations.batch.get
        rows = self._call(get, target, from_object_type=source, inputs=inputs).results
        return {row.from_.id: {str(end.to_object_id) for end in row.to} for row in rows}

    def group_names(self, kind: str) -> set[str]:
        return {row.name for row in self._call(self._client.crm.properties.groups.list, kind).results}

    def associated_ids(self, source: str, record_id: str, target: str) -> dict[str, set[int]]:
        rows = self._call(self._client.crm.associations.list, target, object_type=source, object_id=record_id).results
        return {row.to_object_id: {each.type_id for each in row.association_types} for row in rows}

    def owner_emails(self) -> list[str]:
        return [row.email for row in self._call(self._client.crm.owners.list, limit=100).results]

    def stages(self, kind: str) -> list[str]:
        (pipeline,) = self._call(self._client.crm.pipelines.list, kind).results
        return [stage.id for stage in pipeline.stages]

    def close(self) -> None:
        self._client.close()

    def account_type(self) -> str:
        """Return the kind of account; the other client has no such call."""
        return str(self._call(self._client.account.get).account_type)

    def places(self) -> dict[str, tuple[int, int]]:
        """Return limit and usage by object type id; the other client has no such call."""
        rows = self._call(self._client.crm.limits.get_record_limits).hubspot_defined_object_types
        return {row.object_type_id: (row.limit, row.usage) for row in rows}
