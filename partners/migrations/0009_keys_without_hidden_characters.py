from contextlib import suppress

from django.db import IntegrityError, migrations, transaction

from partners.fields import KeyField


def renew_keys(apps, schema_editor):
    """Where two names have become the same, the later one keeps its key until somebody changes it."""
    for name in ("Country", "AgreementType", "University"):
        model = apps.get_model("partners", name)
        keys = [field for field in model._meta.fields if isinstance(field, KeyField)]
        for row in list(model.objects.order_by("pk")):
            before = [getattr(row, key.name) for key in keys]
            after = [key.pre_save(row, add=False) for key in keys]
            if after != before:
                with suppress(IntegrityError), transaction.atomic():
                    row.save(update_fields=[key.name for key in keys])


class Migration(migrations.Migration):
    dependencies = [("partners", "0008_list_indexes")]

    operations = [migrations.RunPython(renew_keys, migrations.RunPython.noop)]
