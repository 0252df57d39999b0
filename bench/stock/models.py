from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=200, unique=True)

    def __str__(self):
        return self.name


class AgreementType(models.Model):
    name = models.CharField(max_length=200, unique=True)

    def __str__(self):
        return self.name


class University(models.Model):
    country = models.ForeignKey(Country, models.PROTECT)
    name = models.CharField(max_length=200)
    agreement_types = models.ManyToManyField(AgreementType)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "name"], name="university_unique")]

    def __str__(self):
        return self.name
