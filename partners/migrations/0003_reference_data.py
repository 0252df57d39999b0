from django.db import migrations

from partners import reference


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0002_register"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(reference.add_countries, migrations.RunPython.noop),
        migrations.RunPython(reference.add_agreement_types, migrations.RunPython.noop),
        migrations.RunPython(reference.add_groups, migrations.RunPython.noop),
    ]
