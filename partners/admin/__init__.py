"""The coordinators' wing, one module per screen."""

from partners.admin import (  # noqa: F401
    accounts,
    agreement_types,
    agreements,
    countries,
    devices,
    documents,
    import_runs,
    universities,
)
