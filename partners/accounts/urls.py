"""URLs of OpenID Connect and of the password reset, with the names that Django's admin login template expects."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import path

from partners.accounts import oidc
from partners.accounts.password_reset import PasswordResetView

ADMIN_CONTEXT = {"extra_context": {"site_header": admin.site.site_header, "site_title": admin.site.site_title}}

urlpatterns = [
    path("oidc/", oidc.oidc_login, name="oidc_login"),
    path("oidc/callback/", oidc.oidc_callback, name="oidc_callback"),
    path("password/", PasswordResetView.as_view(**ADMIN_CONTEXT), name="admin_password_reset"),
    path("password/sent/", views.PasswordResetDoneView.as_view(**ADMIN_CONTEXT), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(**ADMIN_CONTEXT),
        name="password_reset_confirm",
    ),
    path("password/set/", views.PasswordResetCompleteView.as_view(**ADMIN_CONTEXT), name="password_reset_complete"),
]
