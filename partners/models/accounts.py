"""Deletion rules for user accounts: one that history refers to is closed, not deleted, so that its name stays."""

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import PROTECT, Exists, OuterRef, ProtectedError, Q, QuerySet
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from partners.querysets import HistoryQuerySet


class ProtectingHistory(HistoricalRecords):
    """HistoricalRecords whose foreign keys to users are PROTECT; the library's own are SET_NULL."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, historical_queryset=HistoryQuerySet, **kwargs)

    def create_history_model(self, model, inherited):
        history_model = super().create_history_model(model, inherited)
        for field in history_model._meta.fields:
            if field.is_relation and field.remote_field.model in (User, settings.AUTH_USER_MODEL):
                field.remote_field.on_delete = PROTECT
        return history_model


def referenced_accounts(accounts: QuerySet) -> QuerySet:
    """Filter accounts to those that a PROTECT foreign key or the admin log refers to."""
    referenced = Q()
    for relation in User._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is PROTECT or relation.related_model is LogEntry:
            rows = relation.related_model._base_manager.filter(**{relation.field.attname: OuterRef("pk")})
            referenced |= Q(Exists(rows))
    return accounts.filter(referenced)


@receiver(pre_delete, sender=User)
def protect_account_in_log(instance, **kwargs):
    """Protect the user of a LogEntry, whose foreign key is Django's own and cascades."""
    if entries := set(LogEntry.objects.filter(user=instance)):
        raise ProtectedError(_("“%s” is in the log of accounts. Close the account instead.") % instance, entries)
