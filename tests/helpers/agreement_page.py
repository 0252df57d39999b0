"""The form of an agreement with its inlines."""

NO_ROWS = {
    f"{prefix}-{count}": 0 for prefix in ("mobilities", "documents") for count in ("TOTAL_FORMS", "INITIAL_FORMS")
}
"""Data of the inlines of an agreement without mobilities and documents."""
