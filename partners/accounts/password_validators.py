"""Validators that reject guessable passwords.

There are no rules on kinds of characters: length matters more.
"""

import re
import string

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from partners.accounts.security_log import log_event

PADDING = string.digits + string.punctuation + string.whitespace
GUESSABLE_WORDS = {"agreement", "bilateral", "coordinator", "erasmus", "exchange", "office", "partner", "university"}
"""Words that are obvious for an exchange office. The words of ``OFFICE_NAME`` are added."""
MIN_REMAINING_LENGTH = 8


class PaddedCommonPasswordValidator(CommonPasswordValidator):
    """Reject common passwords, also with digits, punctuation or spaces around them."""

    def validate(self, password, user=None):
        super().validate(password, user)
        super().validate(password.strip(PADDING), user)

    def password_changed(self, password, user=None):
        # Django calls this hook for every new password, however it was set.
        log_event("password_changed", user)


class GuessableWordsValidator:
    """Require a minimum length of what remains without guessable words."""

    def validate(self, password, user=None):
        words = {*GUESSABLE_WORDS, *re.findall(r"\w{4,}", settings.OFFICE_NAME.lower())}
        found = sorted(word for word in words if word in password.lower())
        remaining = re.sub("|".join(map(re.escape, found)), "", password.lower())
        if found and len(remaining) < MIN_REMAINING_LENGTH:
            raise ValidationError(
                _("Besides “%(words)s”, which is guessed easily here, it needs at least %(minimum)s characters."),
                code="guessable_words",
                params={"words": ", ".join(found), "minimum": MIN_REMAINING_LENGTH},
            )

    def get_help_text(self):
        return _("Words that an exchange office uses every day do not count.")
