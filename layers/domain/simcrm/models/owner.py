"""A seller of the portal, to whom accounts and activities are assigned."""

from typing import NamedTuple


class Owner(NamedTuple):
    """An owner of a HubSpot portal; ``id`` is HubSpot's."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""

    def to_row(self) -> dict[str, str]:
        """Return the owner as HubSpot's API describes one."""
        return {"id": self.id, "firstName": self.first_name, "lastName": self.last_name, "email": self.email}
