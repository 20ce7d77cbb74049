"""Print by locale how many texts were checked and what was found. See ``make languages``."""

import argparse
from collections import Counter

from language_rules import find_blemishes
from written_texts import KINDS, composed_lines, generate_accounts, texts_of

from simcrm.synthetic import locale_names
from simcrm.synthetic.locales import load_locale

_EXCERPTS = 5


def main() -> None:
    """Check the texts of all locales, or of those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("locales", nargs="*", default=locale_names())
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--seed", default="7")
    options = parser.parse_args()
    print("| locale | lines of data | texts | findings |\n|---|---|---|---|")
    for locale in options.locales:
        found, texts = _check(locale, options.records, options.seed)
        lines = sum(1 for _ in composed_lines(load_locale(locale).language))
        print(f"| {locale} | {lines:,} | {texts:,} | {sum(found.values())} |", flush=True)
        for excerpt, count in found.most_common(_EXCERPTS):
            print(f"  {count} x {excerpt}")


def _check(locale: str, records: int, seed: str) -> tuple[Counter[str], int]:
    found, texts = Counter[str](), 0
    for kind in KINDS:
        for account in generate_accounts(locale, kind, records, seed):
            for text in texts_of(account):
                texts += 1
                found.update(f"{rule}: {excerpt!r}" for rule, excerpt in find_blemishes(text.text, locale))
    return found, texts


if __name__ == "__main__":
    main()
