from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import migrations


def hash_codes(apps, schema_editor):
    """The codes that people have in their drawers go on opening. Sessions of before ended with the upgrade."""
    old, new = apps.get_model("otp_static", "StaticDevice"), apps.get_model("logins", "RecoveryCodes")
    for device in old.objects.prefetch_related("token_set"):
        hashes = [make_password(each.token) for each in device.token_set.all()]
        new.objects.create(user_id=device.user_id, name=device.name, hashes=hashes)
    old.objects.all().delete()
    apps.get_model("sessions", "Session").objects.all().delete()


def forget_codes(apps, schema_editor):
    """What is hashed cannot be read back: new codes have to be made."""
    apps.get_model("logins", "RecoveryCodes").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("logins", "0001_sign_ins"),
        ("otp_static", "0003_add_timestamps"),
        ("sessions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(hash_codes, forget_codes)]
