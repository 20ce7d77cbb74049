import pytest

from simcrm.models.crm_objects import ACTIVITY_TYPES, DISPLAY_ORDER, ObjectType, RecordKey


def test_a_record_key_names_simulation_type_and_index() -> None:
    assert str(RecordKey("sim-1", ObjectType.COMPANIES, 41)) == "sim-1:company:41"


def test_the_key_of_an_activity_has_its_ordinal_even_if_it_is_the_first() -> None:
    assert str(RecordKey("sim-1", ObjectType.NOTES, 41, 0)) == "sim-1:note:41:0"


@pytest.mark.parametrize(("kind", "name"), [(ObjectType.TASKS, "task"), (ObjectType.TICKETS, "ticket")])
def test_each_type_has_a_word_for_one_object(kind: ObjectType, name: str) -> None:
    assert kind.singular == name


def test_types_stand_in_the_order_of_writing_so_that_links_find_their_target() -> None:
    order = list(ObjectType)

    assert order.index(ObjectType.COMPANIES) < order.index(ObjectType.CONTACTS) < order.index(ObjectType.DEALS)
    assert {ObjectType.NOTES, ObjectType.CALLS, ObjectType.TASKS} == set(order[-7:-4])
    assert order[-4:] == [ObjectType.PRODUCTS, ObjectType.LINE_ITEMS, ObjectType.MEETINGS, ObjectType.EMAILS]


def test_no_two_objects_of_a_simulation_share_a_key() -> None:
    keys = {
        str(RecordKey("s", kind, index, ordinal)) for kind in ObjectType for index in (1, 11) for ordinal in (1, None)
    }

    assert len(keys) == 4 * len(ObjectType)


def test_each_type_is_shown_once() -> None:
    assert sorted(DISPLAY_ORDER) == sorted(ObjectType)
    assert set(ACTIVITY_TYPES) == set(ObjectType) - {ObjectType.CONTACTS, ObjectType.COMPANIES, ObjectType.PRODUCTS}
