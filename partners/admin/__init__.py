"""The coordinators' wing, one module per screen."""

from partners.admin import agreement_types, agreements, countries, devices, import_runs, universities  # noqa: F401
