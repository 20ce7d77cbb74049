"""``simcrm sample``."""

from typing import Annotated

import typer

from simcrm.planning.batches import BATCH_SIZE, Batch
from simcrm_cli import output
from simcrm_cli.offline_generator import Wanted, records_of
from simcrm_cli.options import AS_OF, AsJson, AsOf, Locale, Pack, Scenario, Seed
from simcrm_cli.record_card import full_card
from simcrm_cli.wanted import aware, made_for, weights


def run(
    *,
    index: Annotated[int, typer.Option(min=0, max=999_999, help="Which record of the seed.")] = 0,
    seed: Seed = "simcrm",
    scenario: Scenario = "B2B",
    locale: Locale = None,
    pack: Pack = None,
    as_of: AsOf = AS_OF,
    as_json: AsJson = False,
) -> None:
    """Show one generated record as a card; no stack is needed."""
    pairs = max(index + 1, BATCH_SIZE)
    wanted = Wanted(pairs, seed, scenario, aware(as_of), locales=weights(locale or ()), packs=tuple(pack or ()))
    maker = made_for(wanted)
    (record,) = records_of(maker, Batch(0, maker.plan.run_start, index, 1))
    output.show(
        {"ok": True, **record},
        as_json=as_json,
        render=lambda console: console.print(full_card(record), soft_wrap=False),
    )
