"""A CloudFormation template under given parameters: which resources there are and what their properties come to.

A reference to a resource becomes ``<LogicalId>``, an attribute ``<LogicalId.Attribute>``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]

PSEUDO = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "simcrm-test",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = object()


class DanglingReferenceError(LookupError):
    """Something names a resource that this deployment does not have."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A template that is deployed with ``parameters`` over its defaults."""

    template: JsonObject
    parameters: Mapping[str, Any]

    def resources(self, kind: str = "") -> dict[str, JsonObject]:
        """The properties of all resources of a type, or of every type, by logical id."""
        found = {name: item for name, item in self.template["Resources"].items() if self._exists(item)}
        return {
            name: self.value(item.get("Properties", {})) for name, item in found.items() if kind in {"", item["Type"]}
        }

    def properties(self, name: str) -> JsonObject:
        """The properties of one resource."""
        return self.resources()[name]

    def value(self, node: Any) -> Any:
        """What a part of the template comes to."""
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (found := self._call(*next(iter(node.items())))) is not None:
            return found
        values = {name: self.value(item) for name, item in node.items()}
        return {name: item for name, item in values.items() if item is not NO_VALUE}

    def _exists(self, resource: JsonObject) -> bool:
        return "Condition" not in resource or self.condition(resource["Condition"])

    def condition(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        return bool(self.value(self.template["Conditions"][name]))

    def _call(self, function: str, argument: Any) -> Any:
        """An intrinsic function's value; None if it is none."""
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": lambda name: self._attribute(name if isinstance(name, str) else ".".join(name)),
            "Fn::Sub": lambda text: self._sub(*([text, {}] if isinstance(text, str) else text)),
            "Fn::If": lambda parts: self.value(parts[1] if self.condition(parts[0]) else parts[2]),
            "Fn::FindInMap": lambda path: self.template["Mappings"][path[0]][str(self.value(path[1]))][path[2]],
            "Fn::Join": lambda parts: parts[0].join(self.value(parts[1])),
            "Fn::Equals": lambda sides: self.value(sides[0]) == self.value(sides[1]),
            "Fn::Not": lambda conditions: not self._holds(conditions[0]),
            "Fn::And": lambda conditions: all(map(self._holds, conditions)),
        }
        return functions[function](argument) if function in functions else None

    def _holds(self, condition: JsonObject) -> bool:
        named = condition.get("Condition")
        return bool(self.value(condition)) if named is None else self.condition(named)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.template["Parameters"]:
            return self._parameter(name)
        return self._attribute(name)

    def _parameter(self, name: str) -> Any:
        declared = self.template["Parameters"][name]
        given = self.parameters.get(name, declared["Default"])
        return given.split(",") if declared["Type"] == "CommaDelimitedList" else given

    def _attribute(self, name: str) -> str:
        resource = self.template["Resources"].get(name.split(".", maxsplit=1)[0])
        if resource is None or not self._exists(resource):
            raise DanglingReferenceError(name)
        return f"<{name}>"

    def _sub(self, text: str, names: JsonObject) -> str:
        def replace(found: re.Match[str]) -> str:
            name = found[1]
            return str(self.value(names[name]) if name in names else self._ref(name))

        return re.sub(r"\$\{([^}!]+)\}", replace, text)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy that allows something; ``holder`` is the role or the policy it stands in."""

    holder: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: JsonObject


def policy_documents(deployment: Deployment) -> Iterator[tuple[str, JsonObject]]:
    """Every policy of the template with the resource it stands in: of roles, managed ones, of buckets, of trust."""
    for holder, properties in deployment.resources().items():
        found = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        found += [properties[name] for name in ("PolicyDocument", "AssumeRolePolicyDocument") if name in properties]
        yield from ((holder, document) for document in found)


def statements(deployment: Deployment) -> Iterator[Statement]:
    """All statements of all roles' own policies and of the managed policies of the template."""
    for holder, properties in deployment.resources("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            yield from _of_document(holder, policy["PolicyDocument"])
    for holder, properties in deployment.resources("AWS::IAM::ManagedPolicy").items():
        yield from _of_document(holder, properties["PolicyDocument"])


def _of_document(holder: str, document: JsonObject) -> Iterator[Statement]:
    for item in document["Statement"]:
        if item["Effect"] == "Allow":
            yield Statement(holder, _many(item["Action"]), _many(item["Resource"]), item.get("Condition", {}))


def _many(one_or_more: Any) -> tuple[str, ...]:
    return (one_or_more,) if isinstance(one_or_more, str) else tuple(one_or_more)
