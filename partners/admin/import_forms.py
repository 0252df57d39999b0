"""Forms of the import and the export of the office's list and the register."""

import logging

from django import forms
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.forms import ExportForm

from exchange.error_views import is_disk_full
from partners.admin.document_fields import error_text
from partners.models import Run
from partners.name_normalization import collapse_white_space
from partners.tables.encodings import ENCODINGS
from partners.tables.types import is_not_blank

logger = logging.getLogger(__name__)
MAX_SHOWN_ROWS = 10
"""Rows of a file that are shown beside the question which column is which."""
STORAGE_FULL_MESSAGE = gettext_lazy(
    "The server could not store the file (%s). Nothing was imported. Tell your IT staff, then choose the file again."
)


class RegisterExportForm(ExportForm):
    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.fields["resource"].label = _("What to export")
        self.fields["format"].choices = self.fields["format"].choices[1:]


class ImportFileForm(forms.Form):
    """Upload form. If it is valid, ``run`` is an unconfirmed run that has the file."""

    import_file = forms.FileField()

    def clean_import_file(self):
        upload = self.cleaned_data["import_file"]
        try:
            self.run = Run.from_upload(upload.read(), file_name=upload.name)
            with transaction.atomic():
                Run.objects.expired_unconfirmed().delete()
                self.run.save()
        except OSError as error:
            raise ValidationError(STORAGE_FULL_MESSAGE % error_text(error)) from error
        except OperationalError as error:
            if not is_disk_full(error):
                raise
            logger.error("An upload cannot be stored: %s", error)
            raise ValidationError(STORAGE_FULL_MESSAGE % _("the disk of its database is full")) from error


class ColumnsForm(forms.Form):
    """The question which header of a file each column has, after a HeaderError."""

    def __init__(self, error, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.message = str(error)
        self.header = error.header.record
        if error.header.missing:
            missing = _(" or ").join(f"“{column}”" for column in error.header.missing)
            params = {"line": self.header.line, "missing": missing}
            self.message = _("Line %(line)d has no column %(missing)s.") % params
        self.rows = error.head[:MAX_SHOWN_ROWS]
        headers = dict.fromkeys(collapse_white_space(cell) for cell in self.header.cells if is_not_blank(cell))
        self.columns = list(error.header.places)
        for index, (column, places) in enumerate(error.header.places.items()):
            guess = collapse_white_space(self.header.cells[places[0]]) if len(places) == 1 else ""
            choices = [("", _("Choose…")), *((header, header) for header in headers)]
            self.fields[f"column-{index}"] = forms.ChoiceField(label=column, choices=choices, initial=guess)

    def clean(self):
        self.assigned = {
            column: header
            for index, column in enumerate(self.columns)
            if (header := self.cleaned_data.get(f"column-{index}"))
        }
        if len(set(self.assigned.values())) < len(self.assigned):
            raise ValidationError(_("Choose a header for one column only."))


class ReadOptionsForm(forms.Form):
    """Choices of how to read the previewed file: fields of ReadOptions."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding"),
        required=False,
        # A guess that nobody has changed stays a guess.
        show_hidden_initial=True,
        choices=[("utf-8", "UTF-8"), *ENCODINGS.items()],
        help_text=gettext_lazy("If names look wrong, choose another one."),
    )
    fill_down = forms.BooleanField(label=gettext_lazy("An empty country means the one above"), required=False)
    skip_headings = forms.BooleanField(
        label=gettext_lazy("Lines with one filled cell are headings or notes"), required=False
    )
    accept_names = forms.BooleanField(
        label=gettext_lazy("Names that look like none or damaged are right"), required=False
    )


class ConfirmForm(forms.Form):
    import_file_name = forms.UUIDField(widget=forms.HiddenInput)
    """The token of the run."""
    digest = forms.CharField(widget=forms.HiddenInput)
    """The digest of what the import offers, whichever answers are given."""
    answers = forms.CharField(widget=forms.HiddenInput)
    """The digest of those that were stored when the page was made."""
