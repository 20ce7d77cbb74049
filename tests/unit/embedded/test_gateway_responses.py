from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from simcrm_embedded.gateway_responses import gateway_responses, put_gateway_responses

TEMPLATE = """
Resources:
  Api:
    Properties:
      Name: !Sub "${AWS::StackName}-api"
      Tags: !If [Known, [a, b], !Ref AWS::NoValue]
      Lambda: !Invoke {Name: x}
      GatewayResponses:
        UNAUTHORIZED:
          StatusCode: 401
          ResponseTemplates: {application/json: '{"ok":false}'}
          ResponseParameters: {Headers: {Cache-Control: "'no-store'"}}
        DEFAULT_4XX:
          ResponseTemplates: {application/json: '{"ok":false}'}
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, encoding="utf-8")
    return path


def test_responses_are_found_in_a_template_full_of_short_functions(template: Path) -> None:
    assert list(gateway_responses(template)) == ["UNAUTHORIZED", "DEFAULT_4XX"]


def test_each_response_is_put_and_the_stage_deployed_after_them(template: Path) -> None:
    client = boto3.client("apigateway", region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
    body = {"application/json": '{"ok":false}'}
    with Stubber(client) as stub:
        headers = {"gatewayresponse.header.Cache-Control": "'no-store'"}
        for kind, given, status in (("UNAUTHORIZED", headers, {"statusCode": "401"}), ("DEFAULT_4XX", {}, {})):
            wanted = {"restApiId": "abc", "responseType": kind, "responseTemplates": body, **status}
            wanted["responseParameters"] = given
            stub.add_response("put_gateway_response", {}, wanted)
        stub.add_response("create_deployment", {}, {"restApiId": "abc", "stageName": "prod"})

        put_gateway_responses(client, template, {"ApiId": "abc", "ApiStage": "prod"})

        stub.assert_no_pending_responses()
