import json

from template_resources import Resources

from simcrm_lambda.secrets import REFRESH_SECONDS, RefreshThrottle, Secrets, load_secrets


def test_a_new_deployment_has_an_operator_token_and_nothing_else(resources: Resources) -> None:
    secrets = load_secrets(resources.secret_arn)

    assert len(secrets.operator_token) == 40
    assert secrets.operator_token.isalnum()
    assert (secrets.hubspot_token, secrets.anthropic_api_key, secrets.boss_token) == ("", "", "")


def test_a_secret_is_kept_for_a_while(resources: Resources) -> None:
    before = load_secrets(resources.secret_arn)
    resources.fill_secret(hubspotToken="new")

    assert load_secrets(resources.secret_arn) == before


def test_a_secret_is_read_anew_when_asked(resources: Resources) -> None:
    load_secrets(resources.secret_arn)
    resources.fill_secret(hubspotToken="new")

    assert load_secrets(resources.secret_arn, fresh=True).hubspot_token == "new"


def test_what_else_stands_in_the_secret_is_nobodys_business() -> None:
    secrets = Secrets.model_validate_json(json.dumps({"hubspotToken": "t", "databasePassword": "p"}))

    assert secrets == Secrets.model_validate({"hubspotToken": "t"})


def test_a_renewal_is_due_at_once_and_then_after_its_time() -> None:
    renewal = RefreshThrottle()

    assert [renewal.is_due(5.0 + seconds) for seconds in (0, 1, REFRESH_SECONDS, REFRESH_SECONDS + 1)] == [
        True,
        False,
        True,
        False,
    ]
