"""Accounts that the register names. They are closed and not deleted, so that history keeps their names."""

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import PROTECT, Exists, OuterRef, ProtectedError, Q, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class ProtectingHistory(HistoricalRecords):
    """History that protects the accounts it names: the library's own would forget them."""

    def create_history_model(self, model, inherited):
        history_model = super().create_history_model(model, inherited)
        for field in history_model._meta.fields:
            if field.is_relation and field.remote_field.model in (User, settings.AUTH_USER_MODEL):
                field.remote_field.on_delete = PROTECT
        return history_model


def named_in_history(accounts: QuerySet) -> QuerySet:
    """Those that a change, an import, a document, an agreement, a calendar or the log of accounts names."""
    named = Q()
    for relation in User._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is PROTECT or relation.related_model is LogEntry:
            rows = relation.related_model._base_manager.filter(**{relation.field.attname: OuterRef("pk")})
            named |= Q(Exists(rows))
    return accounts.filter(named)


@receiver(pre_delete, sender=User)
def protect_account_in_log(instance, **kwargs):
    """Do what PROTECT does elsewhere, for a foreign key that is Django's own."""
    if entries := set(LogEntry.objects.filter(user=instance)):
        raise ProtectedError(_("“%s” is in the log of accounts. Close the account instead.") % instance, entries)
