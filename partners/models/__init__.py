"""The register: countries, universities, agreement types, agreements with their documents, imports, and reminders."""

from partners.models.agreements import Agreement
from partners.models.documents import Document
from partners.models.import_runs import ImportRun
from partners.models.reminders import Matter, Reminder
from partners.models.universities import AgreementType, Country, University

__all__ = ["Agreement", "AgreementType", "Country", "Document", "ImportRun", "Matter", "Reminder", "University"]
