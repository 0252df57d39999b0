from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import apps as admin_apps
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from partners import data_version, period_constraint, search_index


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Exchange partners")
    default = True

    def ready(self):
        post_migrate.connect(data_version.install_triggers, sender=self)
        post_migrate.connect(period_constraint.install_triggers, sender=self)
        post_migrate.connect(search_index.install_index, sender=self)


class PartnersAdminConfig(admin_apps.SimpleAdminConfig):
    """Import the admin modules with the URLs or for checks, not at start: most commands need neither."""

    default = False
    default_site = "partners.admin.site.PartnersAdminSite"

    def ready(self):
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_admin, checks.Tags.admin)


def check_admin(app_configs, **kwargs):
    autodiscover_modules("admin", "admin.screens", register_to=admin.site)
    return check_admin_app(app_configs, **kwargs)
