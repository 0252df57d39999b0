"""The back office as a whole: its name, and the pages that belong to no model.

It stands outside of ``partners.admin``, which registers its screens with it as soon as it is
imported, and so can import the pages only when they are asked for.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from partners.accounts.access import is_office
from partners.accounts.mfa import MFASetupView, MFAVerifyView, ReauthenticateView
from partners.accounts.password_change import PasswordChangeView
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.session_views import session_list


class PartnersAdminSite(admin.AdminSite):
    site_header = site_title = settings.OFFICE_NAME
    index_title = _("Worklist")
    login_template = "admin/accounts/login.html"

    def has_permission(self, request):
        return is_office(request)

    def is_password_authenticated(self, request):
        return super().has_permission(request)

    def login(self, request, extra_context=None):
        """Who owes nothing but the code is asked for that."""
        if self.is_password_authenticated(request) and not self.has_permission(request):
            return redirect(f"{reverse('admin:code')}?{urlencode({'next': request.GET.get('next', '')})}")
        return super().login(request, {"single_sign_on": bool(settings.OIDC_ISSUER)} | (extra_context or {}))

    def password_change(self, request, extra_context=None):
        view = PasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )
        return reauthentication_required(view)(request)

    def logout(self, request, extra_context=None):
        """Nothing of what was shown stays behind. Cookies are left to the university's other sites of this domain."""
        response = super().logout(request, extra_context)
        response["Clear-Site-Data"] = '"cache"'
        return response

    def get_urls(self):
        return [
            path("code/", MFAVerifyView.as_view(site=self), name="code"),
            path("confirm/", ReauthenticateView.as_view(site=self), name="confirm"),
            path("sessions/", self.admin_view(self.my_sessions), name="my_sessions"),
            path("second-factor/", MFASetupView.as_view(site=self), name="second_factor"),
            path("overview/", self.admin_view(self.overview), name="overview"),
            path("changes/", self.admin_view(self.recent_changes), name="recent_changes"),
            path("changes/deleted/", self.admin_view(self.deleted), name="deleted"),
            path("calendar/", self.admin_view(self.my_calendar), name="my_calendar"),
            *super().get_urls(),
        ]

    def index(self, request, extra_context=None):
        from partners.admin.worklist import worklist

        return super().index(request, {"worklist": worklist(request, self)} | (extra_context or {}))

    def overview(self, request):
        from partners.admin.statistics import statistics_view

        return statistics_view(request, self)

    def recent_changes(self, request):
        from partners.admin.change_log import change_log

        return change_log(request, self)

    def deleted(self, request):
        from partners.admin.change_log import deleted

        return deleted(request, self)

    def my_sessions(self, request):
        return session_list(request, self)

    def my_calendar(self, request):
        from partners.admin.calendar_links import calendar_link_view

        return calendar_link_view(request, self)
