from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.module_loading import autodiscover_modules

from exchange.i18n import redirect_to_default_language, redirect_to_lower_case

autodiscover_modules("admin", "admin.screens", register_to=admin.site)

urlpatterns = [
    path("admin/", include("partners.accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("partners.reminders.urls")),
    path("", include("partners.public.file_urls")),
    *i18n_patterns(path("", include("partners.public.urls")), prefix_default_language=False),
    re_path(rf"^{settings.LANGUAGE_CODE}/", redirect_to_default_language),
    # With the slash at its end, so that an address without one still gets it.
    re_path(r"^.*[A-Z].*/$", redirect_to_lower_case),
]

handler400 = "exchange.error_views.bad_request"
handler500 = "exchange.error_views.server_error"
