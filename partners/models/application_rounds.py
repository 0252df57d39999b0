"""Terms of the academic year, and the rounds in which students apply for them."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, F, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import ProtectingHistory
from partners.models.universities import AgreementType
from partners.periods import Period, short_academic_year
from partners.translated_text import TranslatedTextField
from partners.validators import ACADEMIC_YEARS, validate_month_and_day


class Term(models.Model):
    """A part of every academic year. Its days are texts such as 02-15, months before days."""

    name = TranslatedTextField(_("name"), blank=False)
    first_day = models.CharField(
        _("first day"), max_length=5, validators=[validate_month_and_day], help_text=_("Month and day, such as 10-01.")
    )
    last_day = models.CharField(
        _("last day"), max_length=5, validators=[validate_month_and_day], help_text=_("Month and day, such as 02-15.")
    )

    history = ProtectingHistory()

    class Meta:
        ordering = ["first_day", "pk"]
        verbose_name = _("term")
        verbose_name_plural = _("terms")

    def __str__(self):
        return self.name.text

    def period(self, first_year):
        """Return the term's days in the academic year that begins in the year. 02-28 is the last day of February."""
        start = date.fromisoformat(f"{first_year}-{self.first_day}")
        if start < date(first_year, *settings.ACADEMIC_YEAR_START):
            start += relativedelta(years=1)
        end = date.fromisoformat(f"{start.year}-{self.last_day}")
        if end < start:
            end += relativedelta(years=1)
        return Period(start, end + relativedelta(day=31) if self.last_day == "02-28" else end)


class ApplicationRoundQuerySet(models.QuerySet):
    def not_closed(self, on):
        """Filter to rounds that close on the day or later, with their terms and types, the next to close first."""
        types = Prefetch("agreement_types", AgreementType.objects.only("name", "slug"))
        return self.filter(closes__gte=on).select_related("term").prefetch_related(types).order_by("closes", "pk")


class ApplicationRound(models.Model):
    """Days on which students apply to go abroad in one term, with agreements of some types or of any."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="rounds", verbose_name=_("term"))
    first_year = models.PositiveSmallIntegerField(
        _("academic year"),
        validators=[MinValueValidator(ACADEMIC_YEARS[0]), MaxValueValidator(ACADEMIC_YEARS[-1])],
        help_text=_("The year in which it begins, such as 2027 for 2027/28."),
    )
    agreement_types = models.ManyToManyField(
        AgreementType,
        related_name="rounds",
        verbose_name=_("agreement types"),
        blank=True,
        help_text=_("If you tick none, the round is for agreements of any type."),
    )
    opens = models.DateField(_("opens"), null=True, blank=True)
    closes = models.DateField(_("closes"), help_text=_("The last day on which one can apply."))
    link = models.URLField(_("where to apply"), blank=True)

    objects = ApplicationRoundQuerySet.as_manager()
    history = ProtectingHistory()

    class Meta:
        ordering = ["-closes", "pk"]
        verbose_name = _("application round")
        verbose_name_plural = _("application rounds")
        constraints = [
            CheckConstraint(condition=Q(opens=None) | Q(opens__lte=F("closes")), name="round_closes_after_opening")
        ]

    def __str__(self):
        return f"{self.term} {self.academic_year}"

    @property
    def academic_year(self):
        return short_academic_year(self.first_year)

    @property
    def types_text(self):
        """The names of its agreement types, or an empty string if it is of any."""
        return ", ".join(agreement_type.name for agreement_type in self.agreement_types.all())

    def clean(self):
        super().clean()
        if self.opens and self.closes and self.opens > self.closes:
            raise ValidationError({"closes": _("It closes before it opens. Correct one of the two days.")})
