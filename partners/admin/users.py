"""Users and groups, for superusers who have authenticated recently."""

import logging
from operator import attrgetter

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import UserChangeForm, UsernameField
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.crypto import get_random_string
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_otp.plugins.otp_totp.models import TOTPDevice

from partners.accounts.invitations import can_be_invited, find_latest_invitation, send_invitation
from partners.accounts.models import GroupRole, UserSession
from partners.accounts.reauthentication import reauthentication_required
from partners.accounts.security_log import log_event
from partners.admin.optimistic_locking_forms import CopyInstanceForm
from partners.models.accounts import referenced_accounts

logger = logging.getLogger(__name__)

USERNAME_HELP = gettext_lazy("Letters, digits and @ . + - _ only.")

admin.site.unregister([Group, User])
# No superuser may read or assign the secrets of OTP devices.
admin.site.unregister(TOTPDevice)


def describe_group(group):
    return f"{group.name}: {group.role.description}" if hasattr(group, "role") else group.name


def offer_permissions(field):
    """Offer the permissions on models that have pages, as others would change nothing, without the names of apps."""
    models = [model for model in apps.get_models() if admin.site.is_registered(model)]
    content_types = ContentType.objects.get_for_models(*models).values()
    field.queryset, field.help_text = Permission.objects.filter(content_type__in=content_types), ""
    field.label_from_instance = attrgetter("name")
    return field


class UserInviteForm(forms.ModelForm):
    """Form for a new staff user, with a random password until the user chooses one by the mailed link."""

    class Meta:
        model = User
        fields = ["username", "email", "first_name", "last_name", "groups"]
        field_classes = {"username": UsernameField}
        help_texts = {"username": USERNAME_HELP}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["email"].help_text = _("A link to choose a password is mailed there.")
        self.instance.is_staff = True
        self.instance.password = make_password(get_random_string(40))


class UserForm(CopyInstanceForm, UserChangeForm):
    class Meta(UserChangeForm.Meta):
        help_texts = {
            "username": USERNAME_HELP,
            "is_active": gettext_lazy("Untick it to close the account. Its name stays in the history."),
            "is_staff": gettext_lazy("Can sign in to the office's pages."),
            "is_superuser": gettext_lazy("Can do everything, whatever the groups say, and manages the accounts."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "password" in self.fields:
            self.fields["password"].help_text = _("Nobody can read it. You can set another one.")


class GroupRoleInline(admin.StackedInline):
    model = GroupRole


@admin.register(Group)
@method_decorator(reauthentication_required, name="changelist_view")
@method_decorator(reauthentication_required, name="changeform_view")
@method_decorator(reauthentication_required, name="history_view")
@method_decorator(reauthentication_required, name="delete_view")
class GroupAdmin(auth_admin.GroupAdmin):
    form = CopyInstanceForm
    inlines = [GroupRoleInline]
    list_display = ["name", "description"]
    list_select_related = ["role"]
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    filter_horizontal = []

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        return offer_permissions(super().formfield_for_manytomany(db_field, request, **kwargs))

    @admin.display(description=gettext_lazy("Its members"))
    def description(self, group):
        return group.role.description if hasattr(group, "role") else ""


@admin.register(User)
@method_decorator(reauthentication_required, name="changelist_view")
@method_decorator(reauthentication_required, name="changeform_view")
@method_decorator(reauthentication_required, name="history_view")
@method_decorator(reauthentication_required, name="delete_view")
@method_decorator(reauthentication_required, name="user_change_password")
@method_decorator(reauthentication_required, name="invitation_view")
class UserAdmin(auth_admin.UserAdmin):
    list_display = [*auth_admin.UserAdmin.list_display, "is_active"]
    actions = ["send_password_link", "end_sessions", "close_accounts"]
    form = UserForm
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "invitation"]
    fieldsets = [
        *auth_admin.UserAdmin.fieldsets[:2],
        (gettext_lazy("Permissions"), {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        (gettext_lazy("Signing in"), {"fields": readonly_fields}),
        (
            gettext_lazy("Permissions besides those of groups"),
            {"classes": ["collapse"], "fields": ["user_permissions"]},
        ),
    ]
    add_form, add_form_template = UserInviteForm, None
    add_fieldsets = [(None, {"fields": UserInviteForm.Meta.fields})]

    def get_urls(self):
        invitation = self.admin_site.admin_view(self.invitation_view)
        return [path("<int:pk>/invitation/", invitation, name="auth_user_invitation"), *super().get_urls()]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)
        if db_field.name != "groups":
            return offer_permissions(field)
        field.queryset, field.help_text = Group.objects.select_related("role").order_by("name"), ""
        field.label_from_instance = describe_group
        return field

    @admin.display(description=gettext_lazy("Invitation"))
    def invitation(self, user):
        sent = find_latest_invitation(user)
        label = _("sent to %s") % sent.email if sent else _("not sent")
        return format_html('<a href="{}">{}</a>', reverse("admin:auth_user_invitation", args=[user.pk]), label)

    def add_view(self, request, form_url="", extra_context=None):
        # The page of the invitation follows in any case.
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, (extra_context or {}) | buttons)

    def response_add(self, request, obj, post_url_continue=None):
        self._invite(request, obj)
        return redirect("admin:auth_user_invitation", obj.pk)

    def invitation_view(self, request, pk):
        """Display what has become of a user's invitation. POST sends another one."""
        user = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if request.method == "POST" and can_be_invited(user):
            self._invite(request, user)
            return redirect("admin:auth_user_invitation", pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Invitation"),
            "opts": self.opts,
            "account": user,
            "invitation": find_latest_invitation(user),
            "now": now(),
            "can_be_invited": can_be_invited(user),
        }
        return TemplateResponse(request, "admin/auth/user/invitation.html", context)

    def _invite(self, request, user):
        """Send an invitation and say so. Return whether the mail server took it."""
        try:
            send_invitation(request, user)
        except OSError:
            logger.exception("An invitation could not be sent.")
            message = _("The mail to %s could not be sent. Check the address, or ask your IT staff.")
            messages.error(request, message % user.email)
            return False
        return True

    def get_deleted_objects(self, objs, request):
        """Return users in history as protected, instead of all rows that refer to them."""
        if protected := list(referenced_accounts(User.objects.filter(pk__in=[user.pk for user in objs]))):
            return [], {}, set(), protected
        return super().get_deleted_objects(objs, request)

    @admin.action(description=gettext_lazy("Mail a link to choose a password"), permissions=["change"])
    def send_password_link(self, request, queryset):
        users = list(queryset.select_related("oidc_identity"))
        sent = [user for user in users if can_be_invited(user) and self._invite(request, user)]
        message = ngettext(
            "A link has been mailed to %(n)s account.", "Links have been mailed to %(n)s accounts.", len(sent)
        )
        messages.success(request, message % {"n": len(sent)})
        if skipped := [str(user) for user in users if not can_be_invited(user)]:
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
