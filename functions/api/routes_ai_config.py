"""``/api/boss/ai-config``: how the model is asked, by whom, and within which limits."""

from api_config import config, config_in_force
from api_responses import answer
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from request_parsing import body_of, number_of

from simcrm.core import aws_clients
from simcrm.llm.prompt_versions import PromptStore
from simcrm.llm.settings_versions import SettingsVersions
from simcrm.operations.llm_settings import AiSettingsControl, SettingsChange
from simcrm.operations.run_prompt_trial import PromptTest, try_prompt
from simcrm_lambda.model import key_reader

router = Router()  # type: ignore[no-untyped-call]


def _settings() -> AiSettingsControl:
    bucket = config().bucket_name
    return AiSettingsControl(
        SettingsVersions(aws_clients.s3(), bucket), PromptStore(aws_clients.s3(), bucket), config()
    )


@router.get("/api/boss/ai-config")
def get_ai_config() -> Response[str]:
    """Show the settings in force, or those of ``version``."""
    return answer(_settings().show(number_of(router.current_event, "version")))


@router.put("/api/boss/ai-config")
def put_ai_config() -> Response[str]:
    """Take new or earlier settings into force; simulations that run keep theirs."""
    return answer(_settings().change(body_of(router.current_event, SettingsChange)))


@router.post("/api/boss/ai-config/test")
def test_ai_config() -> Response[str]:
    """Try a prompt on sample records; nothing is kept."""
    test, here = body_of(router.current_event, PromptTest), config_in_force()
    read_key = key_reader(here.secret_arn, test.provider or here.ai_provider)
    return answer(try_prompt(test, _settings().prompts, here, read_key))
