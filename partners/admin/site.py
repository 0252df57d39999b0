"""The admin site and its pages without a model.

Modules that need models' admins are imported in the views, as they register with this site.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from partners.accounts.mfa import MFASetupView, MFAVerifyView, ReauthenticateView
from partners.accounts.password_change import PasswordChangeView
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.session_views import session_list_view
from partners.permissions import is_office_user


class PartnersAdminSite(admin.AdminSite):
    site_header = site_title = settings.OFFICE_NAME
    index_title = _("Worklist")
    login_template = "admin/accounts/login.html"

    def has_permission(self, request):
        return is_office_user(request)

    def is_password_authenticated(self, request):
        return super().has_permission(request)

    def login(self, request, extra_context=None):
        """Redirect users who have given the password to the MFA code."""
        if self.is_password_authenticated(request) and not self.has_permission(request):
            return redirect(f"{reverse('admin:mfa_verify')}?{urlencode({'next': request.GET.get('next', '')})}")
        return super().login(request, {"oidc_enabled": bool(settings.OIDC_ISSUER)} | (extra_context or {}))

    def password_change(self, request, extra_context=None):
        view = PasswordChangeView.as_view(
            success_url=reverse("admin:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )
        return reauthentication_required(view)(request)

    def logout(self, request, extra_context=None):
        """Log out and clear the browser's cache, but not cookies, which other sites of the domain may have set."""
        response = super().logout(request, extra_context)
        response["Clear-Site-Data"] = '"cache"'
        return response

    def get_urls(self):
        return [
            path("mfa/", MFASetupView.as_view(site=self), name="mfa_setup"),
            path("mfa/verify/", MFAVerifyView.as_view(site=self), name="mfa_verify"),
            path("reauthenticate/", ReauthenticateView.as_view(site=self), name="reauthenticate"),
            path("sessions/", self.admin_view(self.session_list), name="session_list"),
            path("statistics/", self.admin_view(self.statistics), name="statistics"),
            path("changes/", self.admin_view(self.change_log), name="change_log"),
            path("changes/deleted/", self.admin_view(self.change_log), {"deleted_only": True}, name="deleted_objects"),
            path("calendar/", self.admin_view(self.calendar_link), name="calendar_link"),
            *super().get_urls(),
        ]

    def index(self, request, extra_context=None):
        from partners.admin.worklist import build_worklist

        return super().index(request, {"worklist": build_worklist(request, self)} | (extra_context or {}))

    def statistics(self, request):
        from partners.admin.statistics import statistics_view

        return statistics_view(request, self)

    def change_log(self, request, deleted_only=False):
        from partners.admin.change_log import change_log_view

        return change_log_view(request, self, deleted_only)

    def session_list(self, request):
        return session_list_view(request, self)

    def calendar_link(self, request):
        from partners.admin.calendar_links import calendar_link_view

        return calendar_link_view(request, self)
