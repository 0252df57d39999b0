"""The office's settings in templates."""

from django.db import InterfaceError, OperationalError
from django.utils.functional import SimpleLazyObject

from partners.models import OfficeSettings


def office_settings(request):
    """Return context variables that read the settings on first use, once."""
    office = SimpleLazyObject(_current_settings)
    return {
        "office": office,
        "office_name": SimpleLazyObject(lambda: office.display_name),
        "office_email": SimpleLazyObject(lambda: office.contact_email),
    }


def _current_settings():
    """Return the settings, or those of the environment for pages that need no database while it cannot be reached."""
    try:
        return OfficeSettings.objects.current()
    except (InterfaceError, OperationalError):
        return OfficeSettings(pk=OfficeSettings.PK)
