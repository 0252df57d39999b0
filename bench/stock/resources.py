from import_export import fields, resources, widgets

from bench.stock.models import AgreementType, Country, University


class UniversityResource(resources.ModelResource):
    country = fields.Field("country", "Country", widgets.ForeignKeyWidget(Country, "name"))
    name = fields.Field("name", "University name")
    agreement_types = fields.Field(
        "agreement_types", "Agreement type", widgets.ManyToManyWidget(AgreementType, field="name", separator="/")
    )

    class Meta:
        model = University
        fields = ["country", "name", "agreement_types"]
        import_id_fields = ["country", "name"]
