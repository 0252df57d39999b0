"""Lines of what an agreement offers, in the terms of Erasmus Without Paper's API of agreements."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from partners.enums import Direction, MobilityKind
from partners.fields import FieldsOfStudyField, LanguageSkillsField, NameField, StudyLevelsField, format_decimal
from partners.fields_of_study import ALL_FIELDS
from partners.models.accounts import ProtectingHistory
from partners.models.agreements import Agreement
from partners.models.runs import RunHistory
from partners.querysets import MobilityQuerySet
from partners.validators import ACADEMIC_YEARS

YEAR_VALIDATORS = [MinValueValidator(min(ACADEMIC_YEARS)), MaxValueValidator(max(ACADEMIC_YEARS))]


class Mobility(models.Model):
    """One line of what an agreement offers. Empty places, levels, fields and languages are not recorded."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="mobilities", verbose_name=_("agreement"))
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.OUT)
    kind = models.CharField(_("kind"), max_length=20, choices=MobilityKind, default=MobilityKind.STUDENT_STUDIES)
    places = models.PositiveSmallIntegerField(
        _("places"), null=True, blank=True, help_text=_("People in an academic year.")
    )
    duration = models.DecimalField(
        _("duration"),
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Months of students, or days of staff, of all places in an academic year together."),
    )
    study_levels = StudyLevelsField(_("study levels"), max_length=60, blank=True)
    fields_of_study = FieldsOfStudyField(
        _("fields of study"), blank=True, help_text=_("Codes of ISCED-F 2013, such as 0732, or: all fields.")
    )
    fields_note = NameField(_("note on fields"), blank=True)
    languages = LanguageSkillsField(_("languages"), blank=True, help_text=_("Such as: English B2, German B1."))
    is_blended = models.BooleanField(_("blended"), default=False, help_text=_("Partly online."))
    first_year = models.PositiveSmallIntegerField(
        _("first academic year"),
        null=True,
        blank=True,
        validators=YEAR_VALIDATORS,
        help_text=_("The year in which it begins. Empty: as the agreement."),
    )
    last_year = models.PositiveSmallIntegerField(
        _("last academic year"), null=True, blank=True, validators=YEAR_VALIDATORS
    )

    objects = MobilityQuerySet.as_manager()
    history = ProtectingHistory(bases=[RunHistory])

    class Meta:
        ordering = ["pk"]
        verbose_name = _("mobility")
        verbose_name_plural = _("mobilities")
        constraints = [
            CheckConstraint(condition=Q(direction__in=Direction.values), name="mobility_direction_valid"),
            CheckConstraint(condition=Q(kind__in=MobilityKind.values), name="mobility_kind_valid"),
            CheckConstraint(condition=Q(duration__gte=0), name="mobility_duration_not_negative"),
            CheckConstraint(
                condition=Q(last_year__gte=models.F("first_year")),
                name="mobility_years_in_order",
                violation_error_message=_("The last academic year is before the first."),
            ),
        ]

    def __str__(self):
        return summarize([self])

    def clean(self):
        super().clean()
        errors = {}
        is_for_students = MobilityKind(self.kind).is_for_students
        if self.is_blended and not is_for_students:
            errors["is_blended"] = _(
                "Only mobilities of students can be blended. Take that out, or choose a kind of student mobility."
            )
        if self.study_levels and not is_for_students:
            errors["study_levels"] = _(
                "Only mobilities of students have study levels. Take them out, or choose a kind of student mobility."
            )
        if self.first_year and self.last_year and self.last_year < self.first_year:
            message = _("The last academic year (%(last)d) is before the first (%(first)d). Correct one of the two.")
            errors["last_year"] = message % {"first": self.first_year, "last": self.last_year}
        if errors:
            raise ValidationError(errors)

    @property
    def level_labels(self):
        return StudyLevelsField.labels(self.study_levels)

    @property
    def language_names(self):
        """The languages in the active language, with their levels."""
        return LanguageSkillsField.labels(self.languages)

    def build_renewed(self, renewal):
        """Return an unsaved copy for the renewal of its agreement. Its own academic years were those of the former."""
        copied = {field.attname: getattr(self, field.attname) for field in self._meta.fields if not field.primary_key}
        return Mobility(**copied | {"agreement_id": renewal.pk, "first_year": None, "last_year": None})


def summarize(mobilities, in_full=False):
    """Describe mobilities in words, such as “4 out, 4 in · bachelor, master · English B2”.

    Several fields of study are counted. In full they are named, and mobilities that differ have different words.
    """
    counts_by_offer = {}
    for mobility in mobilities:
        count = f"{'?' if mobility.places is None else mobility.places} {mobility.get_direction_display()}"
        offer = _describe_offer(mobility, in_full) + (_describe_details(mobility) if in_full else ())
        counts_by_offer.setdefault(offer, []).append(count)
    return "; ".join(" · ".join([", ".join(counts), *offer]) for offer, counts in counts_by_offer.items())


def summarize_places(mobilities):
    """Describe places in a few words, such as “4 + 2 out, 4 in; 1 out · staff teaching”.

    They are not added up, as mobilities may be of different years.
    """
    places_by_kind = {}
    for mobility in mobilities:
        places_by_direction = places_by_kind.setdefault(mobility.get_kind_display(), {})
        number = "?" if mobility.places is None else str(mobility.places)
        places_by_direction.setdefault(mobility.get_direction_display(), []).append(number)
    texts = []
    for kind, directions in places_by_kind.items():
        counts = ", ".join(f"{' + '.join(places)}\N{NO-BREAK SPACE}{word}" for word, places in directions.items())
        texts.append(counts if kind == MobilityKind.STUDENT_STUDIES.label else f"{counts} · {kind}")
    return "; ".join(texts)


def summarize_change(before, after):
    """Describe in a sentence without its subject how mobilities change, such as “new mobilities: 4 out”."""
    old, new = summarize(before, in_full=True), summarize(after, in_full=True)
    if not old:
        return gettext("new mobilities: %s") % new
    if not new:
        return gettext("mobilities are deleted: %s") % old
    return gettext("mobilities change from “%(old)s” to “%(new)s”") % {"old": old, "new": new}


def _describe_offer(mobility, in_full):
    """Return all but direction and places, as texts."""
    is_usual = mobility.kind == MobilityKind.STUDENT_STUDIES
    fields = FieldsOfStudyField.labels(mobility.fields_of_study)
    if len(fields) > 1 and not in_full:
        fields = [ngettext("%d field of study", "%d fields of study", len(fields)) % len(fields)]
    lists = (mobility.level_labels, fields, mobility.language_names)
    return tuple(filter(None, ["" if is_usual else mobility.get_kind_display(), *map(", ".join, lists)]))


def _describe_details(mobility):
    """Return the fields that lists leave out, as texts. Codes are among them, as several fields have one title."""
    duration = None if mobility.duration is None else format_decimal(Decimal(mobility.duration))
    values = {"fields_note": mobility.fields_note, "duration": duration}
    values |= {"first_year": mobility.first_year, "last_year": mobility.last_year}
    return (
        *([f"ISCED-F {mobility.fields_of_study}"] if mobility.fields_of_study not in ("", ALL_FIELDS) else ()),
        *([str(Mobility._meta.get_field("is_blended").verbose_name)] if mobility.is_blended else ()),
        *(f"{Mobility._meta.get_field(name).verbose_name}: {value}" for name, value in values.items() if value),
    )
