"""``/api/boss/ai-config``: the model's provider, prompts and limits."""

from api_config import current_config
from api_responses import ok_response
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from dependencies import llm_settings_service
from request_parsing import number_parameter, parse_body

from simcrm.operations.llm_settings import SettingsChange
from simcrm.operations.run_prompt_trial import PromptTrialRequest, prompt_trial_document
from simcrm_lambda.llm_clients import key_reader

router = Router()  # type: ignore[no-untyped-call]


@router.get("/api/boss/ai-config")
def get_ai_config() -> Response[str]:
    """Show the current settings, or those of ``version``."""
    return ok_response(llm_settings_service().show(number_parameter(router.current_event, "version")))


@router.put("/api/boss/ai-config")
def put_ai_config() -> Response[str]:
    """Apply new or earlier settings; running simulations keep theirs."""
    return ok_response(llm_settings_service().change(parse_body(router.current_event, SettingsChange)))


@router.post("/api/boss/ai-config/test")
def test_ai_config() -> Response[str]:
    """Try a prompt on sample records; nothing is stored."""
    test, here = parse_body(router.current_event, PromptTrialRequest), current_config()
    read_key = key_reader(here.secret_arn, test.provider or here.ai_provider)
    return ok_response(prompt_trial_document(test, llm_settings_service().prompts, here, read_key))
