from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from partners.fields import SearchTextField
from partners.querysets import MAX_QUERY_LENGTH, SearchableQuerySet
from partners.ror_ids import ror_url


class Institution(models.Model):
    """An institution of education in the Research Organization Registry (ROR), as the last loaded release has it.

    The registry's data is not the office's, so it has no history, and only ``load_ror`` writes it.
    """

    ror_id = models.CharField(_("ROR ID"), max_length=9, primary_key=True)
    """The last part of its address, such as 02kkvpp62."""
    name = models.TextField(_("name"))
    names = models.TextField(_("names"))
    """All names in all languages, one per line, without acronyms."""
    acronyms = models.TextField(_("acronyms"), blank=True)
    """One per line."""
    country_code = models.CharField(_("country"), max_length=2)
    city = models.TextField(_("city"), blank=True)
    website = models.TextField(_("website"), blank=True)
    domains = models.TextField(_("domains"), blank=True)
    """Domains of the internet, one per line."""
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    successor = models.CharField(_("successor"), max_length=9, blank=True)
    """The ROR ID of the institution that a withdrawn one has become, if the registry names one."""
    search_text = SearchTextField(sources=["names", "acronyms", "city", "domains"])

    objects = SearchableQuerySet.as_manager()

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        indexes = [Index(fields=["country_code"], name="institution_by_country")]

    def __str__(self):
        return self.name

    @property
    def ror_url(self):
        return ror_url(self.ror_id)


class InstitutionLine(models.Model):
    """A line of an institution's search text. Its index finds the institutions of a whole name, city or domain.

    ``update_lines`` writes it. Lines that no query is as long as are left out.
    """

    institution = models.ForeignKey(Institution, models.CASCADE, related_name="lines", verbose_name=_("institution"))
    line = models.CharField(_("line"), max_length=MAX_QUERY_LENGTH, db_collation="BINARY")

    class Meta:
        verbose_name = _("line of an institution")
        verbose_name_plural = _("lines of institutions")
        indexes = [Index(fields=["line"], name="institution_by_line")]

    def __str__(self):
        return self.line
