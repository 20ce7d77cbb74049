"""Association type IDs that SimCRM sets: HubSpot's own, and the labels of a portal.

https://developers.hubspot.com/docs/api-reference/legacy/crm/associations/associate-records/guide
"""

from simcrm.hubspot.client import JsonObject
from simcrm.models.crm_objects import ObjectType

CONTACTS, COMPANIES, DEALS = ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.DEALS
TICKETS, NOTES, CALLS, TASKS = ObjectType.TICKETS, ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS
MEETINGS, EMAILS, LINE_ITEMS = ObjectType.MEETINGS, ObjectType.EMAILS, ObjectType.LINE_ITEMS
HUBSPOT_DEFINED, USER_DEFINED = "HUBSPOT_DEFINED", "USER_DEFINED"

# A primary company takes both the unlabelled and the primary type.
TYPE_IDS: dict[tuple[ObjectType, ObjectType], tuple[int, ...]] = {
    (CONTACTS, COMPANIES): (279, 1),
    (CONTACTS, DEALS): (4,),
    (DEALS, CONTACTS): (3,),
    (DEALS, COMPANIES): (341, 5),
    (TICKETS, CONTACTS): (16,),
    (TICKETS, COMPANIES): (339, 26),
    (TICKETS, DEALS): (28,),
    (NOTES, CONTACTS): (202,),
    (NOTES, COMPANIES): (190,),
    (NOTES, DEALS): (214,),
    (CALLS, CONTACTS): (194,),
    (CALLS, COMPANIES): (182,),
    (CALLS, DEALS): (206,),
    (TASKS, CONTACTS): (204,),
    (TASKS, COMPANIES): (192,),
    (TASKS, DEALS): (216,),
    (LINE_ITEMS, DEALS): (20,),
    (MEETINGS, CONTACTS): (200,),
    (MEETINGS, COMPANIES): (188,),
    (MEETINGS, DEALS): (212,),
    (EMAILS, CONTACTS): (198,),
    (EMAILS, COMPANIES): (186,),
    (EMAILS, DEALS): (210,),
}


def association_type_inputs(
    from_type: ObjectType, to_type: ObjectType, label_type_id: int | None = None
) -> list[JsonObject]:
    """The ``types`` of an association, as the create and associate calls expect them.

    Labels replace each other, so the unlabelled type is among them.
    """
    types = [_type_input(HUBSPOT_DEFINED, type_id) for type_id in TYPE_IDS[from_type, to_type]]
    return types if label_type_id is None else [*types, _type_input(USER_DEFINED, label_type_id)]


def _type_input(category: str, type_id: int) -> JsonObject:
    return {"associationCategory": category, "associationTypeId": type_id}
