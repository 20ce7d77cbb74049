"""Examples for fine-tuning are what was asked and what was accepted, and nothing else."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import SIMULATION, batch
from scripted_model import good_response
from unit.generation.conftest import TextHarness

from simcrm.core import aws_clients
from simcrm.generation.text.account_prompt_builder import AccountPromptBuilder
from simcrm.generation.text.answer_parser import parse_answer
from simcrm.generation.text.gate_factory import GateFactory
from simcrm.llm.errors import FailureCategory, LlmCallError
from simcrm.llm.providers.base import LlmRequest, LlmResponse
from simcrm.operations.export_training_data import TrainingReport, training_examples
from simcrm.planning.plan_document import write_plan
from simcrm.storage import file_names
from simcrm_cli import main

RECORDS = 10


def run(workshop: TextHarness, count: int = RECORDS) -> None:
    """Write the words of a batch as the functions of a run do."""
    generator = workshop.generator()
    write_plan(workshop.files, generator.plan)
    workshop.files.write_lines(file_names.BATCHES, [batch(count=count).to_row()])
    workshop.write_texts(count)


def examples(workshop: TextHarness) -> tuple[list[dict[str, str]], TrainingReport]:
    report = TrainingReport()
    made = list(training_examples(workshop.files, report))
    return [{item["role"]: item["content"] for item in example["messages"]} for example in made], report


def without(index: int) -> Callable[[LlmRequest], LlmResponse]:
    """An answer that leaves out the record of this number."""

    def answer(request: LlmRequest) -> LlmResponse:
        good = good_response(request)
        rows = json.loads(good.text)["r"]
        return good_response(request, text=json.dumps({"r": [row for row in rows if row["k"] != f"a{index}"]}))

    return answer


@pytest.mark.parametrize("activities", [False, True])
def test_the_question_is_the_one_that_was_sent_and_the_answer_the_one_that_came(
    workshop: TextHarness,
    activities: bool,  # noqa: FBT001
) -> None:
    workshop.fields = {"theme": "solar installers", "activities": {"enabled": activities}}
    run(workshop)

    made, report = examples(workshop)

    sent = {(request.system, request.prompt): good_response(request).text for request in workshop.model.requests}
    assert {(example["system"], example["user"]) for example in made} == sent.keys()
    for example in made:
        assert json.loads(example["assistant"]) == json.loads(sent[example["system"], example["user"]])
    assert (report.examples, report.accepted, report.rejected) == (len(sent), RECORDS, {})


def test_an_answer_can_be_read_again_as_the_models(workshop: TextHarness) -> None:
    run(workshop)
    (example,), _ = examples(workshop)

    histories = workshop.generator().histories
    accounts = AccountPromptBuilder(histories).build_prompts(batch(count=RECORDS))
    gates = GateFactory(histories.generator)
    read = parse_answer(example["assistant"], accounts, lambda locale: gates.gate(locale, example["system"]))

    assert {index for index, _ in read.texts} == set(range(RECORDS))
    assert read.rejected == {}


def test_a_record_that_was_asked_for_again_is_an_example_of_its_own(workshop: TextHarness) -> None:
    workshop.model.script = [without(4)]
    run(workshop)

    made, report = examples(workshop)

    assert [len(json.loads(example["assistant"])["r"]) for example in made] == [RECORDS - 1, 1]
    _, again = workshop.model.requests
    assert again.prompt.startswith("a4 ")
    assert made[1]["user"] == re.sub(r"; again, because: [a-z, ]+", "", again.prompt)
    assert (report.accepted, report.rejected) == (RECORDS, {})


def test_what_fell_back_is_left_out_and_counted_by_reason(workshop: TextHarness) -> None:
    workshop.fields = {"ai": {"recordsPerCall": 5}}
    workshop.model.script = [LlmCallError(FailureCategory.NETWORK)]
    run(workshop)

    made, report = examples(workshop)

    assert [len(json.loads(example["assistant"])["r"]) for example in made] == [5]
    assert (report.accepted, report.rejected) == (5, {"network": 5})


def test_the_report_has_tokens_and_languages_of_what_was_accepted(workshop: TextHarness) -> None:
    workshop.fields = {"locale": "de_DE"}
    run(workshop)

    _, report = examples(workshop)

    assert (report.input_tokens, report.output_tokens) == (100, 50)
    assert report.languages == {"de_DE": RECORDS}


def test_each_request_of_a_message_batch_is_an_example(workshop: TextHarness) -> None:
    workshop.fields = {"ai": {"recordsPerCall": 4}}
    run(workshop)
    files = workshop.files
    workshop.fields = {"ai": {"mode": "BATCH", "recordsPerCall": 4}}
    write_plan(files, workshop.generator().plan)
    names = list(files.list_names(file_names.call_texts_prefix(0)))
    rows = [row for name in names for row in files.read_lines(name) or []]
    for name in names:
        files.write_lines(name, rows if name == names[0] else [])

    made, report = examples(workshop)

    assert [len(json.loads(example["assistant"])["r"]) for example in made] == [4, 4, 2]
    assert report.accepted == RECORDS


def test_a_run_without_a_model_has_no_examples(workshop: TextHarness) -> None:
    workshop.key = ""
    run(workshop)

    made, report = examples(workshop)

    assert (made, report.accepted, report.rejected) == ([], 0, {"no_api_key": RECORDS})


def test_the_command_writes_a_line_for_each_example_and_says_what_it_left_out(
    workshop: TextHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(workshop)
    monkeypatch.setattr("simcrm_cli.commands.export.aws_client", lambda _: aws_clients.s3())
    out = tmp_path / "examples.jsonl"

    options = ["--training", "--bucket", workshop.files.bucket, "--out", str(out), "--json"]
    code = main.run(["export", SIMULATION, *options])

    report = json.loads(capsys.readouterr().out)
    (line,) = out.read_text().splitlines()
    assert (code, report["examples"], report["accepted"]) == (0, 1, RECORDS)
    assert [item["role"] for item in json.loads(line)["messages"]] == ["system", "user", "assistant"]


def test_a_simulation_that_never_was_has_no_examples(
    workshop: TextHarness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("simcrm_cli.commands.export.aws_client", lambda _: aws_clients.s3())
    options = ["--training", "--bucket", workshop.files.bucket, "--out", str(tmp_path / "x"), "--json"]

    assert main.run(["export", "sim-unknown", *options]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "NOT_FOUND"
