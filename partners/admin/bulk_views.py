"""Views that perform one action on several agreements at once, all or nothing."""

from django import forms
from django.contrib import admin, messages
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
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from partners.admin.form_fields import parse_pk
from partners.admin.optimistic_locking_forms import CopyInstanceForm
from partners.enums import AgreementStatus
from partners.history.concurrent_changes import annotate_version
from partners.history.diff import diff
from partners.http import safe_next_url
from partners.models import Agreement
from partners.period_constraint import describe_integrity_error
from partners.runs.recording import record_run

MAX_SELECTED = 100
TOO_MANY_SELECTED = gettext_lazy(
    "%(selected)d agreements are selected, and a page takes %(most)d: tick those of one page at a time, or narrow the "
    "list with the filters. To change thousands, export the register, change it in a spreadsheet, and import it again."
)
MAX_SKIPPED_MESSAGES = 10
"""Skipped agreements with a message each; the others are only counted."""
MAX_LINKS = 5
"""Agreements that a message names. The page of the run names all."""
SHARED_PREFIX = "all"
END_FIELDS = ["valid_until", "is_open_ended"]
"""Filled together from the shared values, as one replaces the other."""


class BulkAgreementView(View):
    """Perform an action on the agreements of the query parameter ``id``, as a run that can be undone.

    Subclasses define `validate`, which returns a response unless the action can be performed, and `save`.
    """

    name = ""
    """Name of the URL, and of the action among the next actions of a status."""
    run_action = None
    action_name = action_label = title = ""
    model_admin = None

    @classmethod
    def as_action(cls):
        """Return the action of the changelist that opens this view for the ticked agreements."""

        @admin.action(description=cls.action_label, permissions=["change"])
        def open_view(model_admin, request, queryset):
            ids = list(queryset.order_by("pk").values_list("pk", flat=True))
            if len(ids) <= MAX_SELECTED:
                query = {"id": ids, "next": request.get_full_path()}
                return redirect(reverse(f"admin:partners_agreement_{cls.name}", query=query))
            messages.error(request, TOO_MANY_SELECTED % {"selected": len(ids), "most": MAX_SELECTED})
            return None

        open_view.__name__ = cls.action_name
        return open_view

    def dispatch(self, request):
        if not self.model_admin.has_change_permission(request):
            raise PermissionDenied
        self.selected_ids = [pk for text in request.GET.getlist("id") if (pk := parse_pk(text)) is not None]
        next_url = request.GET.get("next", "")
        self.return_url = safe_next_url(request, next_url, "admin:partners_agreement_changelist")
        if (count := len(self.selected_ids)) > MAX_SELECTED:
            messages.error(request, TOO_MANY_SELECTED % {"selected": count, "most": MAX_SELECTED})
            return redirect(self.return_url)
        return super().dispatch(request)

    def post(self, request):
        try:
            with transaction.atomic():
                selected = Agreement.objects.filter(pk__in=self.selected_ids)
                selected.lock_universities()
                list(selected.select_for_update().order_by("pk"))
                if response := self.validate(request):
                    return response
                with record_run(self.run_action, request.user) as run:
                    self.save(run)
        except IntegrityError as error:
            messages.error(request, f"{describe_integrity_error(error)} {_('Look at them again.')}")
            return redirect(request.get_full_path())
        return redirect(self.return_url)

    def add_success_message(self, label, agreements, run):
        links, undo_url = first_agreement_links(agreements), reverse("admin:partners_run_undo", args=[run.pk])
        message = format_html('{}: {}. <a href="{}">{}</a>', label, links, undo_url, _("Undo …"))
        messages.success(self.request, message)


class AgreementRowForm(CopyInstanceForm):
    """One agreement's row, with a hidden version that detects changes made since the page was displayed.

    The instance may be another agreement than the selected one, `original`, such as its renewal.
    """

    shared_fields = ()
    """Names of the fields with an input in the row of shared values."""
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, current_version=None, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.current_version = self.initial["version"] = current_version
        for name in self.fields.keys() & {"valid_from", *END_FIELDS}:
            self.fields[name].show_hidden_initial = True

    @property
    def original_title(self):
        """The title, and the period of a signed or ended one. That of one in process is edited in the row."""
        is_in_process = self.original.status == AgreementStatus.IN_PROCESS
        return self.original.title if is_in_process else self.original.describe_period()

    def clean(self):
        """Say what has changed since the page was displayed. The page that says so has the current version."""
        displayed_version = self.cleaned_data.get("version")
        if displayed_version != self.current_version:
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = self.current_version
            message = _("It was %s since this page was opened. Look at it again, then press once more.")
            message %= describe_last_change(self.original)
            base = self.original.history.filter(history_id=displayed_version or 0).first()
            if base and (changes := diff(base, self.original)):
                message += " " + _("What changed: %s") % "; ".join(capfirst(str(change)) for change in changes)
            self.add_error(None, message)
        return super().clean()


class AgreementRowsView(BulkAgreementView):
    """A page with a form for each agreement, and with a row of shared values if there are several."""

    form = None
    """Subclass of AgreementRowForm. Its `save` returns the agreement to link to in the message of success."""
    queryset = None
    """The agreements that the action can be performed on."""
    initial = {}
    note = button = success_message = ""
    shared_values_note = gettext_lazy("If you leave a cell empty or as it is, it takes what the first line says.")

    def get(self, request):
        if not self.selected_ids:
            messages.info(request, _("Tick the agreements first."))
        return self.render_forms(self.build_forms())

    def validate(self, request):
        self.row_forms = self.build_forms(self.fill_from_shared_values(request.POST), request.FILES)
        self.validate_rows(self.row_forms)
        if not self.row_forms or any(form.errors for form in self.row_forms):
            return self.render_forms(self.row_forms)
        return None

    def fill_from_shared_values(self, data):
        """Return POST data whose empty cells, and those with an unchanged proposal, have the shared value, if any.

        A row that is ticked as open-ended loses the last day that was proposed for it.
        """
        filled = data.copy()
        alone = [[name] for name in self.form.shared_fields if name not in END_FIELDS]
        for pk in self.selected_ids:
            for names in [*alone, END_FIELDS]:
                typed, proposed = posted_values(data, pk, names), posted_values(data, f"initial-{pk}", names)
                shared = posted_values(data, SHARED_PREFIX, names)
                if any(shared) and typed in (proposed, [""] * len(names)):
                    for name, value in zip(names, shared, strict=True):
                        filled[f"{pk}-{name}"] = value
            last_day, is_open_ended = posted_values(filled, pk, END_FIELDS)
            if is_open_ended and last_day == data.get(f"initial-{pk}-valid_until"):
                filled[f"{pk}-valid_until"] = ""
        return filled

    def build_forms(self, data=None, files=None):
        """Return a form for each selected agreement that is eligible. Messages say why others are skipped."""
        selected = Agreement.objects.filter(pk__in=self.selected_ids).select_related("university", "agreement_type")
        eligible = annotate_version(selected.filter(pk__in=self.queryset.values("pk")))
        unknown_type_last = F("agreement_type__position").asc(nulls_last=True)
        agreements = list(eligible.order_by("university__name_key", unknown_type_last, "pk"))
        skipped = list(selected.exclude(pk__in=[agreement.pk for agreement in agreements]).order_by("pk"))
        for agreement in skipped[:MAX_SKIPPED_MESSAGES]:
            message = _("“%(agreement)s” stays as it is: %(why)s")
            messages.info(self.request, message % {"agreement": agreement, "why": self.skip_reason(agreement)})
        if len(skipped) > MAX_SKIPPED_MESSAGES:
            messages.info(self.request, _("So do others: %d are left as they are.") % len(skipped))
        return [
            self.form(
                data,
                files,
                instance=agreement,
                prefix=str(agreement.pk),
                initial=self.initial,
                current_version=agreement.version,
                user=self.request.user,
            )
            for agreement in agreements
        ]

    def skip_reason(self, agreement):
        return _("it was %s.") % describe_last_change(agreement)

    def validate_rows(self, row_forms):
        """Add errors that concern several forms, such as duplicates among them."""

    def save(self, run):
        self.add_success_message(self.success_message, [form.save() for form in self.row_forms], run)

    def render_forms(self, row_forms):
        if not row_forms:
            return redirect(self.return_url)
        context = self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": self.title,
            "opts": Agreement._meta,
            "forms": row_forms,
            "shared_values_row": self.shared_values_row(row_forms),
        }
        return TemplateResponse(self.request, "admin/partners/agreement/bulk_form.html", context)

    def shared_values_row(self, row_forms):
        """Return a bound field, or None, for each column. Empty for a single agreement.

        Initial values that equal the shared ones are removed from the agreements' forms. Posted values that were
        filled from the shared ones are removed again, so that correcting a shared value corrects all.
        """
        if len(row_forms) == 1 or not self.form.shared_fields:
            return []
        shared = self.form(prefix=SHARED_PREFIX, initial=self.initial, instance=Agreement())
        for form in row_forms:
            form.initial = {name: value for name, value in form.initial.items() if value != shared.initial.get(name)}
            form.data = form.data.copy()
            for name in map(form.add_prefix, self.form.shared_fields):
                form.data[name] = self.request.POST.get(name, "")
        posted = {name: self.request.POST.get(f"{SHARED_PREFIX}-{name}") for name in self.form.shared_fields}
        shared.initial |= {name: value for name, value in posted.items() if value is not None}
        return [field if field.name in self.form.shared_fields else None for field in shared.visible_fields()]


def posted_values(data, prefix, names):
    """Return the texts that were posted for the fields. The hidden initial value of an empty checkbox is "False"."""
    texts = [data.get(f"{prefix}-{name}", "") for name in names]
    return [{"True": "on", "False": ""}.get(text, text) for text in texts]


def agreement_links(agreements):
    links = ((reverse("admin:partners_agreement_change", args=[agreement.pk]), agreement) for agreement in agreements)
    return format_html_join(", ", '<a href="{}">{}</a>', links)


def first_agreement_links(agreements):
    """Return links to as many agreements as fit a message, and the number of the others."""
    agreements = list(agreements)
    links, other_count = agreement_links(agreements[:MAX_LINKS]), len(agreements[MAX_LINKS:])
    message = ngettext("{} and {} other agreement", "{} and {} other agreements", other_count)
    return format_html(message, links, other_count) if other_count else links


def describe_last_change(agreement):
    record = agreement.history.select_related("history_user").latest("history_id")
    return _("%(what)s by %(who)s (%(when)s)") % {
        "what": record.history_change_reason or _("changed"),
        "who": record.history_user or _("the command line"),
        "when": date_format(localtime(record.history_date), "DATETIME_FORMAT"),
    }
