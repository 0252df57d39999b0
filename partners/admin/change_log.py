"""The changes of the whole register, newest first, and what has been deleted."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from partners.admin.date_fields import DateField
from partners.admin.object_history import PER_PAGE, can_view
from partners.history.change_log import ChangeLogQuery
from partners.history.entries import ACTION_LABELS
from partners.history.timeline import tracked_models

NOBODY = "-"
MAX_DAYS = {"today": 1, "7": 7, "30": 30}


class ChangeDateField(DateField):
    default_validators = [
        MinValueValidator(date(1900, 1, 1), _("Write a day from 1 Jan 1900 on.")),
        MaxValueValidator(date(2999, 12, 31), _("Write a day up to 31 Dec 2999.")),
    ]


class ChangeLogFilterForm(forms.Form):
    who = forms.ChoiceField(label=_("Person"), required=False)
    model = forms.ChoiceField(label=_("Of what"), required=False)
    what = forms.ChoiceField(label=_("Change"), required=False, choices=[("", _("any")), *ACTION_LABELS.items()])
    when = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[("", _("any time")), ("today", _("today")), ("7", _("last 7 days")), ("30", _("last 30 days"))],
    )
    since = ChangeDateField(label=_("From"), required=False)
    until = ChangeDateField(label=_("To"), required=False)

    def __init__(self, data, models, is_gone=False):
        super().__init__(data, label_suffix="")
        self.is_gone = is_gone
        if is_gone:
            del self.fields["what"]
        self.models = {model._meta.model_name: model for model in models}
        names = [(name, capfirst(model._meta.verbose_name_plural)) for name, model in self.models.items()]
        self.fields["model"].choices = [("", _("everything")), *names]
        self.fields["who"].choices = [("", _("anybody")), (NOBODY, _("the command line")), *_user_choices(models)]

    def changes(self):
        chosen = self.cleaned_data
        models = [self.models[chosen["model"]]] if chosen["model"] else list(self.models.values())
        since = [chosen["since"]] if chosen["since"] else []
        if chosen["when"]:
            since.append(localdate() - timedelta(days=MAX_DAYS[chosen["when"]] - 1))
        until = chosen["until"] and _midnight(chosen["until"] + timedelta(days=1))
        return ChangeLogQuery(
            models, self._by(), since=_midnight(max(since)) if since else None, before=until, is_gone=self.is_gone
        )

    def _by(self):
        who, what = self.cleaned_data["who"], self.cleaned_data.get("what")
        by = Q(history_type=what) if what else Q()
        if who:
            by &= Q(history_user=None if who == NOBODY else who)
        return by


def change_log(request, site):
    form = ChangeLogFilterForm(request.GET, _models(site, request))
    return _render(request, site, form, title=_("Recent changes"))


def deleted(request, site):
    if not request.user.is_superuser:
        raise PermissionDenied
    form = ChangeLogFilterForm(request.GET, _models(site, request), is_gone=True)
    return _render(request, site, form, title=_("Deleted"))


def _render(request, site, form, title):
    changes = form.changes() if form.is_valid() else None
    page = Paginator(changes.rows() if changes else [], PER_PAGE).get_page(request.GET.get("page"))
    context = site.each_context(request) | {
        "title": title,
        "form": form,
        "page": page,
        "lines": changes.told(page) if changes else [],
        "is_gone": form.is_gone,
        "may_see_run": request.user.has_perm("partners.view_importrun"),
    }
    return TemplateResponse(request, "admin/partners/history/recent.html", context)


def _models(site, request):
    models = [model for model in tracked_models() if can_view(site, request, model)]
    if not models:
        raise PermissionDenied
    return models


def _user_choices(models):
    """Who has changed something."""
    changed = Q()
    for model in models:
        changed |= Q(Exists(model.history.model.objects.filter(history_user=OuterRef("pk"))))
    people = get_user_model().objects.filter(changed).order_by("username")
    return [(str(person.pk), str(person)) for person in people]


def _midnight(day):
    return make_aware(datetime.combine(day, time.min))
