"""Views that perform one action on several agreements at once: a form for each, all or nothing."""

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
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from partners.accounts.redirects import safe_next_url
from partners.history.concurrent_changes import annotate_version, load_concurrent_changes
from partners.history.diff import diff
from partners.models import Agreement

MAX_SELECTED = 100
TOO_MANY_SELECTED = gettext_lazy(
    "%(selected)d agreements are selected, and a page takes %(most)d: tick those of one page at a time, or narrow the "
    "list with the filters. To change thousands, export the register, change it in a spreadsheet, and import it again."
)
MAX_PK_DIGITS = 18
"""Digits that always fit a 64-bit primary key."""
MAX_SKIPPED_MESSAGES = 10
"""Skipped agreements with a message each; the others are only counted."""
CHANGELIST_URL_NAME = "admin:partners_agreement_changelist"
SHARED_PREFIX = "all"


class AgreementRowForm(forms.ModelForm):
    """One agreement's row, with a hidden version that detects changes made since the page was displayed."""

    shared_fields = ()
    """Names of the fields with an input in the row of shared values."""
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, current_version, **kwargs):
        super().__init__(*args, **kwargs)
        self.current_version = current_version
        self.initial["version"] = current_version
        self.original = copy.copy(self.agreement)

    def clean(self):
        if (displayed_version := self.cleaned_data.get("version")) != self.current_version:
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = self.current_version
            self.add_error(None, _describe_concurrent_changes(self.original, displayed_version or 0))
        return super().clean()

    @property
    def agreement(self):
        """The selected agreement. The instance of a subclass's form may be another one, such as its renewal."""
        return self.instance


class BulkAgreementView(View):
    """Perform an action on all agreements given by the query parameter ``id``, or on none of them."""

    model_admin = None
    form = None
    title = note = button = success_message = ""

    def dispatch(self, request, *args, **kwargs):
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        selected = len(self.selected_ids())
        if selected > MAX_SELECTED:
            messages.error(request, TOO_MANY_SELECTED % {"selected": selected, "most": MAX_SELECTED})
            return self.redirect_back()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        if not self.selected_ids():
            messages.info(request, _("Tick the agreements first."))
        return self.render_forms(self.build_forms(None))

    def post(self, request):
        try:
            with transaction.atomic():
                return self.perform()
        except IntegrityError:
            messages.error(request, _("Somebody changed the same agreements at the same moment. Look at them again."))
            return redirect(request.get_full_path())

    def perform(self):
        list(Agreement.objects.select_for_update().filter(pk__in=self.selected_ids()).order_by("pk"))
        agreement_forms = self.build_forms(self.fill_shared_values(self.request.POST))
        self.validate_rows(agreement_forms)
        if not agreement_forms or any(form.errors for form in agreement_forms):
            return self.render_forms(agreement_forms)
        for form in agreement_forms:
            form.save()
        self.message_success(agreement_forms)
        return self.redirect_back()

    def get_eligible_queryset(self):
        """Return the agreements that the action can be performed on."""
        raise NotImplementedError

    def validate_rows(self, agreement_forms):
        """Add errors that concern several forms, such as duplicates among them."""

    def selected_ids(self):
        return [int(pk) for pk in self.request.GET.getlist("id") if pk.isdecimal() and len(pk) <= MAX_PK_DIGITS]

    def build_forms(self, data):
        """Return a form for each selected agreement that is eligible. Messages say why others are skipped."""
        ids = self.selected_ids()
        agreements = annotate_version(self.get_eligible_queryset().filter(pk__in=ids))
        agreements = agreements.select_related("university", "agreement_type")
        unknown_type_last = F("agreement_type__position").asc(nulls_last=True)
        agreements = list(agreements.order_by("university__name_key", unknown_type_last, "pk"))
        self.message_skipped(set(ids).difference(agreement.pk for agreement in agreements))
        files = self.request.FILES if data is not None else None
        return [
            self.form(data, files, instance=agreement, prefix=str(agreement.pk), current_version=agreement.version)
            for agreement in agreements
        ]

    def fill_shared_values(self, data):
        """Return a copy of the POST data in which empty inputs have the value of the row of shared values."""
        filled = data.copy()
        for pk in self.selected_ids():
            for name in self.form.shared_fields:
                if not data.get(f"{pk}-{name}"):
                    filled[f"{pk}-{name}"] = data.get(f"{SHARED_PREFIX}-{name}", "")
        return filled

    def render_forms(self, agreement_forms):
        if not agreement_forms:
            return self.redirect_back()
        context = self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": self.title,
            "opts": Agreement._meta,
            "forms": agreement_forms,
            "shared_values_row": self.shared_values_row(agreement_forms),
            "return_url": self.return_url(),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/bulk_form.html", context)

    def shared_values_row(self, agreement_forms):
        """Return a bound field, or None, for each column. Empty for a single agreement.

        Initial values that equal the shared ones are removed from the agreements' forms.
        """
        if len(agreement_forms) == 1 or not self.form.shared_fields:
            return []
        shared = self.form(prefix=SHARED_PREFIX, current_version=None, instance=Agreement())
        for form in agreement_forms:
            form.initial = {name: value for name, value in form.initial.items() if value != shared.initial.get(name)}
        posted = {name: self.request.POST.get(f"{SHARED_PREFIX}-{name}") for name in self.form.shared_fields}
        shared.initial |= {name: value for name, value in posted.items() if value is not None}
        return [field if field.name in self.form.shared_fields else None for field in shared.visible_fields()]

    def message_success(self, agreement_forms):
        links = agreement_links(form.agreement for form in agreement_forms)
        messages.success(self.request, format_html("{}: {}", self.success_message, links))

    def message_skipped(self, ids):
        agreements = Agreement.objects.filter(pk__in=ids).select_related("university", "agreement_type")
        skipped = agreements.order_by("pk")[: MAX_SKIPPED_MESSAGES + 1]
        for agreement in skipped[:MAX_SKIPPED_MESSAGES]:
            message = _("“%(agreement)s” stays as it is: %(why)s")
            messages.info(self.request, message % {"agreement": agreement, "why": self.skip_reason(agreement)})
        if len(skipped) > MAX_SKIPPED_MESSAGES:
            messages.info(self.request, _("So do others: %d are left as they are.") % len(ids))

    def skip_reason(self, agreement):
        return _("it was %s.") % _describe_last_change(agreement)

    def return_url(self):
        return safe_next_url(self.request, self.request.GET.get("next", ""), CHANGELIST_URL_NAME)

    def redirect_back(self):
        return redirect(self.return_url())


def agreement_links(agreements):
    links = ((change_url(agreement), agreement) for agreement in agreements)
    return format_html_join(", ", '<a href="{}">{}</a>', links)


def change_url(agreement):
    return reverse("admin:partners_agreement_change", args=[agreement.pk])


def _describe_concurrent_changes(agreement, displayed_version):
    """Describe the fields changed since `displayed_version`, or only the last change if history lacks that version."""
    changes = load_concurrent_changes([agreement], {agreement.pk: displayed_version})[agreement.pk]
    what = "; ".join(capfirst(change) for change in diff(changes.base, changes.current)) if changes.base else ""
    last = _describe_last_change(agreement)
    if not what:
        return _("It was %s since this page was opened. Look at it again, then press once more.") % last
    message = _(
        "It was %(last)s since this page was opened. Look at it again, then press once more. What changed: %(what)s"
    )
    return message % {"last": last, "what": what}


def _describe_last_change(agreement):
    record = agreement.history.select_related("history_user").latest("history_id")
    return _("%(what)s by %(who)s (%(when)s)") % {
        "what": record.history_change_reason or _("changed"),
        "who": record.history_user or _("the command line"),
        "when": date_format(localtime(record.history_date), "DATETIME_FORMAT"),
    }
