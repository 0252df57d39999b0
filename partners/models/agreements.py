from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import validators
from partners.enums import AgreementStatus
from partners.fields import MultilineTextField, NameField, SearchKeyField, update_search_keys
from partners.models.accounts import ProtectingHistory
from partners.models.renewals import RenewalMixin
from partners.models.runs import RunHistory
from partners.models.universities import AgreementType, University
from partners.periods import Period
from partners.querysets import AgreementQuerySet, agreement_state


class Agreement(RenewalMixin, models.Model):
    university = models.ForeignKey(
        University, models.PROTECT, related_name="agreements", verbose_name=gettext_lazy("university")
    )
    agreement_type = models.ForeignKey(
        AgreementType,
        models.PROTECT,
        related_name="agreements",
        verbose_name=gettext_lazy("agreement type"),
        null=True,
        blank=True,
        help_text=gettext_lazy("May stay unknown while the agreement is in process."),
    )
    scope = NameField(
        gettext_lazy("scope"),
        blank=True,
        help_text=gettext_lazy("The unit of our university that it is for. Empty: the whole university."),
    )
    scope_key = SearchKeyField(sources=["scope"])
    status = models.CharField(
        gettext_lazy("status"), max_length=10, choices=AgreementStatus, default=AgreementStatus.IN_PROCESS
    )
    signed_on = models.DateField(gettext_lazy("signed on"), null=True, blank=True)
    valid_from = models.DateField(gettext_lazy("valid from"), null=True, blank=True)
    valid_until = models.DateField(
        gettext_lazy("valid until"), null=True, blank=True, help_text=gettext_lazy("The last day. Empty: not recorded.")
    )
    is_open_ended = models.BooleanField(
        gettext_lazy("open-ended"), default=False, help_text=gettext_lazy("It has no last day.")
    )
    ended_on = models.DateField(gettext_lazy("ended on"), null=True, blank=True)
    end_reason = NameField(gettext_lazy("reason for its end"), blank=True)
    renews = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="renewals",
        verbose_name=gettext_lazy("renews"),
        null=True,
        blank=True,
        help_text=gettext_lazy("The agreement that this one follows."),
    )
    reference_number = NameField(
        gettext_lazy("reference number"), blank=True, help_text=gettext_lazy("The office's own.")
    )
    due_on = models.DateField(
        gettext_lazy("to be done by"),
        null=True,
        blank=True,
        help_text=gettext_lazy("The day by which it should be signed. The worklist and reminders show it."),
    )
    public_note = MultilineTextField(
        gettext_lazy("note for students"),
        blank=True,
        help_text=gettext_lazy("Requirements and remarks. Shown to the public."),
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="agreements",
        verbose_name=gettext_lazy("coordinator responsible"),
        null=True,
        blank=True,
        help_text=gettext_lazy("Who is reminded of its end, and of it standing still."),
    )
    next_step = NameField(
        gettext_lazy("next step"), blank=True, help_text=gettext_lazy("What has to happen next. The worklist shows it.")
    )
    contact = MultilineTextField(
        gettext_lazy("contact at the partner"),
        blank=True,
        help_text=gettext_lazy("Name, email, telephone. Never shown to the public."),
    )
    notes = MultilineTextField(
        gettext_lazy("internal notes"), blank=True, help_text=gettext_lazy("Never shown to the public.")
    )

    objects = AgreementQuerySet.as_manager()
    history = ProtectingHistory(bases=[RunHistory], excluded_fields=["scope_key"])

    class Meta:
        verbose_name = gettext_lazy("agreement")
        verbose_name_plural = gettext_lazy("agreements")
        indexes = [
            Index(
                fields=["status", "valid_until", "valid_from", "is_open_ended", "agreement_type", "responsible"],
                name="agreement_filters",
            ),
            Index(
                fields=["university", "agreement_type", "scope_key", "status", "valid_from"],
                name="agreement_successors",
            ),
        ]
        constraints = [
            CheckConstraint(condition=Q(status__in=AgreementStatus.values), name="agreement_status_valid"),
            CheckConstraint(
                condition=~Q(status=AgreementStatus.SIGNED) | Q(agreement_type__isnull=False),
                name="agreement_signed_needs_type",
                violation_error_message=gettext_lazy("A signed agreement needs an agreement type."),
            ),
            CheckConstraint(
                condition=Q(valid_until__gte=models.F("valid_from")),
                name="agreement_dates_in_order",
                violation_error_message=gettext_lazy("Valid until is before valid from."),
            ),
            CheckConstraint(
                condition=Q(status=AgreementStatus.ENDED) | Q(ended_on=None),
                name="agreement_ended_on_only_if_ended",
                violation_error_message=gettext_lazy("Only an ended agreement has a day on which it ended."),
            ),
            CheckConstraint(
                condition=Q(is_open_ended=False) | Q(valid_until=None),
                name="agreement_open_ended_without_last_day",
                violation_error_message=gettext_lazy("An open-ended agreement has no last day."),
            ),
            CheckConstraint(
                condition=Q(status=AgreementStatus.ENDED) | Q(end_reason=""),
                name="agreement_end_reason_only_if_ended",
                violation_error_message=gettext_lazy("Only an ended agreement has a reason for its end."),
            ),
            UniqueConstraint(
                fields=["university", "agreement_type", "scope_key"],
                condition=Q(status=AgreementStatus.IN_PROCESS),
                name="agreement_one_in_process_per_type",
                violation_error_message=gettext_lazy(
                    "This university already has an agreement of this type and scope in process. Continue with it."
                ),
            ),
            UniqueConstraint(
                fields=["university", "scope_key"],
                condition=Q(status=AgreementStatus.IN_PROCESS, agreement_type__isnull=True),
                name="agreement_one_in_process_of_unknown_type",
                violation_error_message=gettext_lazy(
                    "This university already has an agreement of unknown type in process. Give that one its type first."
                ),
            ),
        ]

    def __str__(self):
        """Include the first day, by which signed agreements of one title differ."""
        name = ", ".join(filter(None, [self.title, self.describe_start()]))
        return f"{self.university}: {name} ({self.get_status_display()})"

    def save(self, **kwargs):
        with transaction.atomic():
            if self.is_transition_to_signed():
                self.end_predecessors(on=localdate())
            super().save(**kwargs)

    @property
    def title(self):
        """The type and, if it is not for the whole university, the scope."""
        return ", ".join(filter(None, [str(self.agreement_type or _("type unknown")), self.scope]))

    @property
    def period(self):
        return Period(self.valid_from, self.valid_until)

    def state_on(self, on):
        """Return the name of its state on a day, as URLs and JSON have it."""
        return agreement_state(self.status, *self.period, on)

    def clean(self):
        super().clean()
        others = Agreement.objects.filter(university=self.university_id).exclude(pk=self.pk)
        validators.run_validators(
            ("agreement_type", validators.validate_signed_has_type, self.status, self.agreement_type),
            ("valid_until", validators.validate_date_order, self.valid_from, self.valid_until),
            ("valid_until", validators.validate_open_ended, self.is_open_ended, self.valid_until),
            ("ended_on", validators.validate_ended_on, self.status, self.ended_on),
            ("end_reason", validators.validate_end_reason, self.status, self.end_reason),
            # No form has a field for it.
            (NON_FIELD_ERRORS, validators.validate_renews, self.renews_id, others.values_list("pk", flat=True)),
        )

    def validate_constraints(self, exclude=None):
        """Validate the derived scope key and the period too, which no form has a field for or Django a constraint.

        Exclude "period" if it is validated with that of other agreements that are saved at once.
        """
        exclude = set(exclude or ())
        update_search_keys(Agreement, [self])
        super().validate_constraints(exclude=exclude - {"scope_key"})
        if "period" not in exclude and self.status == AgreementStatus.SIGNED and self.agreement_type_id:
            try:
                if self.is_transition_to_signed():
                    self.renewal_effects(localdate())
                else:
                    self.validate_no_overlap(self.signed_siblings())
            except ValidationError as error:
                field = NON_FIELD_ERRORS if "valid_from" in exclude else "valid_from"
                raise ValidationError({field: error}) from error

    def sign(self, on):
        self.status, self.signed_on = AgreementStatus.SIGNED, on
        self._change_reason = "marked as signed"
        self.full_clean()
        self.save()

    def end(self, on, change_reason, reason=""):
        self.status, self.ended_on, self.end_reason = AgreementStatus.ENDED, on, reason
        self._change_reason = change_reason
        self.save()

    def schedule_end(self, last_day, change_reason):
        self.valid_until, self.is_open_ended = last_day, False
        self._change_reason = change_reason
        self.save()

    def describe_start(self):
        return _("from %s") % date_format(self.valid_from) if self.valid_from else ""

    def describe_end(self):
        """Return the last day, "open-ended" or "end not recorded"."""
        if self.valid_until:
            return _("until %s") % date_format(self.valid_until)
        return _("open-ended") if self.is_open_ended else _("end not recorded")

    def describe_period(self):
        """Return the title with the first and last day, or how it ended."""
        end = self.describe_ended() if self.status == AgreementStatus.ENDED else self.describe_end()
        return ", ".join(filter(None, [self.title, self.describe_start(), end]))

    def describe_ended(self, format_day=date_format):
        """Return “ended” with the day and the reason, as far as they are recorded."""
        ended = _("ended on %s") % format_day(self.ended_on) if self.ended_on else _("ended")
        return ": ".join(filter(None, [ended, self.end_reason]))
