"""Histories of many accounts, simulated once per session."""

import pytest
from unit.lifecycle.many_accounts import business_histories, consumer_histories

from simcrm.models.account_story import AccountStory


@pytest.fixture(scope="session")
def histories() -> list[AccountStory]:
    """Histories of businesses with five contacts each."""
    return business_histories()


@pytest.fixture(scope="session")
def consumers() -> list[AccountStory]:
    """Histories of consumers."""
    return consumer_histories()
