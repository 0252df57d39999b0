"""Signing of agreements beside others: periods must not overlap, and renewals shorten or end what they follow."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from partners.enums import AgreementStatus
from partners.name_normalization import matching_key
from partners.periods import (
    RenewalEffects,
    StartRequiredError,
    UpcomingOverlapError,
    next_period,
    propose_start,
    renewal_effects,
)

SHORTENED_BY_RENEWAL = "shortened by its renewal, agreement "
ENDED_BY_RENEWAL = "ended by its renewal, agreement "
RENEWAL_REASONS = (SHORTENED_BY_RENEWAL, ENDED_BY_RENEWAL)
"""Change reasons, without the primary key of the renewal, of what its signing changes."""
EFFECT_OF_RENEWAL = Q(history_change_reason__startswith=SHORTENED_BY_RENEWAL) | Q(
    history_change_reason__startswith=ENDED_BY_RENEWAL
)
"""The condition on history rows of what the signing of a renewal has changed."""


class RenewalMixin:
    """Signing of an agreement beside its siblings: those of the same university, type and scope.

    Needs the fields, ``period``, ``describe_period()``, ``end()`` and ``schedule_end()`` of Agreement.
    """

    def renewal_effects(self, on, siblings=None):
        """Return the RenewalEffects of signing it on its signed siblings: the stored ones, unless others are given.

        Raise ValidationError if it cannot be signed: it has no first day, or an upcoming one is in the way.
        """
        siblings = list(self.signed_siblings() if siblings is None else siblings)
        periods = dict(enumerate(sibling.period for sibling in siblings))
        try:
            effects = renewal_effects(self.period, periods, on)
        except StartRequiredError:
            start = date_format(propose_start(periods, self.signed_on or on))
            message = _("A signed agreement exists. Enter the first day of this one, such as %s.")
            raise ValidationError(message % start) from None
        except UpcomingOverlapError as error:
            message = _("“%s” is signed already and begins later. Choose dates that do not overlap, or end it first.")
            raise ValidationError(message % siblings[error.key].describe_period()) from error
        predecessor = None if effects.predecessor is None else siblings[effects.predecessor]
        return RenewalEffects(predecessor, effects.last_day, [siblings[key] for key in effects.ended])

    def validate_no_overlap(self, siblings):
        """Raise ValidationError if its period overlaps that of one of its signed siblings."""
        for sibling in siblings:
            if sibling.period.overlaps(self.period):
                message = _("“%s” is signed already. Choose dates that do not overlap, end that one, or renew it.")
                raise ValidationError(message % sibling.describe_period())

    def is_transition_to_signed(self):
        return self.status == AgreementStatus.SIGNED and type(self).objects.in_process().filter(pk=self.pk).exists()

    def signed_siblings(self):
        """Return the other signed agreements of the same university, type and scope."""
        signed = type(self).objects.signed().exclude(pk=self.pk).select_related("university", "agreement_type")
        return signed.filter(
            university=self.university_id, agreement_type=self.agreement_type_id, scope_key=matching_key(self.scope)
        )

    def describe_effects(self, effects):
        """Return a sentence for each signed agreement that signing this one changes."""
        sentences = []
        if effects.last_day:
            values = {"agreement": effects.predecessor.describe_period(), "day": date_format(effects.last_day)}
            sentences.append(_("“%(agreement)s” gets %(day)s as its last day.") % values)
        for agreement in effects.ended:
            values = {"agreement": agreement.describe_period(), "day": date_format(self.valid_from)}
            sentences.append(_("“%(agreement)s” ends, because it begins on %(day)s or later.") % values)
        return sentences

    def end_predecessors(self, on):
        """Shorten or end the signed agreements that this one renews, and record which one it follows."""
        effects = self.renewal_effects(on)
        if effects.last_day:
            effects.predecessor.schedule_end(effects.last_day, f"{SHORTENED_BY_RENEWAL}{self.pk}")
        for agreement in effects.ended:
            agreement.end(self.signed_on or on, f"{ENDED_BY_RENEWAL}{self.pk}")
        self.renews = self.renews or effects.predecessor

    def renewal_change_reasons(self):
        """Return the change reasons of what signing this one has changed in other agreements."""
        return [f"{reason}{self.pk}" for reason in RENEWAL_REASONS]

    def build_renewal(self):
        """Return an unsaved agreement in process for the period that follows."""
        copied = {field.attname: getattr(self, field.attname) for field in self._meta.fields}
        for name in ("id", "signed_on", "is_open_ended", "next_step", "reference_number", "due_on"):
            del copied[name]
        start, end = next_period(self.period)
        return type(self)(
            **copied
            | {"status": AgreementStatus.IN_PROCESS, "valid_from": start, "valid_until": end, "renews_id": self.pk}
        )
