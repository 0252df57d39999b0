"""The agreements with a university."""

from django.db import models, transaction
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from partners import rules
from partners.models.import_runs import RunHistory
from partners.models.universities import AgreementType, University
from partners.querysets import AgreementQuerySet
from partners.rules import Status


def at_most_one(name, message, **condition):
    fields = ["university"] if "agreement_type__isnull" in condition else ["university", "agreement_type"]
    return UniqueConstraint(
        fields=fields, condition=Q(**condition), name=f"agreement_one_{name}", violation_error_message=message
    )


class Agreement(models.Model):
    university = models.ForeignKey(University, models.PROTECT, related_name="agreements", verbose_name=_("university"))
    agreement_type = models.ForeignKey(
        AgreementType,
        models.PROTECT,
        related_name="agreements",
        verbose_name=_("agreement type"),
        null=True,
        blank=True,
        help_text=_("May stay unknown while the agreement is in process."),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.IN_PROCESS)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day. Empty means open-ended.")
    )

    objects = AgreementQuerySet.as_manager()
    history = HistoricalRecords(bases=[RunHistory])

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        constraints = [
            CheckConstraint(condition=Q(status__in=Status.values), name="agreement_status_is_known"),
            CheckConstraint(
                condition=~Q(status=Status.SIGNED) | Q(agreement_type__isnull=False),
                name="agreement_signed_needs_type",
                violation_error_message=_("A signed agreement needs an agreement type."),
            ),
            CheckConstraint(
                condition=Q(valid_until__gte=models.F("valid_from")),
                name="agreement_dates_in_order",
                violation_error_message=_("Valid until is before valid from."),
            ),
            at_most_one(
                "signed_of_a_type",
                _("This university already has a signed agreement of this type. End that one, or renew it."),
                status=Status.SIGNED,
            ),
            at_most_one(
                "in_process_of_a_type",
                _("This university already has an agreement of this type in process. Continue with that one."),
                status=Status.IN_PROCESS,
            ),
            at_most_one(
                "in_process_of_unknown_type",
                _("This university already has an agreement of unknown type in process. Give that one its type first."),
                status=Status.IN_PROCESS,
                agreement_type__isnull=True,
            ),
        ]

    def __str__(self):
        return f"{self.university}: {self.agreement_type or _('type unknown')} ({self.get_status_display()})"

    def save(self, **kwargs):
        with transaction.atomic():
            if self.is_being_signed():
                self.end_predecessors()
            super().save(**kwargs)

    def clean(self):
        super().clean()
        rules.hold(
            ("agreement_type", rules.signed_has_type, self.status, self.agreement_type),
            ("valid_until", rules.dates_in_order, self.valid_from, self.valid_until),
        )

    def validate_constraints(self, exclude=None):
        """A renewal may be signed beside the agreement that it will end: see ``save``."""
        renewal = {"agreement_type"} if self.is_being_signed() else set()
        super().validate_constraints(exclude=renewal.union(exclude or ()))

    def is_being_signed(self):
        return self.status == Status.SIGNED and Agreement.objects.in_process().filter(pk=self.pk).exists()

    def end_predecessors(self):
        """Ends the signed agreement, if any, that this one takes the place of."""
        signed = Agreement.objects.filter(status=Status.SIGNED).exclude(pk=self.pk)
        for predecessor in signed.filter(university=self.university_id, agreement_type=self.agreement_type_id):
            predecessor.end("ended by its renewal")

    def sign(self, on, agreement_type=None):
        self.agreement_type = agreement_type or self.agreement_type
        self.status, self.signed_on = Status.SIGNED, on
        self._change_reason = "marked as signed"
        self.full_clean()
        self.save()

    def end(self, reason):
        self.status = Status.ENDED
        self._change_reason = reason
        self.save()
