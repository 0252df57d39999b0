"""Factories of valid objects with minimal values, and hypothesis strategies of names and notes."""

import factory
from django.contrib.auth.models import User
from hypothesis import strategies as st

from partners.enums import AgreementStatus, Direction
from partners.fields import MAX_NAME_LENGTH
from partners.groups import get_group
from partners.models import Agreement, AgreementType, Country, Document, Mobility, University
from partners.name_normalization import normalize_name
from partners.validators import CONTROL_CHARACTERS_RE
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
