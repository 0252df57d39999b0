import uuid

import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import partners.fields
import partners.rules


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("partners", "0001_binary_collation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AgreementType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                ("name_key", partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name",))),
                (
                    "search_text",
                    partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name", "other_names")),
                ),
                (
                    "name",
                    partners.fields.NameField(
                        max_length=200, validators=[partners.rules.single_term], verbose_name="name"
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True, blank=True, max_length=200, unique=True, verbose_name="address"
                    ),
                ),
                (
                    "description",
                    partners.fields.NoteField(
                        blank=True,
                        help_text="What it means for a student. Shown on the public pages.",
                        verbose_name="description",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Types are listed in this order, here, in files and on the public pages.",
                        verbose_name="position",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreement type",
                "verbose_name_plural": "agreement types",
                "ordering": ["position", "name_key"],
                "constraints": [
                    models.UniqueConstraint(fields=("name_key",), name="agreement_type_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(
                                ("name__startswith", "="),
                                ("name__startswith", "+"),
                                ("name__startswith", "-"),
                                ("name__startswith", "@"),
                                _connector="OR",
                                _negated=True,
                            ),
                        ),
                        name="agreement_type_name_is_plain",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[("in_process", "in process"), ("signed", "signed"), ("ended", "ended")],
                        default="in_process",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signed on")),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="The last day. Empty means open-ended.",
                        null=True,
                        verbose_name="valid until",
                    ),
                ),
                (
                    "agreement_type",
                    models.ForeignKey(
                        blank=True,
                        help_text="May stay unknown while the agreement is in process.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
                        to="partners.agreementtype",
                        verbose_name="agreement type",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreement",
                "verbose_name_plural": "agreements",
            },
        ),
        migrations.CreateModel(
            name="Country",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", partners.fields.NameField(max_length=200, verbose_name="name")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                ("name_key", partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name",))),
                (
                    "search_text",
                    partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name", "other_names")),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="The two letters of ISO 3166-1, such as DE.",
                        max_length=2,
                        unique=True,
                        validators=[partners.rules.country_code],
                        verbose_name="code",
                    ),
                ),
            ],
            options={
                "verbose_name": "country or territory",
                "verbose_name_plural": "countries and territories",
                "ordering": ["name_key"],
                "constraints": [
                    models.UniqueConstraint(fields=("name_key",), name="country_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("name", ""), _negated=True),
                            models.Q(
                                ("name__startswith", "="),
                                ("name__startswith", "+"),
                                ("name__startswith", "-"),
                                ("name__startswith", "@"),
                                _connector="OR",
                                _negated=True,
                            ),
                        ),
                        name="country_name_is_plain",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAgreementType",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                (
                    "name",
                    partners.fields.NameField(
                        max_length=200, validators=[partners.rules.single_term], verbose_name="name"
                    ),
                ),
                ("slug", models.SlugField(allow_unicode=True, blank=True, max_length=200, verbose_name="address")),
                (
                    "description",
                    partners.fields.NoteField(
                        blank=True,
                        help_text="What it means for a student. Shown on the public pages.",
                        verbose_name="description",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Types are listed in this order, here, in files and on the public pages.",
                        verbose_name="position",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical agreement type",
                "verbose_name_plural": "historical agreement types",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCountry",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", partners.fields.NameField(max_length=200, verbose_name="name")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        db_index=True,
                        help_text="The two letters of ISO 3166-1, such as DE.",
                        max_length=2,
                        validators=[partners.rules.country_code],
                        verbose_name="code",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical country or territory",
                "verbose_name_plural": "historical countries and territories",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="uploaded")),
                ("accepted_at", models.DateTimeField(null=True, verbose_name="imported")),
                ("new", models.PositiveIntegerField(default=0, verbose_name="new")),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
                ("undone_at", models.DateTimeField(null=True, verbose_name="undone")),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="undone by",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "import run",
                "verbose_name_plural": "import runs",
                "ordering": ["-accepted_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalUniversity",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("name", partners.fields.NameField(max_length=200, verbose_name="name")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                ("city", partners.fields.NameField(blank=True, max_length=200, verbose_name="city")),
                ("website", models.URLField(blank=True, verbose_name="website")),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        blank=True,
                        help_text="The last part of its public address. Made from the name when left empty.",
                        max_length=200,
                        verbose_name="address",
                    ),
                ),
                (
                    "is_listed",
                    models.BooleanField(
                        default=True,
                        help_text="Untick to keep this university off the public list.",
                        verbose_name="on the public list",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "country",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="partners.country",
                        verbose_name="country or territory",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="partners.importrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical university",
                "verbose_name_plural": "historical universities",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="University",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", partners.fields.NameField(max_length=200, verbose_name="name")),
                (
                    "other_names",
                    partners.fields.NamesField(
                        blank=True,
                        help_text="One per line. An import and a search find these as well.",
                        verbose_name="other names",
                    ),
                ),
                ("name_key", partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name",))),
                ("city", partners.fields.NameField(blank=True, max_length=200, verbose_name="city")),
                ("website", models.URLField(blank=True, verbose_name="website")),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        blank=True,
                        help_text="The last part of its public address. Made from the name when left empty.",
                        max_length=200,
                        unique=True,
                        verbose_name="address",
                    ),
                ),
                (
                    "is_listed",
                    models.BooleanField(
                        default=True,
                        help_text="Untick to keep this university off the public list.",
                        verbose_name="on the public list",
                    ),
                ),
                (
                    "search_text",
                    partners.fields.KeyField(db_collation="BINARY", editable=False, of=("name", "other_names", "city")),
                ),
                (
                    "agreement_types",
                    models.ManyToManyField(
                        related_name="universities",
                        through="partners.Agreement",
                        to="partners.agreementtype",
                        verbose_name="agreement types",
                    ),
                ),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="universities",
                        to="partners.country",
                        verbose_name="country or territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "university",
                "verbose_name_plural": "universities",
                "ordering": ["name_key"],
                "permissions": [
                    ("import_university", "Can import the office's list"),
                    ("export_university", "Can export the office's list"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalAgreement",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[("in_process", "in process"), ("signed", "signed"), ("ended", "ended")],
                        default="in_process",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="signed on")),
                ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
                (
                    "valid_until",
                    models.DateField(
                        blank=True,
                        help_text="The last day. Empty means open-ended.",
                        null=True,
                        verbose_name="valid until",
                    ),
                ),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "agreement_type",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="May stay unknown while the agreement is in process.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="partners.agreementtype",
                        verbose_name="agreement type",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "import_run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="partners.importrun",
                    ),
                ),
                (
                    "university",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="partners.university",
                        verbose_name="university",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical agreement",
                "verbose_name_plural": "historical agreements",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="agreement",
            name="university",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="agreements",
                to="partners.university",
                verbose_name="university",
            ),
        ),
        migrations.AddConstraint(
            model_name="university",
            constraint=models.UniqueConstraint(
                fields=("country", "name_key"), name="university_name_unique_in_country"
            ),
        ),
        migrations.AddConstraint(
            model_name="university",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(
                        ("name__startswith", "="),
                        ("name__startswith", "+"),
                        ("name__startswith", "-"),
                        ("name__startswith", "@"),
                        _connector="OR",
                        _negated=True,
                    ),
                ),
                name="university_name_is_plain",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["in_process", "signed", "ended"])), name="agreement_status_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "signed"), _negated=True), ("agreement_type__isnull", False), _connector="OR"
                ),
                name="agreement_signed_needs_type",
                violation_error_message="A signed agreement needs an agreement type.",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("valid_from"))),
                name="agreement_dates_in_order",
                violation_error_message="Valid until is before valid from.",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "signed")),
                fields=("university", "agreement_type"),
                name="agreement_one_signed_of_a_type",
                violation_error_message="This university already has a signed agreement of this type. End that one, or renew it.",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "in_process")),
                fields=("university", "agreement_type"),
                name="agreement_one_in_process_of_a_type",
                violation_error_message="This university already has an agreement of this type in process. Continue with that one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("agreement_type__isnull", True), ("status", "in_process")),
                fields=("university",),
                name="agreement_one_in_process_of_unknown_type",
                violation_error_message="This university already has an agreement of unknown type in process. Give that one its type first.",
            ),
        ),
    ]
