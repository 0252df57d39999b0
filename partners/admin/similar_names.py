"""The question on “Add university”: a new university, or another name of a known one?"""

from django import forms
from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from partners.admin.base import RegisterAdmin
from partners.admin.form_fields import parse_pk
from partners.admin.optimistic_locking_forms import OptimisticLockingForm
from partners.models import University
from partners.name_normalization import matching_key
from partners.name_similarity import NameIndex

NEW = "new"


class NewUniversityForm(OptimisticLockingForm):
    """Form that is invalid until it is said whether a name that resembles others is that of a new university."""

    another_name_of = forms.CharField(required=False)
    """NEW, or the pk of the university that has this name too."""
    asked_about = forms.CharField(required=False)
    """The country and name that the question was displayed for."""
    candidates = ()
    """Matches with their universities, to ask about."""

    @property
    def known(self):
        """The university that was chosen, if it is a candidate."""
        answer = parse_pk(self.cleaned_data.get("another_name_of", ""))
        return next((university for university, _match in self.candidates if university.pk == answer), None)

    def clean(self):
        super().clean()
        name, country = self.cleaned_data.get("name"), self.cleaned_data.get("country")
        if not name or not country:
            return
        universities, key = University.objects.filter(country=country), matching_key(name)
        matches = NameIndex((pk, known) for pk, _country, known in universities.iter_names()).find(name)
        by_pk = universities.in_bulk([match.key for match in matches])
        if not matches or any(key in university.matching_keys() for university in by_pk.values()):
            return  # A name that a university has already is an error of its own.
        self.candidates = [(by_pk[match.key], match) for match in matches]
        self.question_id = f"{country.pk} {key}"
        self.chosen = self.cleaned_data["another_name_of"]
        if self.cleaned_data["asked_about"] != self.question_id:
            self.chosen = "" if matches[0].is_almost_same else NEW
            self.add_error("another_name_of", _("Nothing is saved yet. Choose, then save again."))
        elif self.chosen != NEW and not self.known:
            self.add_error("another_name_of", _("Choose whether it is new, or another name of a known university."))


class SimilarNamesAdmin(RegisterAdmin):
    """The part of the universities' admin that asks about similar names, and adds a name to a known university."""

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, **({} if change else {"form": NewUniversityForm}) | kwargs)

    def add_view(self, request, form_url="", extra_context=None):
        if parse_pk(request.POST.get("another_name_of", "")):
            form = self.get_form(request)(request.POST)
            form.full_clean()
            if form.known:
                return self._add_other_name(request, form.known, form.cleaned_data["name"])
        return super().add_view(request, form_url, extra_context)

    @transaction.atomic
    def _add_other_name(self, request, university, name):
        """Add the name to the other names of the university, if it is valid there, and go to its page."""
        if not self.has_change_permission(request, university):
            raise PermissionDenied
        university = University.objects.select_for_update().get(pk=university.pk)
        university.other_names = f"{university.other_names}\n{name}".strip()
        names = {"name": name, "university": university}
        try:
            university.full_clean()
        except ValidationError as error:
            message = _("“%(name)s” was not added to the other names: %(errors)s")
            self.message_user(request, message % (names | {"errors": " ".join(error.messages)}), messages.ERROR)
        else:
            university._change_reason = "edited"
            university.save()
            message = _("“%(name)s” is another name of “%(university)s” now. Nothing else of the form was saved.")
            self.message_user(request, message % names, messages.SUCCESS)
        if IS_POPUP_VAR in request.POST:
            return self.response_add(request, university)
        return redirect("admin:partners_university_change", university.pk)
