"""The sellers that accounts are assigned to: the portal's owners, or a sample team where no portal is asked."""

from collections.abc import Sequence
from itertools import cycle

from simcrm.models.owner import Owner
from simcrm.synthetic.account_contacts import LocaleContext
from simcrm.synthetic.email_addresses import local_part
from simcrm.synthetic.seeded_random import RandomStream, SeedSequence

TEAM_SIZE = 6
TEAM_DOMAIN = "example.com"
"""A domain that is reserved for examples (RFC 2606)."""
_OWNER_PART = 2


def sample_team(context: LocaleContext) -> tuple[Owner, ...]:
    """Return a team of sellers for a run without a portal; equal seeds give equal teams."""
    people = [context.locale.person(context.seed.stream(RandomStream.TEAM, place)) for place in range(TEAM_SIZE)]
    return tuple(
        Owner(
            id=str(place + 1),
            first_name=person.first,
            last_name=person.last,
            email=f"{local_part('first.last', person)}@{TEAM_DOMAIN}",
        )
        for place, person in enumerate(people)
    )


def name_owners(owners: Sequence[Owner], sample: Sequence[Owner]) -> tuple[Owner, ...]:
    """Return owners with the sample's names where the portal gives none; without owners, the sample."""
    if not owners:
        return tuple(sample)
    return tuple(
        owner if owner.last_name or owner.first_name else other._replace(id=owner.id)
        for owner, other in zip(owners, cycle(sample), strict=False)
    )


def owner_of_account(seed: SeedSequence, account: int, owners: Sequence[Owner]) -> Owner:
    """Return the seller of an account; some sellers have more accounts than others.

    Published: of 22 sellers, the first 18 % close 42 % of all deals.
    """
    rng = seed.stream(RandomStream.TEAM, account, _OWNER_PART)
    place = min(rng.uniform(), rng.uniform()) if rng.bernoulli(0.5) else rng.uniform()
    return owners[int(place * len(owners))]
