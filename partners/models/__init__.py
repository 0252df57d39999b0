"""The register: countries, universities, agreement types, agreements, and the imports that filled it."""

from partners.models.agreements import Agreement
from partners.models.import_runs import ImportRun
from partners.models.universities import AgreementType, Country, University

__all__ = ["Agreement", "AgreementType", "Country", "ImportRun", "University"]
