"""Gateway responses of the API in the emulator.

AWS takes ``GatewayResponses`` from the API's definition; the emulator's import skips them, so they are put one by one
and the stage is redeployed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

API_RESOURCE = "Api"


def put_gateway_responses(client: "APIGatewayClient", template: Path, outputs: Mapping[str, str]) -> None:
    """Apply the gateway responses of a SAM template; ``outputs`` are those of the deployed template."""
    api = outputs["ApiId"]
    for response_type, response in gateway_responses(template).items():
        status: Any = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
        client.put_gateway_response(
            restApiId=api,
            responseType=response_type,
            responseTemplates=response["ResponseTemplates"],
            responseParameters=_headers(response),
            **status,
        )
    client.create_deployment(restApiId=api, stageName=outputs["ApiStage"])


def _headers(response: Mapping[str, Any]) -> dict[str, str]:
    """Return headers as API Gateway names them; SAM's template omits the long prefix."""
    headers: Mapping[str, str] = response.get("ResponseParameters", {}).get("Headers", {})
    return {f"gatewayresponse.header.{name}": value for name, value in headers.items()}


def gateway_responses(template: Path) -> dict[Any, dict[str, Any]]:
    """Return the gateway responses of the template's API by type."""
    document = yaml.load(template.read_text(encoding="utf-8"), Loader=TemplateLoader)  # noqa: S506 - a SafeLoader
    responses: dict[Any, dict[str, Any]] = document["Resources"][API_RESOURCE]["Properties"]["GatewayResponses"]
    return responses


class TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short-form functions as their arguments."""


def _argument(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]


TemplateLoader.add_multi_constructor("!", _argument)
