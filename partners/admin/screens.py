"""Import every screen, so that it registers with the admin site."""

from partners.admin import agreements, application_rounds, documents, office_settings, runs, universities, users  # noqa: F401
