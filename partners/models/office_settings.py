"""The office's name, contact and texts on the public pages."""

import hashlib
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import CheckConstraint, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partners import colors
from partners.fields import NameField
from partners.file_types import read_png_size
from partners.models.accounts import ProtectingHistory
from partners.translated_text import TranslatedTextField

MAX_LOGO_BYTES = 200_000
LOGO_HEIGHTS = range(40, 1001)
MAX_LOGO_RATIO = 8
"""Width of a logo divided by its height."""
DISPLAYED_LOGO_HEIGHT = 40


class OfficeSettingsQuerySet(models.QuerySet):
    def current(self):
        """Return the row without the logo's content. It costs as much to read as the version of a cached one would."""
        return self.defer("logo").first() or OfficeSettings(pk=OfficeSettings.PK)


class OfficeSettings(models.Model):
    """The only row of its table. OFFICE_NAME and OFFICE_EMAIL of the environment replace an empty name and address."""

    PK = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=PK, editable=False)
    name = NameField(_("name of the office"), blank=True)
    email = models.EmailField(_("email address for questions"), blank=True)
    accent_color = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[colors.validate_light_accent],
        help_text=_(
            "The colour of links and buttons, such as #1d4e6b. It has to be dark. If it is empty, the site's own "
            "colour is used."
        ),
    )
    dark_accent_color = models.CharField(
        _("accent colour on dark screens"),
        max_length=7,
        blank=True,
        validators=[colors.validate_dark_accent],
        help_text=_("The same for visitors whose screens are set to dark, such as #8cc4e4. It has to be light."),
    )
    introduction = TranslatedTextField(
        _("introduction"),
        help_text=_("It is above the list of partners. If it is empty, one sentence says what the list is for."),
    )
    how_to_apply = TranslatedTextField(
        _("how to apply"), help_text=_("It is on the page of each university. An empty line begins a new paragraph.")
    )
    dismissed_steps = models.JSONField(_("dismissed first steps"), default=list, editable=False)
    logo = models.BinaryField(_("logo"), default=b"", editable=False)
    logo_hash = models.CharField(_("logo"), max_length=16, blank=True, editable=False)
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = OfficeSettingsQuerySet.as_manager()
    history = ProtectingHistory(excluded_fields=["logo", "logo_width", "logo_height"])

    class Meta:
        verbose_name = _("settings of the office")
        verbose_name_plural = _("settings of the office")
        constraints = [CheckConstraint(condition=Q(pk=1), name="office_settings_single_row")]

    def __str__(self):
        return self.display_name

    @property
    def display_name(self):
        return self.name or settings.OFFICE_NAME

    @property
    def contact_email(self):
        return self.email or settings.OFFICE_EMAIL

    @property
    def sender(self):
        """The sender of mails to people: the office's name with the address that the mail server is set up for."""
        return formataddr((self.display_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))

    @property
    def logo_url(self):
        return reverse("office_logo", args=[self.logo_hash])

    @property
    def displayed_logo_width(self):
        """The width in pixels of the logo at the height that pages show it in."""
        return round(self.logo_width * DISPLAYED_LOGO_HEIGHT / self.logo_height)

    @property
    def stylesheet(self):
        """The style sheet that replaces the accent colours of the public pages, or an empty string."""
        if not (self.accent_color or self.dark_accent_color):
            return ""
        schemes = colors.color_schemes()
        light = self.accent_color or schemes[colors.LIGHT]["--accent"]
        dark = self.dark_accent_color or schemes[colors.DARK]["--accent"]
        return f":root {{ --accent: light-dark({light}, {dark}); }}\n"

    @property
    def stylesheet_hash(self):
        return short_hash(self.stylesheet.encode()) if self.stylesheet else ""

    def set_logo(self, name, content):
        """Replace the logo. Raise ValidationError for what is no PNG, or too large."""
        if len(content) > MAX_LOGO_BYTES:
            message = _("“%(name)s” has %(size)d KB, and a logo at most %(most)d KB. Make it smaller.")
            params = {"name": name, "size": len(content) / 1000, "most": MAX_LOGO_BYTES / 1000}
            raise ValidationError(message, "too_large", params)
        width, height = read_png_size(name, content)
        if height not in LOGO_HEIGHTS or not 0 < width <= height * MAX_LOGO_RATIO:
            message = _(
                "“%(name)s” is %(width)d pixels wide and %(height)d high. A logo is 40 to 1,000 pixels high, and at "
                "most eight times as wide."
            )
            raise ValidationError(message, "size", {"name": name, "width": width, "height": height})
        self.logo, self.logo_hash, self.logo_width, self.logo_height = content, short_hash(content), width, height

    def remove_logo(self):
        self.logo, self.logo_hash, self.logo_width, self.logo_height = b"", "", 0, 0


def short_hash(content):
    return hashlib.sha256(content).hexdigest()[:16]
