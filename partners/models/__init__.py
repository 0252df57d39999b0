from partners.models.agreements import Agreement
from partners.models.application_rounds import ApplicationRound, Term
from partners.models.calendar_links import CalendarLink
from partners.models.documents import Document
from partners.models.institutions import Institution, InstitutionLine
from partners.models.mobilities import Mobility
from partners.models.office_settings import OfficeSettings
from partners.models.reminders import Reminder, ReminderKind
from partners.models.runs import Run
from partners.models.saved_views import SavedView
from partners.models.universities import AgreementType, Country, University
from partners.models.website_checks import WebsiteCheck, WebsiteProblem

__all__ = [
    "Agreement",
    "AgreementType",
    "ApplicationRound",
    "CalendarLink",
    "Country",
    "Document",
    "Institution",
    "InstitutionLine",
    "Mobility",
    "OfficeSettings",
    "Reminder",
    "ReminderKind",
    "Run",
    "SavedView",
    "Term",
    "University",
    "WebsiteCheck",
    "WebsiteProblem",
]
