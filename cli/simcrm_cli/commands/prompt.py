"""``simcrm prompt``."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from simcrm.core.errors import InvalidSimulationError
from simcrm.generation.text.prompt_trial import MAX_RECORDS, PromptTrial
from simcrm.llm.errors import LlmConfigError
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.prompts import BUILT_IN_PROMPTS, Prompt
from simcrm_cli import output
from simcrm_cli.aws import aws_client
from simcrm_cli.errors import CliError, NoStackError
from simcrm_cli.input_files import read_text
from simcrm_cli.options import AsJson
from simcrm_cli.prompt_trial import format_trial, render_trial, run_trial
from simcrm_embedded.deployment import s3
from simcrm_embedded.project import find_project
from simcrm_embedded.state import StackState, load

Action = Literal["list", "show", "test", "set", "revert"]


def run(
    action: Annotated[Action, typer.Argument(show_default=False, help="What to do.")],
    name: Annotated[str | None, typer.Argument(show_default=False, help="pairs or stories.")] = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="File with the prompt text, for set and test.")] = None,
    version: Annotated[str | None, typer.Option("--version", help="For show, test and revert; v1 is shipped.")] = None,
    theme: Annotated[str, typer.Option(help="A theme, for test.")] = "",
    scenario: Annotated[str, typer.Option(help="A scenario, for test.")] = "B2B",
    records: Annotated[int, typer.Option(min=1, max=MAX_RECORDS, help="Sample records, for test.")] = 3,
    model: Annotated[str | None, typer.Option(help="A model, for test.")] = None,
    render_only: Annotated[
        bool, typer.Option("--render-only", help="Render the prompt for test without calling the model.")
    ] = False,
    bucket: Annotated[
        str | None, typer.Option(help="A deployed stack's bucket; default: the embedded stack's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at the prompts of a stack, try them, change them and go back; running simulations keep theirs."""
    state = None if bucket is not None else load(find_project().state_file)
    store = _store(bucket, state)
    try:
        if action == "list":
            document = _list_prompts(store)
        elif action == "test":
            prompt = _choose_prompt(store, _require_name(name), file=file, version=version)
            trial = PromptTrial(prompt, model=model, scenario=scenario, theme=theme, records=records)
            document = {**_document(prompt), **(render_trial(trial) if render_only else run_trial(trial, state))}
        else:
            document = _run_action(store, action, _require_name(name), file=file, version=version)
    except (LlmConfigError, InvalidSimulationError) as error:
        raise CliError(error.code, str(error)) from error
    output.show(
        {"ok": True, **document},
        as_json=as_json,
        render=lambda console: console.print(_describe(document), markup=False),
    )


def _run_action(
    store: PromptStore, action: str, name: str, *, file: Path | None, version: str | None
) -> dict[str, Any]:
    if action == "set":
        return _document(store.set(name, _text(file)))
    if action == "revert":
        return _document(store.revert(name, *([version] if version else [])))
    return _document(_choose_prompt(store, name, file=None, version=version))


def _choose_prompt(store: PromptStore, name: str, *, file: Path | None, version: str | None) -> Prompt:
    if file is not None:
        return Prompt(name, "draft", _text(file))
    return store.read(name, version) if version else store.current(name)


def _list_prompts(store: PromptStore) -> dict[str, Any]:
    rows = [(name, store.current(name).version, store.versions(name)) for name in BUILT_IN_PROMPTS]
    return {"prompts": [{"name": name, "inUse": used, "versions": versions} for name, used, versions in rows]}


def _document(prompt: Prompt) -> dict[str, Any]:
    return {"name": prompt.name, "version": prompt.version, "text": prompt.text}


def _describe(document: dict[str, Any]) -> str:
    if "prompts" in document:
        rows = (f"{row['name']}: {row['inUse']} of {', '.join(row['versions'])}" for row in document["prompts"])
        return "\n".join(rows)
    text = f"{document['name']}/{document['version']}\n\n{document.get('rendered', document['text'])}"
    return f"{text}\n\n{format_trial(document)}" if "input" in document else text


def _require_name(name: str | None) -> str:
    if name not in BUILT_IN_PROMPTS:
        raise typer.BadParameter(f"specify one of {', '.join(BUILT_IN_PROMPTS)}")
    return name


def _text(file: Path | None) -> str:
    if file is None:
        raise typer.BadParameter("pass the text with --file")
    return read_text(file)


def _store(bucket: str | None, state: StackState | None) -> PromptStore:
    if bucket is not None:
        return PromptStore(aws_client("s3"), bucket)
    if state is None or not state.outputs:
        raise NoStackError
    return PromptStore(s3(state), state.outputs["BucketName"])
