"""The coordinators' wing, one module per screen."""

from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from partners.admin import agreement_types, agreements, countries, import_runs, universities  # noqa: F401

admin.site.site_header = admin.site.site_title = settings.OFFICE_NAME
admin.site.index_title = _("The register")
