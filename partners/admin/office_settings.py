"""The office's own settings: a form without a list, as there is one row."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from partners.admin.base import RegisterAdmin
from partners.admin.optimistic_locking_forms import OptimisticLockingForm
from partners.models import OfficeSettings
from partners.models.office_settings import DISPLAYED_LOGO_HEIGHT


class OfficeSettingsForm(OptimisticLockingForm):
    new_logo = forms.FileField(
        label=_("New logo"),
        required=False,
        widget=forms.FileInput({"accept": ".png"}),
        help_text=_(
            "A PNG image, up to 200 KB and 1,000 pixels high. It stands left of the name, 40 pixels high, on white or, "
            "for visitors whose screens are set to dark, on dark blue."
        ),
    )
    without_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, value in {"name": OfficeSettings().display_name, "email": OfficeSettings().contact_email}.items():
            if name in self.fields:
                self.fields[name].help_text = _("Empty: “%s”, as the server's settings say.") % value if value else ""

    def clean_new_logo(self):
        if upload := self.cleaned_data["new_logo"]:
            self.instance.set_logo(upload.name, upload.read())
        return upload

    def clean(self):
        data = super().clean()
        if data.get("without_logo"):
            if data.get("new_logo"):
                raise ValidationError({"without_logo": _("You also chose a new logo. Choose one, or remove it.")})
            self.instance.remove_logo()
        return data


@admin.register(OfficeSettings)
class OfficeSettingsAdmin(RegisterAdmin):
    form = OfficeSettingsForm
    readonly_fields = ["logo_display"]

    def get_fieldsets(self, request, obj=None):
        changed_logo = ["new_logo", "without_logo"] if self.has_change_permission(request, obj) else []
        return [
            (_("Name and address"), {"fields": ["name", "email"]}),
            (
                _("Appearance"),
                {"fields": ["logo_display", *changed_logo, "accent_color", "dark_accent_color"]},
            ),
            (_("Texts on the public pages"), {"fields": ["introduction", "how_to_apply"]}),
        ]

    def has_add_permission(self, request, obj=None):
        return False

    has_delete_permission = has_add_permission

    def get_queryset(self, request):
        return super().get_queryset(request).defer("logo")

    def changelist_view(self, request, extra_context=None):
        return redirect("admin:partners_officesettings_change", OfficeSettings.PK)

    @admin.display(description=_("logo"))
    def logo_display(self, office):
        if not office.logo_hash:
            return _("None yet.")
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}">',
            office.logo_url,
            office.displayed_logo_width,
            DISPLAYED_LOGO_HEIGHT,
            _("The present logo"),
        )
