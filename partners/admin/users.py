"""Accounts and groups, for superusers: whoever is at one's desk meanwhile makes herself none."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm, UsernameField
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.accounts.invitations import send_invitation
from partners.accounts.models import UserSession
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.security_log import log_event
from partners.admin.optimistic_locking_forms import CopyInstanceMixin
from partners.models.accounts import named_in_history

admin.site.unregister([Group, User])


class ReauthenticationMixin:
    def get_urls(self):
        patterns = super().get_urls()
        for pattern in patterns:
            pattern.callback = reauthentication_required(pattern.callback)
        return patterns


class UserInviteForm(forms.ModelForm):
    """Of somebody of the office, with a password that nobody knows until she chooses one."""

    class Meta:
        model = User
        fields = ["username", "email", "first_name", "last_name", "groups"]
        field_classes = {"username": UsernameField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["email"].help_text = _("A link to choose a password is mailed there.")
        self.instance.is_staff = True
        self.instance.password = make_password(get_random_string(40))


class AccountForm(CopyInstanceMixin, UserChangeForm):
    pass


class GroupForm(CopyInstanceMixin, forms.ModelForm):
    pass


@admin.register(Group)
class GroupOfAccountsAdmin(ReauthenticationMixin, GroupAdmin):
    form = GroupForm


@admin.register(User)
class AccountAdmin(ReauthenticationMixin, UserAdmin):
    list_display = [*UserAdmin.list_display, "is_active"]
    actions = ["send_link", "sign_out", "close_accounts"]
    form = AccountForm
    readonly_fields = ["last_login", "date_joined"]
    add_form, add_form_template = UserInviteForm, None
    add_fieldsets = [(None, {"fields": UserInviteForm.Meta.fields})]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            send_invitation(request, obj)

    def get_deleted_objects(self, objs, request):
        """Accounts that history names are protected, each by its name and not by all that it has changed."""
        if named := list(named_in_history(User.objects.filter(pk__in=[account.pk for account in objs]))):
            return [], {}, set(), named
        return super().get_deleted_objects(objs, request)

    @admin.action(description=gettext_lazy("Mail a link to choose a password"), permissions=["change"])
    def send_link(self, request, accounts):
        signed_on = Q(university_identity__isnull=False, is_superuser=False) if settings.OIDC_ISSUER else Q(pk=None)
        reached = accounts.filter(is_active=True).exclude(email="").exclude(signed_on)
        for account in reached:
            send_invitation(request, account)
        told = ngettext(
            "A link has been mailed to %(n)s account.", "Links have been mailed to %(n)s accounts.", len(reached)
        )
        messages.success(request, told % {"n": len(reached)})
        if left := [str(account) for account in accounts if account not in reached]:
            message = _("Closed, without an address, or signed in by the university: %(names)s.")
            messages.warning(request, message % {"names": ", ".join(left)})

    @admin.action(description=gettext_lazy("Sign the selected accounts out"), permissions=["change"])
    def sign_out(self, request, accounts):
        ended = UserSession.objects.filter(user__in=accounts).exclude(pk=request.session.session_key).delete()[0]
        log_event("sessions ended", request.user, request, whose=", ".join(map(str, accounts)), number=ended)
        told = ngettext("%(n)s session has been ended.", "%(n)s sessions have been ended.", ended) % {"n": ended}
        messages.success(request, told)

    @admin.action(description=gettext_lazy("Close the selected accounts"), permissions=["change"])
    def close_accounts(self, request, accounts):
        closed = list(accounts.filter(is_active=True).exclude(pk=request.user.pk))
        for account in closed:
            account.is_active = False
            account.save(update_fields=["is_active"])
            self.log_change(request, account, _("Closed."))
        UserSession.objects.filter(user__in=closed).delete()
        if closed:
            names = ", ".join(map(str, closed))
            messages.success(
                request, _("Closed: %(names)s. To open one again, tick “Active” on its page.") % {"names": names}
            )
        elif request.user not in accounts:
            messages.info(request, _("Closed already."))
        if request.user in accounts:
            messages.warning(request, _("Your own account stays open. Only somebody else can close it."))
