"""Accounts and groups, for superusers: whoever is at one's desk meanwhile makes herself none."""

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from partners.logins.confirming import confirmed_first
from partners.logins.events import tell
from partners.logins.models import Session

admin.site.unregister([Group, User])


class ConfirmedFirst:
    def get_urls(self):
        patterns = super().get_urls()
        for pattern in patterns:
            pattern.callback = confirmed_first(pattern.callback)
        return patterns


@admin.register(Group)
class GroupOfAccountsAdmin(ConfirmedFirst, GroupAdmin):
    pass


@admin.register(User)
class AccountAdmin(ConfirmedFirst, UserAdmin):
    actions = ["sign_out"]

    @admin.action(description=_("Sign the selected accounts out"), permissions=["change"])
    def sign_out(self, request, accounts):
        ended = Session.objects.filter(user__in=accounts).exclude(pk=request.session.session_key).delete()[0]
        tell("sessions ended", request.user, request, whose=", ".join(map(str, accounts)), number=ended)
        told = ngettext("%(n)s session has been ended.", "%(n)s sessions have been ended.", ended) % {"n": ended}
        messages.success(request, told)
