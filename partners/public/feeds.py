"""Atom feed of the agreements that have been signed or have ended."""

from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse_lazy
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.enums import AgreementStatus
from partners.models import Agreement, OfficeSettings, University
from partners.models.renewals import ENDED_BY_RENEWAL
from partners.public.mobilities import format_range
from partners.validators import CONTROL_CHARACTERS_RE

MAX_ITEMS = 50


class AgreementFeed(Feed):
    feed_type = Atom1Feed
    subtitle = gettext_lazy("Exchange agreements that have been signed, and that have ended")
    link = reverse_lazy("partners")
    feed_url = reverse_lazy("feed")

    def title(self):
        return OfficeSettings.objects.current().display_name

    author_name = title

    def items(self):
        """Return history records, as agreements signed by an import have no signing date.

        Deleted ones are left out, the ends of those that their renewals replace, and the import that filled the
        register: nothing in it is news.
        """
        signed = Q(status=AgreementStatus.SIGNED) & (
            Q(previous_status=None) | ~Q(previous_status=AgreementStatus.SIGNED)
        )
        ended = Q(status=AgreementStatus.ENDED, previous_status=AgreementStatus.SIGNED)
        ended &= ~Q(history_change_reason__startswith=ENDED_BY_RENEWAL)
        changes = Agreement.history.with_previous("status").filter(signed | ended).exclude(history_type="-")
        first_run = Agreement.history.order_by("history_id").values_list("run", flat=True).first()
        changes = changes.exclude(run=first_run) if first_run else changes
        listed = changes.filter(university__is_listed=True, id__in=Agreement.objects.values("pk"))
        has_page = Exists(University.objects.public(localdate()).filter(pk=OuterRef("university")))
        records = listed.annotate(has_page=has_page).select_related("university__country", "agreement_type")
        return records.order_by("-history_date", "-history_id")[:MAX_ITEMS]

    def item_title(self, change):
        values = {"university": change.university, "country": change.university.country}
        values["type"] = ", ".join(filter(None, [str(change.agreement_type), change.scope]))
        if change.status == AgreementStatus.ENDED:
            title = _("%(university)s, %(country)s: %(type)s has ended") % values
        elif change.valid_from and change.valid_from > localdate(change.history_date):
            values["start"] = date_format(change.valid_from)
            title = _("%(university)s, %(country)s: %(type)s has been signed, from %(start)s") % values
        else:
            title = _("%(university)s, %(country)s: %(type)s has been signed") % values
        return _xml_text(title)

    def item_description(self, change):
        university, days = change.university, (change.valid_from, change.valid_until)
        period = format_range(*(day and date_format(day) for day in days))
        is_signed = change.status == AgreementStatus.SIGNED
        sentences = [
            ", ".join(filter(None, [university.city, str(university.country)])) + ".",
            _("Valid %s.") % period if is_signed and period else "",
            change.public_note if is_signed else _("It is not open to students any more."),
        ]
        return _xml_text(" ".join(filter(None, sentences)))

    def item_categories(self, change):
        names = [change.agreement_type, change.university.country]
        return [_xml_text(str(name)) for name in names if name]

    def item_link(self, change):
        return change.university.get_absolute_url() if change.has_page else self.link

    def item_guid(self, change):
        return uuid5(NAMESPACE_URL, f"{settings.SITE_URL}/feed/{change.pk}").urn

    def item_updateddate(self, change):
        return change.history_date

    item_pubdate = item_updateddate


def _xml_text(text):
    """Replace characters that XML does not allow. Names stored before they were rejected may contain some."""
    return CONTROL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)
