from django.contrib.auth.hashers import make_password
from django.db import migrations
from django.db.models import Q


def make_passwords_unusable(apps, schema_editor):
    """An empty password counts as one that was forgotten, and could be reset by mail."""
    accounts = apps.get_model("auth", "User").objects.filter(is_superuser=False)
    signed_on = Q(pk__in=apps.get_model("logins", "UniversityIdentity").objects.values("user"))
    for account in accounts.filter(Q(password="") | signed_on).exclude(password__startswith="!"):  # noqa: S106
        account.password = make_password(None)
        account.save(update_fields=["password"])


class Migration(migrations.Migration):
    dependencies = [("logins", "0003_request_counts"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_passwords_unusable, migrations.RunPython.noop)]
