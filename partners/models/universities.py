"""Countries, universities and agreement types: the models that have names."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partners import validators
from partners.country_names import localized_names
from partners.fields import NameField, NameListField, SearchKeyField, SearchTextField
from partners.models.accounts import ProtectingHistory
from partners.models.institutions import Institution
from partners.models.runs import RunHistory
from partners.name_normalization import matching_key, slug_candidates, split_names
from partners.querysets import SearchableQuerySet, UniversityQuerySet
from partners.ror_ids import ror_url
from partners.translated_text import TranslatedTextField

DERIVED_FIELDS = ["name_key", "search_text"]
BEGINS_AS_FORMULA = Q(*[("name__startswith", prefix) for prefix in validators.FORMULA_PREFIXES], _connector=Q.OR)
VALID_NAME = ~Q(name="") & ~BEGINS_AS_FORMULA
WEB_ADDRESS = {"blank": True, "validators": [URLValidator(["http", "https"])]}


def first_available_slug(model, candidates):
    return next(slug for slug in candidates if not model.objects.filter(slug=slug).exists())


class NamedModel(models.Model):
    """Base of models with a name and other names, found and compared by their matching keys."""

    name = NameField(_("name"))
    other_names = NameListField(
        _("other names"), blank=True, help_text=_("One per line. An import and a search find these as well.")
    )
    name_key = SearchKeyField()
    names_unique_within = []
    """Columns that objects must share for their names to collide."""
    name_taken_message = _("“%(name)s” is already a name of “%(other)s”.")
    search_text = SearchTextField(sources=["name", "other_names"])

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    def save(self, **kwargs):
        if (fields := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*fields, *DERIVED_FIELDS}
        super().save(**kwargs)

    def clean(self):
        """Check the constraint on ``name_key`` for other names too, with an error that names the other object."""
        super().clean()
        scope = {name: getattr(self, name) for name in self.names_unique_within}
        others = type(self).objects.exclude(pk=self.pk).filter(**scope)
        for field, names in {"name": [self.name], "other_names": split_names(self.other_names)}.items():
            keys = {matching_key(name) for name in names}
            for other in others.filter(Q(name_key__in=keys) | ~Q(other_names="")):
                if same := keys.intersection(other.matching_keys()):
                    name = next(name for name in names if matching_key(name) in same)
                    params = {"name": name, "other": other}
                    raise ValidationError({field: ValidationError(self.name_taken_message, "taken", params)})

    def matching_keys(self):
        return {matching_key(name) for name in [self.name, *split_names(self.other_names)]}


class Country(NamedModel):
    code = models.CharField(
        _("code"),
        max_length=2,
        unique=True,
        validators=[validators.validate_country_code],
        help_text=_("The two letters of ISO 3166-1, such as DE."),
    )

    objects = SearchableQuerySet.as_manager()
    history = ProtectingHistory(excluded_fields=DERIVED_FIELDS)

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("country or territory")
        verbose_name_plural = _("countries and territories")
        constraints = [
            UniqueConstraint(fields=["name_key"], name="country_name_unique"),
            CheckConstraint(condition=VALID_NAME, name="country_name_valid"),
        ]

    @property
    def local_name(self):
        """The name in the active language."""
        return localized_names({self.code: self.name})[self.code]


class AgreementType(NamedModel):
    name = NameField(_("name"), validators=[validators.validate_type_name])
    slug = models.SlugField(_("web address (slug)"), unique=True, allow_unicode=True, blank=True, max_length=200)
    description = TranslatedTextField(
        _("description"), help_text=_("What it means for a student. Shown on the public pages.")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Types are listed in this order, here, in files and on the public pages.")
    )
    places_out = models.PositiveSmallIntegerField(
        _("places out"),
        null=True,
        blank=True,
        help_text=_("For a consortium: what all its universities share in an academic year."),
    )
    places_in = models.PositiveSmallIntegerField(_("places in"), null=True, blank=True)

    objects = SearchableQuerySet.as_manager()
    history = ProtectingHistory(excluded_fields=DERIVED_FIELDS)

    class Meta:
        ordering = ["position", "name_key"]
        verbose_name = _("agreement type")
        verbose_name_plural = _("agreement types")
        constraints = [
            UniqueConstraint(fields=["name_key"], name="agreement_type_name_unique"),
            CheckConstraint(condition=VALID_NAME, name="agreement_type_name_valid"),
        ]

    def save(self, **kwargs):
        self.slug = self.slug or first_available_slug(AgreementType, slug_candidates(self.name))
        super().save(**kwargs)

    def clean(self):
        super().clean()
        validators.run_validators(
            *(("other_names", validators.validate_type_name, name) for name in split_names(self.other_names))
        )


class University(NamedModel):
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="universities", verbose_name=_("country or territory")
    )
    city = NameField(_("city"), blank=True)
    website = models.URLField(_("website"), **WEB_ADDRESS)
    incoming_url = models.URLField(_("information for exchange students"), **WEB_ADDRESS)
    courses_url = models.URLField(_("course catalogue"), **WEB_ADDRESS)
    calendar_url = models.URLField(_("academic calendar"), **WEB_ADDRESS)
    housing_url = models.URLField(_("housing"), **WEB_ADDRESS)
    slug = models.SlugField(
        _("web address (slug)"),
        unique=True,
        allow_unicode=True,
        blank=True,
        max_length=200,
        help_text=_(
            "The last part of the address of its public page. If you leave it empty, it is made from the name."
        ),
    )
    is_listed = models.BooleanField(
        _("on the public list"),
        default=True,
        help_text=_("A university that is not ticked is kept off the public list."),
    )
    institution = models.OneToOneField(
        Institution,
        models.PROTECT,
        related_name="university",
        verbose_name=_("institution in the directory"),
        null=True,
        blank=True,
    )
    agreement_types = models.ManyToManyField(
        AgreementType, through="Agreement", related_name="universities", verbose_name=_("agreement types")
    )
    search_text = SearchTextField(
        sources=["name", "other_names", "city", "institution__names", "institution__acronyms"]
    )
    names_unique_within = ["country_id"]
    name_taken_message = _(
        "“%(name)s” is already a name of “%(other)s”. If they are two universities, add the city to the name."
    )

    objects = UniversityQuerySet.as_manager()
    history = ProtectingHistory(bases=[RunHistory], excluded_fields=DERIVED_FIELDS)

    class Meta:
        ordering = ["name_key"]
        verbose_name = _("university")
        verbose_name_plural = _("universities")
        indexes = [Index(fields=["name_key"], name="university_by_name")]
        permissions = [
            ("import_university", "Can import the office's list"),
            ("export_university", "Can export the office's list"),
        ]
        constraints = [
            UniqueConstraint(fields=["country", "name_key"], name="university_name_unique_in_country"),
            CheckConstraint(condition=VALID_NAME, name="university_name_valid"),
        ]

    def save(self, **kwargs):
        self.slug = self.slug or first_available_slug(University, slug_candidates(self.name, self.country.code))
        super().save(**kwargs)

    def get_absolute_url(self):
        return reverse("university", args=[self.slug])

    def clean(self):
        super().clean()
        others = University.objects.exclude(pk=self.pk)
        if self.institution_id and (other := others.filter(institution=self.institution_id).first()):
            message = _("“%(institution)s” is linked to “%(university)s” already.")
            params = {"institution": self.institution, "university": other}
            raise ValidationError({"institution": ValidationError(message, "taken", params)})

    @property
    def ror_url(self):
        """The address of its institution in the registry, or an empty string. It needs no query."""
        return ror_url(self.institution_id) if self.institution_id else ""
