"""Pages that do one thing to several agreements: a row for each, and all of them or none."""

import copy

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.generic import View

from partners.accounts.redirects import safe_next_url
from partners.history.concurrent_changes import ConcurrentChanges, annotate_version
from partners.history.related_objects import RelatedObjects
from partners.models import Agreement

MAX_SELECTED = 100
MAX_PK_DIGITS = 18
"""Of a number that fits into a primary key."""
MAX_NAMED = 10
"""Agreements that messages name before they count."""
LIST = "admin:partners_agreement_changelist"
SHARED_PREFIX = "all"


class AgreementRowForm(forms.ModelForm):
    """One agreement's row. It knows which version of the agreement the page has shown."""

    for_all = ()
    """The fields that the page has a line for on top."""
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, newest, **kwargs):
        super().__init__(*args, **kwargs)
        self.newest = newest
        self.initial["version"] = newest
        self.before = copy.copy(self.agreement)

    def clean(self):
        if (shown := self.cleaned_data.get("version")) != self.newest:
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = self.newest
            self.add_error(None, _changed_by_others(self.before, shown or 0))
        return super().clean()

    @property
    def agreement(self):
        """The agreement that the row is about."""
        return self.instance


class BulkAgreementView(View):
    """Does something to all the agreements that ``id`` names, or to none of them."""

    model_admin = None
    form = None
    title = note = button = done = ""

    def dispatch(self, request, *args, **kwargs):
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        if not self.ids():
            messages.info(request, _("Tick the agreements first."))
        return self.answer(self.rows(None))

    def post(self, request):
        try:
            with transaction.atomic():
                return self.act()
        except IntegrityError:
            messages.error(request, _("Somebody changed the same agreements at the same moment. Look at them again."))
            return redirect(request.get_full_path())

    def act(self):
        list(Agreement.objects.select_for_update().filter(pk__in=self.ids()).order_by("pk"))
        rows = self.rows(self.fill_shared_values(self.request.POST))
        self.refuse(rows)
        if not rows or any(form.errors for form in rows):
            return self.answer(rows)
        for form in rows:
            form.save()
        self.tell(rows)
        return self.back()

    def get_eligible_queryset(self):
        """The agreements that can still be in a row."""
        raise NotImplementedError

    def refuse(self, rows):
        """Adds errors that no row can see alone."""

    def ids(self):
        return [int(pk) for pk in self.request.GET.getlist("id") if pk.isdecimal() and len(pk) <= MAX_PK_DIGITS]

    def rows(self, data):
        """A form for each of the agreements, as far as it can still be done."""
        ids = self.ids()
        agreements = annotate_version(self.get_eligible_queryset().filter(pk__in=ids))
        agreements = agreements.select_related("university", "agreement_type")
        unknown_type_last = F("agreement_type__position").asc(nulls_last=True)
        agreements = list(agreements.order_by("university__name_key", unknown_type_last, "pk"))
        self.message_skipped(set(ids).difference(agreement.pk for agreement in agreements))
        files = self.request.FILES if data is not None else None
        return [self.form(data, files, instance=each, prefix=str(each.pk), newest=each.version) for each in agreements]

    def fill_shared_values(self, data):
        """What was typed, where an empty cell takes what the line on top says."""
        filled = data.copy()
        for pk in self.ids():
            for name in self.form.for_all:
                if not data.get(f"{pk}-{name}"):
                    filled[f"{pk}-{name}"] = data.get(f"{SHARED_PREFIX}-{name}", "")
        return filled

    def answer(self, rows):
        if not rows:
            return self.back()
        context = self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": self.title,
            "opts": Agreement._meta,
            "forms": rows,
            "line_on_top": self.line_on_top(rows),
            "back": self.address(),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/rows.html", context)

    def line_on_top(self, rows):
        """A cell for each column of a page with several rows. These then leave to it what is the same in all."""
        if len(rows) == 1 or not self.form.for_all:
            return []
        line = self.form(prefix=SHARED_PREFIX, newest=None, instance=Agreement())
        for form in rows:
            form.initial = {name: value for name, value in form.initial.items() if value != line.initial.get(name)}
        typed = {name: self.request.POST.get(f"{SHARED_PREFIX}-{name}") for name in self.form.for_all}
        line.initial |= {name: value for name, value in typed.items() if value is not None}
        return [cell if cell.name in self.form.for_all else None for cell in line.visible_fields()]

    def tell(self, rows):
        messages.success(self.request, format_html("{}: {}", self.done, links(form.agreement for form in rows)))

    def message_skipped(self, ids):
        """Says of each agreement that is not in a row why."""
        agreements = Agreement.objects.filter(pk__in=ids).select_related("university", "agreement_type")
        left = agreements.order_by("pk")[: MAX_NAMED + 1]
        for agreement in left[:MAX_NAMED]:
            why = _("“%(agreement)s” stays as it is: %(why)s")
            messages.info(self.request, why % {"agreement": agreement, "why": self.skip_reason(agreement)})
        if len(left) > MAX_NAMED:
            messages.info(self.request, _("So do others: %d are left as they are.") % len(ids))

    def skip_reason(self, agreement):
        return _("it was %s.") % _last_change(agreement)

    def address(self):
        """Where the page was opened from, or else the list."""
        return safe_next_url(self.request, self.request.GET.get("next", ""), LIST)

    def back(self):
        return redirect(self.address())


def links(agreements):
    return format_html_join(", ", '<a href="{}">{}</a>', ((change_url(each), each) for each in agreements))


def change_url(agreement):
    return reverse("admin:partners_agreement_change", args=[agreement.pk])


def _changed_by_others(agreement, shown):
    """What others have changed, field by field. Where history has not got what was shown, at least the last change."""
    changes = ConcurrentChanges([agreement], {agreement.pk: shown}).changes(agreement.pk)
    related = RelatedObjects([row for each in changes for row in (each.before, each.now) if row])
    what = "; ".join(str(each.words(related)) for each in changes if each.before)
    last = _last_change(agreement)
    if not what:
        return _("It was %s since this page was opened. Look at it again, then press once more.") % last
    told = {"last": last, "what": what}
    return (
        _("It was %(last)s since this page was opened. Look at it again, then press once more. What changed: %(what)s")
        % told
    )


def _last_change(agreement):
    record = agreement.history.select_related("history_user").latest("history_id")
    return _("%(what)s by %(who)s (%(when)s)") % {
        "what": record.history_change_reason or _("changed"),
        "who": record.history_user or _("the command line"),
        "when": date_format(localtime(record.history_date), "DATETIME_FORMAT"),
    }
