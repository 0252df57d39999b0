import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import partners.file_kinds
import partners.models.documents
from partners import reference


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0004_agreement_details"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalDocument",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        editable=False, max_length=200, validators=[partners.file_kinds.file_name], verbose_name="name"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pdf", "PDF"),
                            ("docx", "Word document"),
                            ("odt", "OpenDocument text"),
                            ("png", "PNG image"),
                            ("jpeg", "JPEG image"),
                        ],
                        editable=False,
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                ("size", models.PositiveIntegerField(editable=False, verbose_name="size")),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                (
                    "added_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="added"),
                ),
                (
                    "is_withdrawn",
                    models.BooleanField(
                        default=False,
                        help_text="It counts no longer, and stays here for the record.",
                        verbose_name="withdrawn",
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
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="partners.agreement",
                        verbose_name="agreement",
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
            ],
            options={
                "verbose_name": "historical document",
                "verbose_name_plural": "historical documents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.FileField(
                        editable=False,
                        storage=partners.models.documents.document_storage,
                        upload_to=partners.models.documents.random_name,
                        verbose_name="file",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        editable=False, max_length=200, validators=[partners.file_kinds.file_name], verbose_name="name"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pdf", "PDF"),
                            ("docx", "Word document"),
                            ("odt", "OpenDocument text"),
                            ("png", "PNG image"),
                            ("jpeg", "JPEG image"),
                        ],
                        editable=False,
                        max_length=4,
                        verbose_name="kind",
                    ),
                ),
                ("size", models.PositiveIntegerField(editable=False, verbose_name="size")),
                ("sha256", models.CharField(editable=False, max_length=64, verbose_name="SHA-256")),
                (
                    "added_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="added"),
                ),
                (
                    "is_withdrawn",
                    models.BooleanField(
                        default=False,
                        help_text="It counts no longer, and stays here for the record.",
                        verbose_name="withdrawn",
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "agreement",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="partners.agreement",
                        verbose_name="agreement",
                    ),
                ),
            ],
            options={
                "verbose_name": "document",
                "verbose_name_plural": "documents",
                "ordering": ["is_withdrawn", "-added_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_withdrawn", False)),
                        fields=("agreement", "sha256"),
                        name="document_once_in_an_agreement",
                        violation_error_message="The agreement has this document already.",
                    )
                ],
            },
        ),
        migrations.RunPython(reference.let_groups_have_documents, reference.take_documents_from_groups),
    ]
