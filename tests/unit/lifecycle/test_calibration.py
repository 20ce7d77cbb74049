"""The links between latent variables and outcomes meet the scenario's rates on average."""

from collections.abc import Iterator

import pytest

from simcrm.lifecycle.calibration import LogisticLink, calibrate
from simcrm.synthetic.latent_variables import (
    AMOUNT,
    OPPORTUNITY,
    QUALIFICATION,
    WIN,
    draw_account_latents,
    draw_opportunity_latents,
    index_value,
    source_values,
)
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence, StreamRandom

SEED = SeedSequence("calibration")
COUNT = 20_000


def variables_of_accounts() -> Iterator[tuple[dict[str, float], StreamRandom]]:
    for number in range(COUNT):
        rng = SEED.stream(RandomStream.STORY, number)
        account = draw_account_latents(SEED, number, rng.normal(), rng.normal())
        yield (
            {
                **account._asdict(),
                **draw_opportunity_latents(SEED, number, 0)._asdict(),
                "breadth": rng.normal(),
            },
            rng,
        )


@pytest.mark.parametrize("rates", [(0.62, 0.7, 0.6), (0.62, 0.7, 0.22), (0.3, 0.5, 0.42), (0.9, 0.95, 0.05)])
def test_each_step_of_the_funnel_has_its_rate(rates: tuple[float, float, float]) -> None:
    links = calibrate(*rates)
    qualified = opened = won = 0
    for variables, rng in variables_of_accounts():
        if not rng.bernoulli(links.qualification.probability(index_value(QUALIFICATION, variables))):
            continue
        qualified += 1
        if not rng.bernoulli(links.opportunity.probability(index_value(OPPORTUNITY, variables))):
            continue
        opened += 1
        won += rng.bernoulli(links.win.probability(index_value(WIN, variables)))
    for reached, of, rate in ((qualified, COUNT, rates[0]), (opened, qualified, rates[1]), (won, opened, rates[2])):
        assert reached / of == pytest.approx(rate, abs=3 * (rate * (1 - rate) / of) ** 0.5)


def test_the_mean_amount_of_opportunities_is_known_in_advance() -> None:
    links = calibrate(0.62, 0.7, 0.6)
    amounts = []
    for variables, rng in variables_of_accounts():
        passed = rng.bernoulli(links.qualification.probability(index_value(QUALIFICATION, variables)))
        if passed and rng.bernoulli(links.opportunity.probability(index_value(OPPORTUNITY, variables))):
            amounts.append(index_value(AMOUNT, variables))
    mean = sum(amounts) / len(amounts)
    assert mean == pytest.approx(links.mean_with_opportunity(AMOUNT), abs=3 / len(amounts) ** 0.5)
    assert mean > 5 / len(amounts) ** 0.5, "accounts with an opportunity are larger than others"


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_constant_link_ignores_the_index(share: float) -> None:
    link = LogisticLink.constant(share)
    assert [link.probability(index) for index in (-3.0, 0.0, 3.0)] == pytest.approx([share] * 3, abs=1e-9)


def test_rates_of_all_or_none_are_met_exactly() -> None:
    links = calibrate(1.0, 1.0, 0.0)
    assert links.qualification.probability(-3.5) == pytest.approx(1)
    assert links.win.probability(3.5) == pytest.approx(0)


def test_sources_are_ranked_and_standardized_by_their_weights() -> None:
    weights = {"event": 28, "referral": 9, "outbound": 6, "demo": 10}
    values = source_values(weights)
    total = sum(weights.values())
    mean = sum(values[kind] * weight for kind, weight in weights.items()) / total
    variance = sum(values[kind] ** 2 * weight for kind, weight in weights.items()) / total
    assert (mean, variance) == pytest.approx((0, 1))
    assert sorted(values, key=lambda kind: values[kind]) == ["outbound", "event", "demo", "referral"]
