"""The link of a university to its institution in the directory, on the university's page."""

from django.contrib import messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from partners.admin.base import RegisterAdmin
from partners.admin.form_fields import parse_pk
from partners.admin.identifying import identify_view
from partners.admin.optimistic_locking_forms import parse_versions
from partners.institutions.finding import find_institutions, load_successors
from partners.institutions.linking import directory_differences, fill_from_institution, institution_values
from partners.models import Country, Institution, University
from partners.permissions import can_change_universities

INSTITUTIONS_PER_PAGE = 20


def describe_institution(institution):
    """Return what tells the institution from others, in one line."""
    place = ", ".join(filter(None, [institution.city, institution.country_code]))
    withdrawn = _("withdrawn") if institution.is_withdrawn else ""
    return " · ".join(filter(None, [institution.name, place, institution.website, institution.pk, withdrawn]))


def form_values(institution):
    """Return what the directory has for the fields of a university's form."""
    country = Country.objects.filter(code=institution.country_code).first()
    return {"name": institution.name, "country": country and country.pk} | institution_values(institution)


class InstitutionSelect(AutocompleteSelect):
    """Select that searches the directory. Without script, its options are those of the page's own search."""

    query = ""
    """The query of the page's own search."""
    university = None
    """The university whose country's institutions come first."""

    def get_url(self):
        query = {"university": self.university.pk} if self.university else {}
        return reverse("admin:partners_university_institutions", query=query)

    def optgroups(self, name, value, attrs=None):
        groups = super().optgroups(name, value, attrs)
        found = find_institutions(self.query, _country_code(self.university)) if self.query else []
        options = groups[0][1]
        for institution in found[:INSTITUTIONS_PER_PAGE]:
            if institution.pk not in value:
                label = describe_institution(institution)
                options.append(self.create_option(name, institution.pk, label, False, len(options)))
        return groups


def institutions_view(request):
    """Answer a search of an InstitutionSelect. Institutions of the university's country come first."""
    if not can_change_universities(request.user):
        raise PermissionDenied
    pk = parse_pk(request.GET.get("university", ""))
    university = University.objects.select_related("country").filter(pk=pk).first()
    found = find_institutions(request.GET.get("term", ""), _country_code(university))
    page = Paginator(found.select_related("university"), INSTITUTIONS_PER_PAGE).get_page(request.GET.get("page"))
    successors, countries = load_successors(page), dict(Country.objects.values_list("code", "pk"))
    results = []
    for institution in page:
        holder, successor = getattr(institution, "university", None), successors.get(institution.successor)
        is_taken = holder is not None and holder != university
        notes = [_("linked to “%s”") % holder] if is_taken else []
        notes += [_("now “%s”") % successor] if successor else []
        result = {"id": institution.pk, "text": " · ".join([describe_institution(institution), *notes])}
        values = {"name": institution.name, "country": countries.get(institution.country_code)}
        results.append(result | {"disabled": is_taken, "values": values | institution_values(institution)})
    return JsonResponse({"results": results, "pagination": {"more": page.has_next()}})


def _country_code(university):
    return university.country.code if university else ""


class InstitutionLinkAdmin(RegisterAdmin):
    """The part of the universities' admin that links them to the directory."""

    class Media:
        js = ["partners/labels.js", "partners/institution.js"]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("institutions/", view(institutions_view), name="partners_university_institutions"),
            path("identify/", view(identify_view), {"site": self.admin_site}, name="partners_university_identify"),
            path("<int:object_id>/directory/", view(self.take_value_view), name="partners_university_take_value"),
            *super().get_urls(),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change, **kwargs)
        if field := form.base_fields.get("institution"):
            field.widget.widget.university = obj  # within the wrapper of the admin
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name != "institution":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        widget = InstitutionSelect(db_field, self.admin_site, {"data-width": "min(40rem, 100%)"})
        widget.query, kwargs["widget"] = request.GET.get("find", ""), widget
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.help_text = _("Find it by any name, acronym, city or domain.")
        field.label_from_instance = describe_institution
        return field

    def get_changeform_initial_data(self, request):
        """Fill the form of a new university from the institution in the URL."""
        initial = super().get_changeform_initial_data(request)
        institution = Institution.objects.filter(pk=initial.get("institution")).first()
        return (form_values(institution) if institution else {}) | initial

    def add_view(self, request, form_url="", extra_context=None):
        """Display the form again, filled from the chosen institution, if that button was pressed."""
        if "_fill" in request.POST:
            names = ["institution", *form_values(Institution())]
            query = {name: request.POST[name] for name in names if request.POST.get(name)}
            return redirect(reverse("admin:partners_university_add", query=query))
        return super().add_view(request, form_url, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["find"] = request.GET.get("find", "")
        if obj and obj.institution:
            context["successor"] = load_successors([obj.institution]).get(obj.institution.successor)
            context["differences"] = [
                (University._meta.get_field(name), value) for name, value in directory_differences(obj).items()
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        if "institution" in form.changed_data and obj.institution:
            fill_from_institution(obj)
        super().save_model(request, obj, form, change)

    @method_decorator(require_POST)
    @transaction.atomic
    def take_value_view(self, request, object_id):
        """Replace the city or the website by the directory's."""
        if not can_change_universities(request.user):
            raise PermissionDenied
        university = self.get_object(request, str(object_id)) if self._lock(request, object_id) else None
        if university is None or university.institution is None:
            raise Http404
        versions = parse_versions(request.POST, University) or {}
        if versions.get(object_id) != university.version:
            messages.warning(request, _("A colleague has changed it in the meantime. Look at it again."))
        elif value := directory_differences(university).get(name := request.POST.get("field")):
            setattr(university, name, value)
            university._change_reason = "taken from the directory"
            university.save()
            label = University._meta.get_field(name).verbose_name
            messages.success(
                request, _("Taken from the directory: %(field)s %(value)s") % {"field": label, "value": value}
            )
        return redirect("admin:partners_university_change", object_id)
