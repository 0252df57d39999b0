"""The filters by what an agreement offers: the choices that the register has, and the condition that they make."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from partners.enums import StudyLevel
from partners.fields_of_study import field_title, titles_by_code
from partners.language_skills import LEVELS, LanguageSkill, decode, language_name
from partners.wanted_offer import UNKNOWN_TERM, WantedOffer

OFFER_PARAMS = ["level", "field", "language"]
"""Parameters of which nothing may be recorded for a partner."""


def wanted_offer(selected, terms):
    """Return the WantedOffer of selected values by parameter. A language and its level are joined by a hyphen.

    The terms are those that the list offers, by value.
    """
    languages = [value.replace("-", " ") for value in selected["language"]]
    days = [terms[value].days if value in terms else UNKNOWN_TERM for value in selected["term"]]
    return WantedOffer(tuple(selected["level"]), tuple(selected["field"]), tuple(languages), *days[:1])


def is_valid_offer_value(name, value):
    if name == "level":
        return value in StudyLevel
    if name == "field":
        return value in titles_by_code()
    code, _hyphen, level = value.partition("-")
    return language_name(code) != code and level in ("", *LEVELS)


def offered_values(offers):
    """Return the values of each of OFFER_PARAMS that are recorded in an offer, in the order of the choices.

    Fields are broad and narrow ones. Languages are each without a level and with the levels that tell offers apart.
    """
    levels = {level for stored, _fields, _languages in offers for level in stored.split(",")}
    fields = {code[:length] for _levels, stored, _languages in offers for code in stored.split() for length in (2, 3)}
    languages = {skill.code for _levels, _fields, stored in offers for skill in decode(stored)}
    skills = [(code, level) for code in sorted(languages, key=language_name) for level in ("", *LEVELS)]
    return {
        "level": [level for level in StudyLevel.values if level in levels],
        "field": [code for code in titles_by_code() if code in fields],
        "language": ["-".join(filter(None, skill)) for skill in skills],
    }


def offer_options(offers, selected):
    """Return labels by value of each of OFFER_PARAMS: what is recorded in an offer, and what is selected."""
    labels = {"level": _level_label, "field": field_title, "language": _language_label}
    return {
        name: {value: labels[name](value) for value in [*values, *(set(selected[name]) - set(values))]}
        for name, values in offered_values(offers).items()
    }


def _level_label(value):
    return capfirst(StudyLevel(value).label) if value in StudyLevel else value


def _language_label(value):
    code, _hyphen, level = value.partition("-")
    return _("with %s or less") % str(LanguageSkill(code, level)) if level else language_name(code)
