from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from partners.public import urls as public

admin.autodiscover()

urlpatterns = [
    path("admin/", include("partners.logins.urls")),
    path("admin/", admin.site.urls),
    path("", include("partners.reminders.urls")),
    *public.files,
    *i18n_patterns(*public.pages, prefix_default_language=False),
]

handler400 = "exchange.faults.bad_request"
handler500 = "exchange.faults.server_error"
