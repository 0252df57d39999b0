"""Users and groups, for superusers who have authenticated recently."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm, UsernameField
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.models import GroupRole, UserSession
from partners.accounts.password_reset import send_invitation
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.security_log import log_event
from partners.admin.optimistic_locking_forms import CopyInstanceMixin
from partners.models.accounts import referenced_accounts

admin.site.unregister([Group, User])
# No superuser may read or assign the secrets of OTP devices.
admin.site.unregister([StaticDevice, TOTPDevice])


class UserInviteForm(forms.ModelForm):
    """Form for a new staff user, with a random password until the user chooses one by the mailed link."""

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


class UserForm(CopyInstanceMixin, UserChangeForm):
    pass


class GroupForm(CopyInstanceMixin, forms.ModelForm):
    pass


class GroupRoleInline(admin.StackedInline):
    model = GroupRole


@admin.register(Group)
@method_decorator(reauthentication_required, name="changelist_view")
@method_decorator(reauthentication_required, name="changeform_view")
@method_decorator(reauthentication_required, name="history_view")
@method_decorator(reauthentication_required, name="delete_view")
class GroupAdmin(auth_admin.GroupAdmin):
    form = GroupForm
    inlines = [GroupRoleInline]


@admin.register(User)
@method_decorator(reauthentication_required, name="changelist_view")
@method_decorator(reauthentication_required, name="changeform_view")
@method_decorator(reauthentication_required, name="history_view")
@method_decorator(reauthentication_required, name="delete_view")
@method_decorator(reauthentication_required, name="user_change_password")
class UserAdmin(auth_admin.UserAdmin):
    list_display = [*auth_admin.UserAdmin.list_display, "is_active"]
    actions = ["send_password_link", "end_sessions", "close_accounts"]
    form = UserForm
    readonly_fields = ["last_login", "date_joined"]
    add_form, add_form_template = UserInviteForm, None
    add_fieldsets = [(None, {"fields": UserInviteForm.Meta.fields})]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            send_invitation(request, obj)

    def get_deleted_objects(self, objs, request):
        """Return users in history as protected, instead of all rows that refer to them."""
        if protected := list(referenced_accounts(User.objects.filter(pk__in=[user.pk for user in objs]))):
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)

    @admin.action(description=gettext_lazy("Mail a link to choose a password"), permissions=["change"])
    def send_password_link(self, request, queryset):
        uses_oidc = Q(oidc_identity__isnull=False, is_superuser=False) if settings.OIDC_ISSUER else Q(pk=None)
        recipients = queryset.filter(is_active=True).exclude(email="").exclude(uses_oidc)
        for user in recipients:
            send_invitation(request, user)
        message = ngettext(
            "A link has been mailed to %(n)s account.", "Links have been mailed to %(n)s accounts.", len(recipients)
        )
        messages.success(request, message % {"n": len(recipients)})
        if skipped := [str(user) for user in queryset if user not in recipients]:
            message = _("Closed, without an address, or signed in by the university: %(names)s.")
            messages.warning(request, message % {"names": ", ".join(skipped)})

    @admin.action(description=gettext_lazy("Sign the selected accounts out"), permissions=["change"])
    def end_sessions(self, request, queryset):
        ended = UserSession.objects.filter(user__in=queryset).exclude(pk=request.session.session_key).delete()[0]
        log_event("sessions_ended", request.user, request, target=", ".join(map(str, queryset)), count=ended)
        message = ngettext("%(n)s session has been ended.", "%(n)s sessions have been ended.", ended)
        messages.success(request, message % {"n": ended})

    @admin.action(description=gettext_lazy("Close the selected accounts"), permissions=["change"])
    def close_accounts(self, request, queryset):
        closed = list(queryset.filter(is_active=True).exclude(pk=request.user.pk))
        for user in closed:
            user.is_active = False
            user.save(update_fields=["is_active"])
            self.log_change(request, user, _("Closed."))
        if closed:
            names = ", ".join(map(str, closed))
            messages.success(
                request, _("Closed: %(names)s. To open one again, tick “Active” on its page.") % {"names": names}
            )
        elif request.user not in queryset:
            messages.info(request, _("Closed already."))
        if request.user in queryset:
            messages.warning(request, _("Your own account stays open. Only somebody else can close it."))
