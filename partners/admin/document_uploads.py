"""Adding many documents at once: upload, choose the agreement of each file, and keep all of them or none."""

from collections import defaultdict
from functools import partial

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import View

from partners.admin.bulk_views import first_agreement_links
from partners.admin.document_fields import ACCEPT, MultipleFileInput, delete_files
from partners.admin.document_suggestions import likeliest_first, suggest_agreements
from partners.admin.form_fields import parse_pk
from partners.admin.waiting_files import dump_documents, load_documents, store_waiting_files
from partners.http import safe_next_url
from partners.models import Agreement, Document
from partners.permissions import can_add_documents
from partners.querysets import STATE_LABELS

MAX_FILES = 50
MAX_TOTAL_MB = 100
"""As much as the sample configuration of nginx lets through."""
MAX_FOUND = 20
LEAVE_OUT = "-"


class UploadsField(forms.FileField):
    """Several uploads, whose number and size together are limited."""

    widget = MultipleFileInput({"accept": ACCEPT, "class": "drop-zone"})

    def clean(self, uploads, initial=None):
        if not uploads:
            raise ValidationError(_("Choose files, or drop them here."))
        if len(uploads) > MAX_FILES:
            message = _("%(count)d files are too many at once. Choose at most %(most)d.")
            raise ValidationError(message % {"count": len(uploads), "most": MAX_FILES})
        size = sum(upload.size for upload in uploads) / 1_000_000
        if size > MAX_TOTAL_MB:
            message = _("The files have %(size).0f MB together. Choose fewer, of at most %(most)d MB together.")
            raise ValidationError(message % {"size": size, "most": MAX_TOTAL_MB})
        return uploads


class UploadForm(forms.Form):
    files = UploadsField(
        label=gettext_lazy("Drop files here, or choose them"),
        help_text=format_lazy(
            gettext_lazy("PDF, DOCX, ODT, PNG or JPEG, up to {} MB each. At most {} files and {} MB at once."),
            settings.DOCUMENT_MAX_MB,
            MAX_FILES,
            MAX_TOTAL_MB,
        ),
    )


class FileForm(forms.Form):
    """The choice of the agreement of one file, among those suggested by its name and those found by a search."""

    agreement = forms.ChoiceField(
        label=gettext_lazy("Agreement"),
        error_messages={"required": gettext_lazy("Choose an agreement, or leave this file out.")},
    )
    search = forms.CharField(
        label=gettext_lazy("Another agreement"),
        required=False,
        widget=forms.TextInput({"type": "search", "placeholder": gettext_lazy("University or scope")}),
    )

    def __init__(self, *args, document, suggestion, found, agreements_with_copy, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.document, self.suggestion, self.agreements_with_copy = document, suggestion, agreements_with_copy
        self.agreements = {str(agreement.pk): agreement for agreement in [*suggestion.agreements, *found]}
        groups = {_("By the name of the file"): suggestion.agreements, _("Found"): found}
        options = [(label, [build_option(row, on) for row in group]) for label, group in groups.items() if group]
        universities = [str(agreement.university) for agreement in suggestion.agreements[:1]]
        hint = _("Choose one with %s…") % universities[0] if universities else _("Nothing suggested")
        self.fields["agreement"].choices = [("", hint), (LEAVE_OUT, _("leave this file out")), *options]
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {document.name}"
        likely = suggestion.likely and str(suggestion.likely.pk)
        self.initial.setdefault("agreement", LEAVE_OUT if agreements_with_copy else likely)

    def clean_agreement(self):
        """Return the agreement, or None if the file is left out."""
        agreement = self.agreements.get(self.cleaned_data["agreement"])
        if agreement and agreement in self.agreements_with_copy:
            raise ValidationError(_("This agreement has this document already. Leave this file out."))
        if agreement and not self.document.file.storage.exists(self.document.file.name):
            raise ValidationError(_("This file is no longer on the server. Leave it out here, and choose it again."))
        return agreement


def build_option(agreement, on):
    state = agreement.state_on(on)
    details = [str(STATE_LABELS[state]), _("has a document") if agreement.has_document else ""]
    return agreement.pk, f"{agreement.university}: {agreement.describe_period()} ({', '.join(filter(None, details))})"


class AddDocumentsView(View):
    """Display the form for the files, then that for their agreements, and keep the files that are not left out."""

    model_admin = None

    def dispatch(self, request):
        if not can_add_documents(request.user):
            raise PermissionDenied
        self.return_url = safe_next_url(request, request.GET.get("next", ""), "admin:partners_document_changelist")
        return super().dispatch(request)

    def get(self, request):
        return self.render("upload", form=UploadForm())

    def post(self, request):
        if "waiting" not in request.POST:
            return self.upload(request)
        try:
            documents = load_documents(request.POST["waiting"], request.user)
        except BadSignature:
            messages.error(request, _("These files have waited for too long. Choose them again."))
            return redirect(request.get_full_path())
        if "find" in request.POST:
            return self.render_choices(documents, self.build_forms(documents, request.POST, is_bound=False))
        return self.keep(documents)

    def upload(self, request):
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                documents, problems = store_waiting_files(form.cleaned_data["files"])
            except ValidationError as error:
                form.add_error("files", error)
            else:
                if documents:
                    row_forms = self.build_forms(documents, {}, is_bound=False)
                    return self.render_choices(documents, row_forms, problems=problems)
                form.add_error("files", problems)
        return self.render("upload", form=form)

    @transaction.atomic
    def keep(self, documents):
        """Save the documents, one request of a user at a time, as the page may be sent twice."""
        user = get_user_model().objects.select_for_update().get(pk=self.request.user.pk)
        if Document.objects.filter(file__in=[document.file.name for document in documents]).exists():
            messages.info(self.request, _("These files are among the documents already."))
            return redirect(self.return_url)
        # The form of one agreement locks it too, so that neither adds what the other has added.
        chosen = [parse_pk(self.request.POST.get(f"{index}-agreement", "")) for index in range(len(documents))]
        list(Agreement.objects.filter(pk__in=filter(None, chosen)).select_for_update().order_by("pk"))
        row_forms = self.build_forms(documents, self.request.POST, is_bound=True)
        if invalid := [form for form in row_forms if not form.is_valid()]:
            return self.render_choices(documents, row_forms, invalid_count=len(invalid))
        agreements = [form.cleaned_data["agreement"] for form in row_forms]
        for document, agreement in zip(documents, agreements, strict=True):
            if agreement:
                document.attach_to(agreement, user, "added with others")
        left_out = [document for document in documents if not document.pk]
        transaction.on_commit(partial(delete_files, left_out), robust=True)
        self.add_message([agreement for agreement in agreements if agreement])
        return redirect(self.return_url)

    def add_message(self, agreements):
        if not agreements:
            messages.info(self.request, _("No document was added: all files were left out."))
            return
        links, count = first_agreement_links(dict.fromkeys(agreements)), len(agreements)
        label = ngettext("%d document added", "%d documents added", count) % count
        messages.success(self.request, format_html("{}: {}.", label, links))

    def build_forms(self, documents, data, *, is_bound):
        """Return a form for each document with what has been typed, which has errors only if it is bound."""
        on = localdate()
        suggestions = suggest_agreements([document.name for document in documents], on)
        copies = Document.objects.active().filter(sha256__in=[document.sha256 for document in documents])
        agreements_with_copy = defaultdict(list)
        for copy in copies.select_related("agreement__university", "agreement__agreement_type"):
            agreements_with_copy[copy.sha256].append(copy.agreement)
        indexes = range(len(documents))
        typed = [{name: data.get(f"{index}-{name}", "") for name in FileForm.base_fields} for index in indexes]
        rows = zip(documents, typed, suggestions, find_agreements(typed, suggestions, on), strict=True)
        return [
            FileForm(
                data if is_bound else None,
                prefix=str(index),
                initial=values if data else None,
                document=document,
                suggestion=suggestion,
                found=found,
                agreements_with_copy=agreements_with_copy[document.sha256],
                on=on,
            )
            for index, (document, values, suggestion, found) in enumerate(rows)
        ]

    def render_choices(self, documents, row_forms, **context):
        waiting = self.request.POST.get("waiting") or dump_documents(documents, self.request.user)
        return self.render("choose", forms=row_forms, waiting=waiting, **context)

    def render(self, name, **context):
        context |= self.model_admin.admin_site.each_context(self.request) | {
            "view": self,
            "title": _("Add documents"),
            "opts": Document._meta,
        }
        return TemplateResponse(self.request, f"admin/partners/document/{name}.html", context)


def find_agreements(typed, suggestions, on):
    """Return, for each file, the agreements that its search finds, and one that was found and chosen before."""
    rows = []
    for values, suggestion in zip(typed, suggestions, strict=True):
        query, chosen = values["search"].strip(), parse_pk(values["agreement"])
        pks = set(Agreement.objects.search(query).values_list("pk", flat=True)[:MAX_FOUND]) if query else set()
        rows.append((pks | {chosen}) - {None, *[agreement.pk for agreement in suggestion.agreements]})
    found = likeliest_first(Agreement.objects.filter(pk__in=set().union(*rows)), on)
    return [[agreement for agreement in found if agreement.pk in pks] for pks in rows]
