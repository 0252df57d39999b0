"""The coordinators' wing, one module per screen."""

from partners.admin import agreement_types, agreements, countries, import_runs, universities  # noqa: F401
