"""The back office as a whole: its name, and the pages that belong to no model.

It stands outside of ``partners.admin``, which registers its screens with it as soon as it is
imported, and so can import the pages only when they are asked for.
"""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.utils.translation import gettext_lazy as _


class OfficeSite(admin.AdminSite):
    site_header = site_title = settings.OFFICE_NAME
    index_title = _("The register")

    def get_urls(self):
        return [
            path("changes/", self.admin_view(self.recent_changes), name="recent_changes"),
            path("changes/deleted/", self.admin_view(self.deleted), name="deleted"),
            *super().get_urls(),
        ]

    def recent_changes(self, request):
        from partners.admin.recent_changes import recent_changes

        return recent_changes(request, self)

    def deleted(self, request):
        from partners.admin.recent_changes import deleted

        return deleted(request, self)
