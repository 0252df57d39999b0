"""The admin site and its pages without a model."""

from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from partners.accounts.mfa import mfa_setup_view, mfa_verify_view, reauthenticate_view
from partners.accounts.reauthentication import PasswordChangeForm, reauthentication_required
from partners.accounts.session_views import session_list_view
from partners.admin.calendar_links import calendar_link_view
from partners.admin.change_log import change_log_view
from partners.admin.first_steps import first_step_view
from partners.admin.help import help_chapter_view, help_url, help_view
from partners.admin.my_account import my_account_view, name_and_email_view
from partners.admin.searching import search_view
from partners.admin.statistics.views import statistics_file_view, statistics_view
from partners.admin.worklist import build_worklist
from partners.context_processors import office_settings
from partners.permissions import is_office_user

MENU = [
    *["University", "Agreement", "Document", "Run"],
    *["Country", "AgreementType", "Term", "ApplicationRound", "OfficeSettings"],
]
"""Models in the order of the menu. Others come after them, by name."""
APP_NAMES = {"auth": _("Accounts")}
"""Names of apps in the menu instead of their own."""


class PartnersAdminSite(admin.AdminSite):
    index_title = _("Worklist")
    login_template = "admin/accounts/login.html"

    def each_context(self, request):
        name = office_settings(request)["office_name"]
        screen = request.resolver_match.url_name or ""
        return super().each_context(request) | {
            "site_header": name,
            "site_title": name,
            "help_url": help_url(screen),
        }

    def get_app_list(self, request, app_label=None):
        positions = {name: position for position, name in enumerate(MENU)}
        app_list = super().get_app_list(request, app_label)
        for app in app_list:
            app["name"] = APP_NAMES.get(app["app_label"], app["name"])
            app["models"].sort(key=lambda model: positions.get(model["object_name"], len(MENU)))
        return sorted(app_list, key=lambda app: app["app_label"] != "partners")

    def app_index(self, request, app_label, extra_context=None):
        """Redirect to the front page, which has the same menu."""
        return redirect("admin:index")

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
            template_name="admin/accounts/password_change.html",
            form_class=partial(PasswordChangeForm, request=request),
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
        site, view = {"site": self}, self.admin_view
        return [
            path("mfa/", mfa_setup_view, site, name="mfa_setup"),
            path("mfa/verify/", mfa_verify_view, site, name="mfa_verify"),
            path("reauthenticate/", reauthenticate_view, site, name="reauthenticate"),
            path("account/", view(my_account_view), site, name="my_account"),
            path("account/name/", view(name_and_email_view), site, name="name_and_email"),
            path("sessions/", view(session_list_view), site, name="session_list"),
            path("first-steps/<slug:key>/", view(first_step_view), site, name="first_step"),
            path("search/", view(search_view), site, name="search"),
            path("search/suggestions/", view(search_view), site | {"is_page": False}, name="search_suggestions"),
            path("statistics/", view(statistics_view), site, name="statistics"),
            path("statistics/file/", view(statistics_file_view), site, name="statistics_file"),
            path("changes/", view(change_log_view), site, name="change_log"),
            path("changes/deleted/", view(change_log_view), site | {"deleted_only": True}, name="deleted_objects"),
            path("help/", view(help_view), site, name="help"),
            path("help/<slug:chapter>/", view(help_chapter_view), site, name="help_chapter"),
            path("calendar/", view(calendar_link_view), site, name="calendar_link"),
            *super().get_urls(),
        ]

    def index(self, request, extra_context=None):
        return super().index(request, {"worklist": build_worklist(request, self)} | (extra_context or {}))
