"""Requests made from the API's description, good ones and bad ones: every answer keeps what the description says."""

from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from api_contract import api_description
from api_over_http import Gateway
from schemathesis.config import SchemathesisConfig
from unit.functions.conftest import Invoke

from simcrm.preview import preview, sample

EXAMPLES = 4
CONFIG = {
    "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none"},
    "headers": {"Authorization": "Bearer boss-token"},
    "checks": {
        # What names something (a scenario, a model, a version, a page) can be well formed and yet name nothing.
        "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409"]},
    },
}


def schema_to_draw() -> dict[str, Any]:
    """The description without the rules on which names of fields are given: to draw by them costs most of the time.

    A body that breaks them is refused with 400, which any body may be.
    """
    document = deepcopy(api_description())
    for rule in ("oneOf", "not"):
        del document["components"]["schemas"]["SimulationInput"][rule]
    return document


GATEWAY = Gateway()
SCHEMA = schemathesis.openapi.from_dict(schema_to_draw(), config=SchemathesisConfig.from_dict(CONFIG))
SCHEMA.app = GATEWAY


@pytest.fixture(autouse=True)
def _behind_the_gateway(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (preview, sample):  # a preview of two hundred records is one too
        monkeypatch.setattr(module, "EXACT_RECORDS", 200)
    monkeypatch.setattr(sample, "MAX_WINDOWS", 2)
    GATEWAY.invoke = invoke


@pytest.mark.usefixtures("connected")
@SCHEMA.parametrize()
def test_every_answer_keeps_what_the_description_says(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate()
