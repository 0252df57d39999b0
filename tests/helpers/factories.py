"""Factories of valid objects with minimal values, and hypothesis strategies of names and notes."""

from datetime import date
from itertools import count, islice

import factory
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from hypothesis import strategies as st

from partners.enums import AgreementStatus, Direction, MobilityKind, StudyLevel
from partners.fields import MAX_NAME_LENGTH
from partners.fields_of_study import parse_codes, titles_by_code
from partners.groups import get_group
from partners.language_skills import LEVELS
from partners.models import (
    Agreement,
    AgreementType,
    ApplicationRound,
    Country,
    Document,
    Institution,
    Mobility,
    Term,
    University,
)
from partners.name_normalization import matching_key, normalize_name
from partners.ror_ids import find_ror_id
from partners.validators import ACADEMIC_YEARS, CONTROL_CHARACTERS_RE
from tests.helpers.files import PDF, upload

HOSTILE = [
    *"\";,/&|'’“`=+-@()",
    *[" ", "\u00a0", "\u200b", "\u200f", "\u202e", "\ufeff", "\u0301", "\u093f", "\u3099"],
    *["Université", "Łódź", "Straße", "東京", "جامعة", "🎓", "İ", "ﬁ", "A\u030a"],
    *[" and ", "and", " + ", "in process", "(in process)", "=1+1", '"Tor Vergata"', '"",""', "W" * 150],
]


class UniversityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = University

    country = factory.LazyFunction(lambda: Country.objects.get(code="DE"))
    name = factory.Sequence("University of Town {}".format)


class InstitutionFactory(factory.django.DjangoModelFactory):
    """The Technical University of Munich, with some of its names."""

    class Meta:
        model = Institution

    ror_id = "02kkvpp62"
    name = "Technical University of Munich"
    names = "Technical University of Munich\nTechnische Universität München"
    acronyms = "TUM"
    country_code = "DE"
    city = "Munich"
    website = "https://www.tum.de"
    domains = "tum.de"


class AgreementFactory(factory.django.DjangoModelFactory):
    """A signed, open-ended, bilateral agreement."""

    class Meta:
        model = Agreement

    university = factory.SubFactory(UniversityFactory)
    agreement_type = factory.LazyFunction(lambda: AgreementType.objects.get(slug="bilateral"))
    status = AgreementStatus.SIGNED


class MobilityFactory(factory.django.DjangoModelFactory):
    """Studies of students whom we send; nothing else is recorded."""

    class Meta:
        model = Mobility

    agreement = factory.SubFactory(AgreementFactory)


class ApplicationRoundFactory(factory.django.DjangoModelFactory):
    """A round of the winter term 2027/28, for agreements of all types."""

    class Meta:
        model = ApplicationRound

    term = factory.LazyFunction(lambda: Term.objects.get(first_day="09-01"))
    first_year = 2027
    closes = date(2027, 2, 15)


class DocumentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Document

    agreement = factory.SubFactory(AgreementFactory)

    @classmethod
    def _create(cls, model, name="agreement.pdf", content=PDF, **values):
        document = model.from_upload(upload(name, content), **values)
        document.full_clean()
        document.save()
        return document


def names():
    """Valid names, most of them difficult to write to a file and to read back."""
    pieces = st.one_of(st.sampled_from(HOSTILE), st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
    candidates = st.lists(pieces, min_size=1, max_size=8).map("".join).map(normalize_name)
    return candidates.filter(
        lambda name: (
            0 < len(name) <= MAX_NAME_LENGTH and name[0] not in "=+-@" and not CONTROL_CHARACTERS_RE.search(name)
        )
    )


def notes():
    """Multi-line texts with any line ends; some lines would be invalid as a name."""
    lines = st.just("") | names() | st.sampled_from(["=1+1", "\t@a\tb", "- two  spaces", "'=", "'", "+49 30 1"])
    line_ends = st.sampled_from(["\n", "\r\n", "\r"])
    return st.tuples(st.lists(lines, max_size=4), line_ends).map(lambda drawn: drawn[1].join(drawn[0]))


def mobility_values():
    """Valid values of a mobility by field name, as they are stored."""
    levels = st.sets(st.sampled_from(StudyLevel)).map(lambda chosen: ",".join(x for x in StudyLevel if x in chosen))
    codes = st.lists(st.sampled_from(list(titles_by_code())), max_size=5).map(" ".join)
    years = st.none() | st.integers(min(ACADEMIC_YEARS), max(ACADEMIC_YEARS))
    values = st.fixed_dictionaries(
        {
            "direction": st.sampled_from(Direction),
            "kind": st.sampled_from(MobilityKind),
            "places": st.none() | st.integers(0, 32_767),
            "duration": st.none() | st.decimals(0, 9999, places=2),
            "study_levels": levels,
            "fields_of_study": st.just("all") | codes.map(lambda text: " ".join(parse_codes(text))),
            "fields_note": st.just("") | names().filter(matching_key),
            "languages": st.sampled_from(["", "en B2", f"fr {LEVELS[0]},he"]),
            "is_blended": st.booleans(),
            "first_year": years,
            "last_year": years,
        }
    )
    return values.filter(_is_valid_mobility)


def _is_valid_mobility(values):
    try:
        Mobility(**values).clean()
    except ValidationError:
        return False
    return True


def partners(count, first=1):
    """Create ``count`` universities with a bilateral agreement each, in two queries and without history."""
    germany, bilateral = Country.objects.get(code="DE"), AgreementType.objects.get(slug="bilateral")
    numbers = range(first, first + count)
    universities = University.objects.bulk_create(
        University(country=germany, name=f"Partner {n:04}", slug=f"partner-{n:04}") for n in numbers
    )
    Agreement.objects.bulk_create(
        Agreement(university=university, agreement_type=bilateral, status=AgreementStatus.SIGNED)
        for university in universities
    )
    return universities


def institutions(count):
    """Create institutions of different ROR IDs, each with a name of its own, in one query."""
    return Institution.objects.bulk_create(
        InstitutionFactory.build(ror_id=ror_id, name=f"Institution {number}", names=f"Institution {number}")
        for number, ror_id in enumerate(islice(valid_ror_ids(), count))
    )


def valid_ror_ids():
    candidates = (f"0{number:06}{checksum:02}" for number in count() for checksum in range(100))
    return filter(find_ror_id, candidates)


def offers_of_partners(universities):
    """Create two outgoing and two incoming mobilities of each agreement, in two queries and without history."""
    Mobility.objects.bulk_create(
        Mobility(agreement=agreement, direction=direction, places=places, languages="en B2")
        for agreement in Agreement.objects.filter(university__in=universities)
        for direction in Direction
        for places in (1, 2)
    )


def create_staff(name, role=None):
    user = User.objects.create_user(name, is_staff=True)
    if role:
        user.groups.add(get_group(role))
    return user
