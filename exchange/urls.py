from django.contrib import admin
from django.urls import include, path

admin.autodiscover()

urlpatterns = [
    path("admin/", include("partners.logins.urls")),
    path("admin/", admin.site.urls),
    path("", include("partners.public.urls")),
]
