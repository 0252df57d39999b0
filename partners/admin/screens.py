"""Import every screen, so that it registers with the admin site."""

from partners.admin import (  # noqa: F401
    agreement_types,
    agreements,
    countries,
    documents,
    import_runs,
    otp,
    universities,
    users,
)
