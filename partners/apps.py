from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.admin import autodiscover
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from partners import revision


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = _("Exchange partners")
    default = True

    def ready(self):
        post_migrate.connect(revision.watch, sender=self)


class OfficeConfig(admin_apps.SimpleAdminConfig):
    """The screens load with the addresses: most commands need neither, and start in two thirds of the time."""

    default = False
    default_site = "partners.site.OfficeSite"

    def ready(self):
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_screens, checks.Tags.admin)


def check_screens(app_configs, **kwargs):
    autodiscover()
    return check_admin_app(app_configs, **kwargs)
