from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from partners import validators
from partners.enums import AgreementStatus, StudyLevel
from partners.fields import MultilineTextField, NameField, StudyLevelsField
from partners.models.accounts import ProtectingHistory
from partners.models.import_runs import ImportRunHistory
from partners.models.universities import AgreementType, University
from partners.querysets import AgreementQuerySet


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
    status = models.CharField(_("status"), max_length=10, choices=AgreementStatus, default=AgreementStatus.IN_PROCESS)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(
        _("valid until"), null=True, blank=True, help_text=_("The last day. Empty means open-ended.")
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    places_out = models.PositiveSmallIntegerField(
        _("places out"), null=True, blank=True, help_text=_("Students whom we may send in an academic year.")
    )
    places_in = models.PositiveSmallIntegerField(
        _("places in"), null=True, blank=True, help_text=_("Students whom they may send in an academic year.")
    )
    study_levels = StudyLevelsField(_("study levels"), max_length=60, blank=True)
    fields_of_study = NameField(_("fields of study"), blank=True, help_text=_("Empty means all of them."))
    language_requirement = NameField(
        _("language requirement"), blank=True, help_text=_("Such as: English B2, or German B1.")
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="agreements",
        verbose_name=_("coordinator responsible"),
        null=True,
        blank=True,
        help_text=_("Who is reminded of its end, and of it standing still."),
    )
    next_step = NameField(_("next step"), blank=True, help_text=_("What has to happen next. The worklist shows it."))
    contact = MultilineTextField(
        _("contact at the partner"), blank=True, help_text=_("Name, email, telephone. Never shown to the public.")
    )
    notes = MultilineTextField(_("internal notes"), blank=True, help_text=_("Never shown to the public."))

    objects = AgreementQuerySet.as_manager()
    history = ProtectingHistory(bases=[ImportRunHistory])

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        indexes = [Index(fields=["status", "valid_until", "agreement_type", "responsible"], name="agreement_filters")]
        constraints = [
            CheckConstraint(condition=Q(status__in=AgreementStatus.values), name="agreement_status_valid"),
            CheckConstraint(
                condition=~Q(status=AgreementStatus.SIGNED) | Q(agreement_type__isnull=False),
                name="agreement_signed_needs_type",
                violation_error_message=_("A signed agreement needs an agreement type."),
            ),
            CheckConstraint(
                condition=Q(valid_until__gte=models.F("valid_from")),
                name="agreement_dates_in_order",
                violation_error_message=_("Valid until is before valid from."),
            ),
            CheckConstraint(
                condition=Q(status=AgreementStatus.ENDED) | Q(ended_on=None),
                name="agreement_ended_on_only_if_ended",
                violation_error_message=_("Only an ended agreement has a day on which it ended."),
            ),
            UniqueConstraint(
                fields=["university", "agreement_type"],
                condition=Q(status=AgreementStatus.SIGNED),
                name="agreement_one_signed_per_type",
                violation_error_message=_(
                    "This university already has a signed agreement of this type. End that one, or renew it."
                ),
            ),
            UniqueConstraint(
                fields=["university", "agreement_type"],
                condition=Q(status=AgreementStatus.IN_PROCESS),
                name="agreement_one_in_process_per_type",
                violation_error_message=_(
                    "This university already has an agreement of this type in process. Continue with that one."
                ),
            ),
            UniqueConstraint(
                fields=["university"],
                condition=Q(status=AgreementStatus.IN_PROCESS, agreement_type__isnull=True),
                name="agreement_one_in_process_of_unknown_type",
                violation_error_message=_(
                    "This university already has an agreement of unknown type in process. Give that one its type first."
                ),
            ),
        ]

    def __str__(self):
        return f"{self.university}: {self.agreement_type or _('type unknown')} ({self.get_status_display()})"

    def save(self, **kwargs):
        with transaction.atomic():
            if self.is_transition_to_signed():
                self.end_predecessors()
            super().save(**kwargs)

    def clean(self):
        super().clean()
        validators.run_validators(
            ("agreement_type", validators.validate_signed_has_type, self.status, self.agreement_type),
            ("valid_until", validators.validate_date_order, self.valid_from, self.valid_until),
            ("ended_on", validators.validate_ended_on, self.status, self.ended_on),
        )

    def validate_constraints(self, exclude=None):
        """Skip the uniqueness per type for a renewal being signed: ``save`` ends its predecessor first."""
        renewal = {"agreement_type"} if self.is_transition_to_signed() else set()
        super().validate_constraints(exclude=renewal.union(exclude or ()))

    def is_transition_to_signed(self):
        return self.status == AgreementStatus.SIGNED and Agreement.objects.in_process().filter(pk=self.pk).exists()

    def end_predecessors(self):
        """End the signed agreement, if any, that this one replaces."""
        for predecessor in self.signed_predecessors():
            predecessor.end(self.signed_on, "ended by its renewal")

    def signed_predecessors(self):
        signed = Agreement.objects.signed().exclude(pk=self.pk)
        return signed.filter(university=self.university_id, agreement_type=self.agreement_type_id)

    def build_renewal(self):
        """Return an unsaved agreement in process that begins the day after this one ends and lasts as long."""
        copied = {field.attname: getattr(self, field.attname) for field in self._meta.fields}
        for name in ("id", "signed_on", "valid_from", "valid_until", "next_step"):
            del copied[name]
        renewal = Agreement(**copied | {"status": AgreementStatus.IN_PROCESS})
        if self.valid_until:
            renewal.valid_from = self.valid_until + timedelta(days=1)
        if self.valid_until and self.valid_from:
            renewal.valid_until = self.valid_until + (renewal.valid_from - self.valid_from)
        return renewal

    def sign(self, on):
        self.status, self.signed_on = AgreementStatus.SIGNED, on
        self._change_reason = "marked as signed"
        self.full_clean()
        self.save()

    def end(self, on, reason):
        self.status, self.ended_on = AgreementStatus.ENDED, on
        self._change_reason = reason
        self.save()

    def schedule_end(self, last_day, reason):
        self.valid_until = last_day
        self._change_reason = reason
        self.save()

    def study_levels_display(self):
        return ", ".join(str(StudyLevel(level).label) for level in self.study_levels.split(",") if level)


def unique_slot(agreement):
    """Return the values that no two open agreements share, or None if it is not open. It may be a history record."""
    if not AgreementStatus(agreement.status).is_open:
        return None
    return agreement.university_id, agreement.agreement_type_id, agreement.status


def release_unique_slots(agreements):
    """End, without history, those whose stored slot another of these agreements takes when they are saved.

    They can then be saved one after another although they swap types or statuses.
    """
    slots = {agreement.pk: unique_slot(agreement) for agreement in agreements if agreement.pk}
    taken = {unique_slot(agreement) for agreement in agreements}
    stored = Agreement.objects.open().only("university", "agreement_type", "status").in_bulk(slots)
    released = [old for old in stored.values() if unique_slot(old) != slots[old.pk] and unique_slot(old) in taken]
    for agreement in released:
        agreement.status = AgreementStatus.ENDED
    Agreement.objects.bulk_update(released, ["status"])
