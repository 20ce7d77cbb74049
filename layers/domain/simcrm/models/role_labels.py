"""The portal's labels of contacts in deals, by their roles."""

from pydantic import BaseModel, ConfigDict

from simcrm.models.account_story import CommitteeRole
from simcrm.models.crm_objects import ObjectType


class RoleLabels(BaseModel):
    """Association type IDs by role, in both directions; a role that the portal has no label for is absent."""

    model_config = ConfigDict(frozen=True)

    from_deals: dict[CommitteeRole, int] = {}
    from_contacts: dict[CommitteeRole, int] = {}

    def type_id(self, from_type: ObjectType, role: CommitteeRole) -> int | None:
        """The association type ID of a role, from deals or from contacts; None if the portal has no label for it."""
        return (self.from_deals if from_type is ObjectType.DEALS else self.from_contacts).get(role)
