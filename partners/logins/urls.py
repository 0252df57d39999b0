"""Ways to the back office beside its own login, under the names that its login page looks for."""

from django.contrib import admin
from django.contrib.auth import views
from django.urls import path

from partners.logins import single_sign_on
from partners.logins.password_reset import PasswordResetView

IN_THE_OFFICE = {"extra_context": {"site_header": admin.site.site_header, "site_title": admin.site.site_title}}

urlpatterns = [
    path("university/", single_sign_on.begin, name="single_sign_on"),
    path("university/back/", single_sign_on.come_back, name="single_sign_on_back"),
    path("password/", PasswordResetView.as_view(**IN_THE_OFFICE), name="admin_password_reset"),
    path("password/sent/", views.PasswordResetDoneView.as_view(**IN_THE_OFFICE), name="password_reset_done"),
    path(
        "password/<uidb64>/<token>/",
        views.PasswordResetConfirmView.as_view(**IN_THE_OFFICE),
        name="password_reset_confirm",
    ),
    path("password/set/", views.PasswordResetCompleteView.as_view(**IN_THE_OFFICE), name="password_reset_complete"),
]
