"""Scopes of a token that may do all that a run does, and of one that lacks a single scope."""

ALL = [
    *(
        f"crm.{area}.{kind}.{mode}"
        for area in ("objects", "schemas")
        for kind in ("contacts", "companies", "deals")
        for mode in ("read", "write")
    ),
    *(f"crm.objects.{kind}.{mode}" for kind in ("products", "line_items") for mode in ("read", "write")),
    "sales-email-read",
    "tickets",
    "oauth",
    "crm.objects.owners.read",
]
MISSING = "crm.objects.deals.write"
ALL_BUT_ONE = [scope for scope in ALL if scope != MISSING]
