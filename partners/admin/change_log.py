"""Change log of the whole register, newest first, and the list of deleted objects."""

from datetime import datetime, time, timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from partners.admin.form_fields import DAY_VALIDATORS, DateField
from partners.admin.object_history import PER_PAGE, can_view, undeletable_models
from partners.history.change_log import ChangeLogQuery
from partners.history.entries import ACTION_LABELS, tracked_models
from partners.permissions import can_undelete, can_view_runs

NO_USER = "-"
MAX_DAYS = {"today": 1, "7": 7, "30": 30}


class ChangeLogFilterForm(forms.Form):
    who = forms.ChoiceField(label=_("Person"), required=False)
    model = forms.ChoiceField(label=_("Of what"), required=False)
    what = forms.ChoiceField(label=_("Change"), required=False, choices=[("", _("any")), *ACTION_LABELS.items()])
    when = forms.ChoiceField(
        label=_("When"),
        required=False,
        choices=[("", _("any time")), ("today", _("today")), ("7", _("last 7 days")), ("30", _("last 30 days"))],
    )
    since = DateField(label=_("From"), required=False, validators=DAY_VALIDATORS)
    until = DateField(label=_("To"), required=False, validators=DAY_VALIDATORS)

    def __init__(self, data, models, deleted_only=False):
        super().__init__(data, label_suffix="")
        self.deleted_only = deleted_only
        if deleted_only:
            del self.fields["what"]
        self.models = {model._meta.model_name: model for model in models}
        names = [(name, capfirst(model._meta.verbose_name_plural)) for name, model in self.models.items()]
        self.fields["model"].choices = [("", _("everything")), *names]
        has_changes = Q()
        for model in models:
            has_changes |= Q(Exists(model.history.filter(history_user=OuterRef("pk"))))
        users = get_user_model().objects.filter(has_changes).order_by("username")
        names = [(str(user.pk), str(user)) for user in users]
        self.fields["who"].choices = [("", _("anybody")), (NO_USER, _("the command line")), *names]

    def change_log_query(self):
        data, condition = self.cleaned_data, Q()
        if data.get("what"):
            condition &= Q(history_type=data["what"])
        if data["who"]:
            condition &= Q(history_user=None if data["who"] == NO_USER else data["who"])
        first_days = [data["since"]] if data["since"] else []
        if data["when"]:
            first_days.append(localdate() - timedelta(days=MAX_DAYS[data["when"]] - 1))
        return ChangeLogQuery(
            [self.models[data["model"]]] if data["model"] else list(self.models.values()),
            condition,
            since=_midnight(max(first_days)) if first_days else None,
            before=data["until"] and _midnight(data["until"] + timedelta(days=1)),
            deleted_only=self.deleted_only,
        )


def change_log_view(request, site, deleted_only=False):
    models = [model for model in tracked_models() if can_view(site, request, model)]
    if not models or (deleted_only and not can_undelete(request.user)):
        raise PermissionDenied
    form = ChangeLogFilterForm(request.GET, models, deleted_only)
    query = form.change_log_query() if form.is_valid() else None
    page = Paginator(query.rows() if query else [], PER_PAGE).get_page(request.GET.get("page"))
    context = site.each_context(request) | {
        "title": _("Deleted") if deleted_only else _("Recent changes"),
        "form": form,
        "page": page,
        "entries": query.load(page) if query else [],
        "deleted_only": deleted_only,
        "undeletable_models": undeletable_models(site, request),
        "can_view_runs": can_view_runs(request.user),
    }
    return TemplateResponse(request, "admin/partners/history/change_log.html", context)


def _midnight(day):
    return make_aware(datetime.combine(day, time.min))
