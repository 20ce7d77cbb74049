"""The project's own template as values, and its resources made in an account that moto keeps."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from simcrm.core import aws_clients

ROOT = Path(__file__).parents[2]
CONDITIONS = {"CreateCache": False, "OwnCache": True, "InVpc": False, "PlanSaysConcurrency": True}


class _Loader(yaml.SafeLoader):
    """Reads ``!Ref`` and its like as the long forms."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(node)


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """``template.yaml`` with its intrinsic functions in the long form."""
    document: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return document


def properties(logical_id: str) -> dict[str, Any]:
    """The properties of a resource as they are written."""
    found: dict[str, Any] = template()["Resources"][logical_id].get("Properties", {})
    return found


def resolve(node: Any, values: Mapping[str, Any]) -> Any:
    """A part of the template with ``values`` of references (``Name`` or ``Name.Attribute``) put in."""
    if not isinstance(node, dict):
        return [resolve(item, values) for item in node] if isinstance(node, list) else node
    match list(node.items()):
        case [("Ref", name)] | [("Fn::GetAtt", name)]:
            return values[name]
        case [("Fn::Sub", text)]:
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(values[found[1]]), text)
        case [("Fn::FindInMap", [name, key, field])]:
            return template()["Mappings"][name][str(resolve(key, values))][field]
        case [("Fn::If", [condition, yes, no])]:
            return resolve(yes if CONDITIONS[condition] else no, values)
    return {name: resolve(item, values) for name, item in node.items()}


@dataclass(frozen=True, slots=True)
class Resources:
    """What the functions work with, in the account of one test; ``values`` resolve references of the template."""

    bucket: str
    write_queue_url: str
    dead_letter_url: str
    secret_arn: str
    state_machine_arn: str
    values: Mapping[str, Any]

    def environment(self, function: str) -> dict[str, str]:
        """The environment variables that the template gives a function."""
        shared = template()["Globals"]["Function"]["Environment"]["Variables"]
        own = properties(function).get("Environment", {}).get("Variables", {})
        return {name: str(value) for name, value in resolve(shared | own, self.values).items()}

    def fill_secret(self, **fields: str) -> None:
        """Set fields of the secret, as an operator does after the first deploy."""
        client = aws_clients.secrets_manager()
        document = json.loads(client.get_secret_value(SecretId=self.secret_arn)["SecretString"])
        client.put_secret_value(SecretId=self.secret_arn, SecretString=json.dumps(document | fields))


def make_resources(redis_url: str, hubspot_url: str) -> Resources:
    """Make what the template says, with its defaults, in the account that moto keeps at this moment."""
    parameters = {name: parameter.get("Default") for name, parameter in template()["Parameters"].items()}
    values = parameters | {"CacheKind": "own", "HubSpotBaseUrl": hubspot_url, "AWS::StackName": "simcrm"}
    values |= {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    values["DataBucket"] = _bucket()
    for logical_id in ("DeadLetterQueue", "WriteQueue"):
        url, arn = _queue(logical_id, values)
        values |= {logical_id: url, f"{logical_id}.Arn": arn}
    values["Secret"] = _secret(redis_url)
    values |= {"ScheduleGroup": "simcrm", "ScheduleRole.Arn": "arn:aws:iam::123456789012:role/simcrm"}
    aws_clients.scheduler().create_schedule_group(Name="simcrm")
    for machine in ("SimulationStateMachine", "MaintenanceStateMachine"):
        values[machine] = _state_machine(machine, values)
    return Resources(
        values["DataBucket"],
        values["WriteQueue"],
        values["DeadLetterQueue"],
        values["Secret"],
        values["SimulationStateMachine"],
        values,
    )


def _bucket() -> str:
    given, name = properties("DataBucket"), "simcrm-data"
    client = aws_clients.s3()
    client.create_bucket(Bucket=name)
    client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=given["PublicAccessBlockConfiguration"])
    return name


def _queue(logical_id: str, values: Mapping[str, Any]) -> tuple[str, str]:
    given = resolve(properties(logical_id), values)
    attributes = {
        name: json.dumps(value) if isinstance(value, dict | bool) else str(value) for name, value in given.items()
    }
    client = aws_clients.sqs()
    url = client.create_queue(QueueName=logical_id, Attributes=attributes)["QueueUrl"]
    return url, client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _secret(redis_url: str) -> str:
    given, client = properties("Secret")["GenerateSecretString"], aws_clients.secrets_manager()
    password = client.get_random_password(
        PasswordLength=given["PasswordLength"], ExcludePunctuation=given["ExcludePunctuation"]
    )["RandomPassword"]
    document = json.loads(given["SecretStringTemplate"]) | {given["GenerateStringKey"]: password, "redisUrl": redis_url}
    return client.create_secret(Name="simcrm", SecretString=json.dumps(document))["ARN"]


def _state_machine(logical_id: str, values: Mapping[str, Any]) -> str:
    given = properties(logical_id)
    definition = (ROOT / given["DefinitionUri"]).read_text()
    arns = {f"{name}.Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}" for name in template()["Resources"]}
    for name, value in resolve(given["DefinitionSubstitutions"], arns | dict(values)).items():
        definition = definition.replace(f"${{{name}}}", str(value))
    json.loads(definition)
    return aws_clients.step_functions().create_state_machine(
        name=resolve(given["Name"], values), definition=definition, roleArn="arn:aws:iam::123456789012:role/simcrm"
    )["stateMachineArn"]
