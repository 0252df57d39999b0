"""Which passwords are refused: those that somebody would try first who knows what this site is.

There are no rules on what kinds of characters a password has to have: length is what counts.
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
"""What an exchange office speaks of all day. The words of its own name count as well."""
MIN_REMAINING_LENGTH = 8


class PaddedCommonPasswordValidator(CommonPasswordValidator):
    """A common password stays one with a year and an exclamation mark around it."""

    def validate(self, password, user=None):
        super().validate(password, user)
        super().validate(password.strip(PADDING), user)

    def password_changed(self, password, user=None):
        """Django tells its validators of a new password, whichever way it came."""
        log_event("password changed", user)


class GuessableWordsValidator:
    """A word that everybody here would guess does not make a password longer."""

    def validate(self, password, user=None):
        words = {*GUESSABLE_WORDS, *re.findall(r"\w{4,}", settings.OFFICE_NAME.lower())}
        found = sorted(word for word in words if word in password.lower())
        besides = re.sub("|".join(map(re.escape, found)), "", password.lower())
        if found and len(besides) < MIN_REMAINING_LENGTH:
            raise ValidationError(
                _("Besides “%(words)s”, which is guessed easily here, it needs at least %(fewest)s characters."),
                code="office_words",
                params={"words": ", ".join(found), "fewest": MIN_REMAINING_LENGTH},
            )

    def get_help_text(self):
        return _("Words that an exchange office uses every day do not count.")
