"""The office's settings in templates."""

from django.utils.functional import SimpleLazyObject

from partners.models import OfficeSettings


def office_settings(request):
    """Return context variables that read the settings on first use, once."""
    office = SimpleLazyObject(OfficeSettings.objects.current)
    return {
        "office": office,
        "office_name": SimpleLazyObject(lambda: office.display_name),
        "office_email": SimpleLazyObject(lambda: office.contact_email),
    }
