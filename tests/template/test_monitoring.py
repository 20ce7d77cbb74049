"""Alarms, dashboard and saved queries name metrics and log lines that exist."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from log_lines import event_fields
from template.conftest import ROOT, Deploy
from template.deployment import PSEUDO, Deployment, statements
from template.function_code import FUNCTIONS

from simcrm.core.cloudwatch_metrics import DIMENSIONS, Metric
from simcrm.operations.log_search import LOG_GROUPS
from simcrm_lambda.metrics import NAMESPACE

STACK = PSEUDO["AWS::StackName"]
KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::Logs::QueryDefinition")
OF_AWS = {
    "AWS/ApiGateway": ({"5XXError", "4XXError"}, {"ApiName", "Stage"}),
    "AWS/ElastiCache": ({"ThrottledCmds"}, {"clusterId"}),
    "AWS/Lambda": ({"Duration", "Errors", "Throttles"}, {"FunctionName"}),
    "AWS/SQS": (
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
        },
        {"QueueName"},
    ),
    "AWS/States": ({"ExecutionsAborted", "ExecutionsFailed", "ExecutionsTimedOut"}, {"StateMachineArn"}),
}
"""Metrics and the dimensions they are published with, as their services document them:

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/serverless-metrics-events-redis.html
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
"""
ALWAYS = {"@timestamp", "@message", "level", "message", "function", "requestId", "eventId"}
WORDS = {"in", "and", "or", "like", "as", "by", "asc", "desc", "count", "latest", "not"}


class Used(NamedTuple):
    """A metric that something of the template looks at."""

    by: str
    namespace: str
    name: str
    dimensions: dict[str, str]


def alarm_metrics(deployment: Deployment) -> Iterator[Used]:
    for name, alarm in deployment.resources("AWS::CloudWatch::Alarm").items():
        given = [item["MetricStat"]["Metric"] for item in alarm.get("Metrics", []) if "MetricStat" in item]
        for metric in given or [alarm]:
            dimensions = {item["Name"]: item["Value"] for item in metric["Dimensions"]}
            yield Used(name, metric["Namespace"], metric["MetricName"], dimensions)


def widgets(deployment: Deployment) -> list[dict[str, Any]]:
    (dashboard,) = deployment.resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


def panel_metrics(deployment: Deployment) -> Iterator[Used]:
    for widget in widgets(deployment):
        title = widget["properties"]["title"]
        for row in widget["properties"]["metrics"]:
            if isinstance(row[0], dict):
                yield from _searched(title, row[0]["expression"])
            else:
                names = [part for part in row[2:] if isinstance(part, str)]
                yield Used(title, row[0], row[1], dict(zip(names[::2], names[1::2], strict=True)))


def _searched(title: str, expression: str) -> Iterator[Used]:
    found = re.search(r"\{(\w+),(\w+),(\w+)\} MetricName=(\w+) service=\"([^\"]+)\"", expression)
    if found is not None:
        namespace, service, other, name, stack = found.groups()
        yield Used(title, namespace, name, {service: stack, other: "any"})


def is_published(used: Used) -> bool:
    if used.namespace == NAMESPACE:
        second = DIMENSIONS.get(Metric(used.name))
        return used.dimensions.keys() == {"service"} | ({second} if second else set())
    names, dimensions = OF_AWS[used.namespace]
    return used.name in names and used.dimensions.keys() == dimensions


@pytest.mark.parametrize("metrics_of", [alarm_metrics, panel_metrics])
def test_every_metric_is_one_that_is_published(metrics_of: Any, default: Deployment) -> None:
    used = list(metrics_of(default))

    assert used
    assert [item for item in used if not is_published(item)] == []


@pytest.mark.parametrize("metrics_of", [alarm_metrics, panel_metrics])
def test_every_metric_is_this_stacks(metrics_of: Any, default: Deployment) -> None:
    own = {STACK, "prod", "hubspot", "any"} | {f"<{name}" for name in default.template["Resources"]}
    values = {value for used in metrics_of(default) for value in used.dimensions.values()}

    assert {value for value in values if value.split(".")[0].rstrip(">") not in own and value not in own} == set()


def test_the_api_is_published_under_the_name_that_sam_gives_it(cloudformation: dict[str, Any]) -> None:
    assert cloudformation["Resources"]["Api"]["Properties"]["Body"]["info"]["title"] == {"Ref": "AWS::StackName"}


def test_errors_and_throttles_are_summed_over_every_function_but_the_one_whose_errors_are_answers(
    default: Deployment,
) -> None:
    wanted = {f"<{name}>" for name in FUNCTIONS} - {"<AuthorizeRequestFunction>"}
    for alarm in ("FunctionErrorsAlarm", "FunctionsThrottledAlarm"):
        summed = {used.dimensions["FunctionName"] for used in alarm_metrics(default) if used.by == alarm}
        assert summed == wanted


def test_an_expression_names_each_of_its_metrics_and_nothing_else(default: Deployment) -> None:
    for alarm in default.resources("AWS::CloudWatch::Alarm").values():
        parts = {item["Id"]: item for item in alarm.get("Metrics", [])}
        expressions = [item["Expression"] for item in parts.values() if "Expression" in item]
        for expression in expressions:
            named = set(re.findall(r"\b[a-z]\w*\b", expression))
            assert named == {name for name, item in parts.items() if "MetricStat" in item}
        assert len([item for item in parts.values() if item.get("ReturnData", True)]) == len(expressions)
        assert len({item["MetricStat"]["Period"] for item in parts.values() if "MetricStat" in item}) <= 1


def test_silence_is_no_alarm_and_every_alarm_tells_somebody(default: Deployment) -> None:
    for alarm in default.resources("AWS::CloudWatch::Alarm").values():
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"] == alarm["OKActions"] == ["<AlarmTopic>"]
        assert alarm["AlarmName"].startswith(f"{STACK}-")


def test_mail_is_sent_only_to_an_address_that_was_given(default: Deployment, deploy: Deploy) -> None:
    assert default.resources("AWS::SNS::Subscription") == {}
    (given,) = deploy(AlarmEmail="ops@example.com").resources("AWS::SNS::Subscription").values()
    assert given == {"TopicArn": "<AlarmTopic>", "Protocol": "email", "Endpoint": "ops@example.com"}


@pytest.mark.parametrize("kind", [*KINDS, "AWS::SNS::Topic"])
def test_nothing_of_it_is_there_where_nobody_wants_it(kind: str, default: Deployment, deploy: Deploy) -> None:
    assert default.resources(kind)
    assert deploy(Monitoring="DISABLED", AlarmEmail="ops@example.com").resources(kind) == {}


def test_a_cache_of_ones_own_has_no_alarm_here(default: Deployment, deploy: Deploy) -> None:
    assert "CacheThrottledAlarm" in default.resources()
    assert "CacheThrottledAlarm" not in deploy(CacheKind="own").resources()


def test_panels_show_every_metric_of_ours_and_do_not_overlap(default: Deployment) -> None:
    shown = {used.name for used in panel_metrics(default) if used.namespace == NAMESPACE}
    places = [(widget["x"], widget["y"]) for widget in widgets(default)]

    assert shown == set(Metric)
    assert len(set(places)) == len(places)
    assert {y % 6 for _, y in places} == {0}
    assert {widget["x"] + widget["width"] for widget in widgets(default)} <= {8, 16, 24}


def queries(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return deployment.resources("AWS::Logs::QueryDefinition")


def test_a_saved_query_asks_for_events_and_fields_that_are_logged(default: Deployment) -> None:
    known = event_fields()
    for name, query in queries(default).items():
        text = query["QueryString"]
        events = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', text))
        assert events <= known.keys(), name
        wanted = _fields(text)
        fields = set().union(*(known[event] for event in events or known))
        assert wanted <= fields | ALWAYS, name


def _fields(query: str) -> set[str]:
    """The fields that a query reads, without what it names itself."""
    plain = re.sub(r'"[^"]*"', "", query)
    made = set(re.findall(r"\bas (\w+)", plain))
    commands = {line.strip(" |").split()[0] for line in plain.splitlines()}
    words = {word for word in re.findall(r"@?[A-Za-z]\w*", plain) if not word.isdigit()}
    return words - made - commands - WORDS


def test_a_saved_query_reads_log_groups_of_the_stack_and_stands_under_its_name(default: Deployment) -> None:
    groups = {f"<{name}>" for name in default.resources("AWS::Logs::LogGroup")}
    for query in queries(default).values():
        assert set(query["LogGroupNames"]) <= groups
        assert query["Name"].startswith(f"{STACK}/")


def function_groups(deployment: Deployment) -> set[str]:
    """The log groups that functions write to."""
    return {item["LoggingConfig"]["LogGroup"] for item in deployment.resources("AWS::Lambda::Function").values()}


def test_the_console_reads_the_log_group_of_every_function(default: Deployment) -> None:
    names = default.resources("AWS::Logs::LogGroup")
    wanted = {names[group.strip("<>")]["LogGroupName"] for group in function_groups(default)}
    prefix = default.resources("AWS::Lambda::Function")["ApiFunction"]["Environment"]["Variables"]["LOG_GROUP_PREFIX"]

    assert {prefix + group for group in LOG_GROUPS} == wanted
    assert len(set(LOG_GROUPS)) == len(LOG_GROUPS)


@pytest.mark.parametrize("holder", ["ApiFunctionRole", "FunctionBoundary"])
def test_the_role_of_the_console_may_read_the_log_group_of_every_function(default: Deployment, holder: str) -> None:
    allowed = {
        resource
        for item in statements(default)
        if item.holder == holder and "logs:FilterLogEvents" in item.actions
        for resource in item.resources
    }

    assert allowed == {f"{group[:-1]}.Arn>" for group in function_groups(default)}


@pytest.mark.parametrize("name", ["failures-of-a-simulation", "failures-of-functions"])
def test_a_saved_query_for_failures_reads_the_log_group_of_every_function(default: Deployment, name: str) -> None:
    (query,) = [item for item in queries(default).values() if item["Name"].endswith(f"/{name}")]

    assert set(query["LogGroupNames"]) == function_groups(default)


def test_each_alarm_has_its_chapter_in_the_runbook_and_each_chapter_its_alarm(default: Deployment) -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    alarms = {item["AlarmName"].removeprefix(f"{STACK}-") for item in default.resources(KINDS[0]).values()}

    assert set(re.findall(r"^## ([\w-]+)$", text, re.MULTILINE)) == alarms


def test_the_runbook_names_saved_queries_and_panels_that_exist(default: Deployment) -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    saved = {query["Name"].removeprefix(f"{STACK}/") for query in queries(default).values()}
    titles = {widget["properties"]["title"] for widget in widgets(default)}

    assert set(re.findall(r"[Qq]uery `([^`]+)`", text)) == saved
    named = set(re.findall(r"[Pp]anel \"([^\"]+)\"", text))
    assert named
    assert named <= titles


@pytest.mark.parametrize("part", ["Means", "Look", "Do", "Escalate"])
def test_every_chapter_says_what_to_do(part: str) -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")

    assert all(f"**{part}.**" in chapter for chapter in text.split("\n## ")[1:])


def test_executions_log_where_log_delivery_may_write_without_a_policy_of_its_own(default: Deployment) -> None:
    """Outside that prefix each group is named in the account's one policy for log delivery, which holds 5,120 bytes."""
    name = default.properties("StateMachineLogGroup")["LogGroupName"]
    assert name == "/aws/vendedlogs/states/simcrm-test-simulation"
