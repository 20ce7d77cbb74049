"""``simcrm sample``."""

from typing import Annotated

import typer

from simcrm.planning.batches import BATCH_SIZE, Batch
from simcrm_cli import output
from simcrm_cli.offline_generator import (
    OfflineOptions,
    build_generator_or_fail,
    generate_records,
    parse_locale_weights,
    to_aware,
)
from simcrm_cli.options import AS_OF, AsJson, AsOf, Locale, Pack, Scenario, Seed
from simcrm_cli.record_card import record_card


def run(
    *,
    index: Annotated[int, typer.Option(min=0, max=999_999, help="Index of the record.")] = 0,
    seed: Seed = "simcrm",
    scenario: Scenario = "B2B",
    locale: Locale = None,
    pack: Pack = None,
    as_of: AsOf = AS_OF,
    as_json: AsJson = False,
) -> None:
    """Show one generated record as a card; no stack is needed."""
    pairs = max(index + 1, BATCH_SIZE)
    options = OfflineOptions(
        pairs, seed, scenario, to_aware(as_of), locales=parse_locale_weights(locale or ()), packs=tuple(pack or ())
    )
    generator = build_generator_or_fail(options)
    (record,) = generate_records(generator, Batch(0, generator.plan.run_start, index, 1))
    output.show(
        {"ok": True, **record},
        as_json=as_json,
        render=lambda console: console.print(record_card(record), soft_wrap=False),
    )
