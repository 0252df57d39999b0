"""Objects with the fewest values that make them valid."""

import factory

from partners.models import Agreement, AgreementType, Country, University
from partners.rules import Status


class UniversityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = University

    country = factory.LazyFunction(lambda: Country.objects.get(code="DE"))
    name = factory.Sequence("University of Town {}".format)


class AgreementFactory(factory.django.DjangoModelFactory):
    """Signed, open-ended and bilateral."""

    class Meta:
        model = Agreement

    university = factory.SubFactory(UniversityFactory)
    agreement_type = factory.LazyFunction(lambda: AgreementType.objects.get(slug="bilateral"))
    status = Status.SIGNED
