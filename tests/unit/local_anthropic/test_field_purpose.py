"""What a field is for, by its name, its description or the prompt."""

import pytest

from local_anthropic.model.field_purpose import FieldPurpose, find_explanation, find_purpose, narrow_purpose

GLOSSARY = """Write CRM entries. Return each record under its number k.
n: company name fitting industry
j: job title
r: why it is hot, at most 12 words
s = one named event, 3-8 words
"d" is the domain stem
a: activities. x code; t title of at most 8 words; b text of 2-3 short sentences"""


@pytest.mark.parametrize(
    ("path", "description", "kind"),
    [
        (("companyName",), "", "company"),
        (("job_title",), "", "job_title"),
        (("lead_reasoning",), "", "reasoning"),
        (("original_source",), "", "source"),
        (("marketing_consent_detail",), "", "consent"),
        (("domain",), "", "domain"),
        (("tickets", "subject"), "", "ticket_subject"),
        (("tasks", "body"), "", "task_body"),
        (("call", "title"), "", "call_subject"),
        (("deal_name",), "", "deal_name"),
        (("sales_notes",), "", "sales_notes"),
        (("note",), "", "note"),
        (("q",), "the lead's job title", "job_title"),
        (("xyzzy",), "", "text"),
        (("n",), "", "company"),
        (("j",), "", "job_title"),
        (("r",), "", "reasoning"),
        (("s",), "", "source"),
        (("d",), "", "domain"),
    ],
)
def test_a_purpose_is_read_from_name_description_or_prompt(path: tuple[str, ...], description: str, kind: str) -> None:
    assert find_purpose(path, description, GLOSSARY).kind == kind


@pytest.mark.parametrize(
    ("description", "limits"),
    [
        ("at most 12 words", (12, 0, 0)),
        ("3-8 words", (8, 0, 0)),
        ("up to 60 characters", (0, 60, 0)),
        ("a note of 2-3 sentences", (0, 0, 3)),
        ("one to two short sentences", (0, 0, 2)),
        ("brief", (0, 0, 0)),
    ],
)
def test_lengths_are_read_from_descriptions(description: str, limits: tuple[int, int, int]) -> None:
    purpose = find_purpose(("note",), description, "")

    assert (purpose.words, purpose.characters, purpose.sentences) == limits


def test_a_short_name_inside_a_line_is_explained_too() -> None:
    assert find_explanation("x", GLOSSARY) == "code"
    assert find_explanation("t", GLOSSARY).startswith("title of at most 8 words")
    assert find_explanation("q", GLOSSARY) == ""


@pytest.mark.parametrize(
    ("kind", "noun", "told"),
    [
        ("subject", "call", "call_subject"),
        ("ticket_subject", "deal", "deal_name"),
        ("note", "task", "task_body"),
        ("note", "deal", "sales_notes"),
        ("text", "note", "note"),
        ("company", "call", "company"),
    ],
)
def test_a_title_or_text_is_told_of_its_activity(kind: str, noun: str, told: str) -> None:
    assert narrow_purpose(FieldPurpose(kind), noun).kind == told
