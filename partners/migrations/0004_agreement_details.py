import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import partners.fields


class Migration(migrations.Migration):
    dependencies = [
        ("partners", "0003_reference_data"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="contact",
            field=partners.fields.NoteField(
                blank=True,
                help_text="Name, email, telephone. Never shown to the public.",
                verbose_name="contact at the partner",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="ended_on",
            field=models.DateField(blank=True, null=True, verbose_name="ended on"),
        ),
        migrations.AddField(
            model_name="agreement",
            name="fields_of_study",
            field=partners.fields.NameField(
                blank=True, help_text="Empty means all of them.", max_length=200, verbose_name="fields of study"
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="language_requirement",
            field=partners.fields.NameField(
                blank=True,
                help_text="Such as: English B2, or German B1.",
                max_length=200,
                verbose_name="language requirement",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="next_step",
            field=partners.fields.NameField(
                blank=True,
                help_text="What has to happen next. The worklist shows it.",
                max_length=200,
                verbose_name="next step",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="notes",
            field=partners.fields.NoteField(
                blank=True, help_text="Never shown to the public.", verbose_name="internal notes"
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="places_in",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Students whom they may send in an academic year.",
                null=True,
                verbose_name="places in",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="places_out",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Students whom we may send in an academic year.",
                null=True,
                verbose_name="places out",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="responsible",
            field=models.ForeignKey(
                blank=True,
                help_text="Who is reminded of its end, and of it standing still.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="agreements",
                to=settings.AUTH_USER_MODEL,
                verbose_name="coordinator responsible",
            ),
        ),
        migrations.AddField(
            model_name="agreement",
            name="study_levels",
            field=partners.fields.LevelsField(blank=True, max_length=60, verbose_name="study levels"),
        ),
        migrations.AddField(
            model_name="agreementtype",
            name="places_in",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="places in"),
        ),
        migrations.AddField(
            model_name="agreementtype",
            name="places_out",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="For a consortium: what all its universities share in an academic year.",
                null=True,
                verbose_name="places out",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="contact",
            field=partners.fields.NoteField(
                blank=True,
                help_text="Name, email, telephone. Never shown to the public.",
                verbose_name="contact at the partner",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="ended_on",
            field=models.DateField(blank=True, null=True, verbose_name="ended on"),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="fields_of_study",
            field=partners.fields.NameField(
                blank=True, help_text="Empty means all of them.", max_length=200, verbose_name="fields of study"
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="language_requirement",
            field=partners.fields.NameField(
                blank=True,
                help_text="Such as: English B2, or German B1.",
                max_length=200,
                verbose_name="language requirement",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="next_step",
            field=partners.fields.NameField(
                blank=True,
                help_text="What has to happen next. The worklist shows it.",
                max_length=200,
                verbose_name="next step",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="notes",
            field=partners.fields.NoteField(
                blank=True, help_text="Never shown to the public.", verbose_name="internal notes"
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="places_in",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Students whom they may send in an academic year.",
                null=True,
                verbose_name="places in",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="places_out",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Students whom we may send in an academic year.",
                null=True,
                verbose_name="places out",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="responsible",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Who is reminded of its end, and of it standing still.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="coordinator responsible",
            ),
        ),
        migrations.AddField(
            model_name="historicalagreement",
            name="study_levels",
            field=partners.fields.LevelsField(blank=True, max_length=60, verbose_name="study levels"),
        ),
        migrations.AddField(
            model_name="historicalagreementtype",
            name="places_in",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="places in"),
        ),
        migrations.AddField(
            model_name="historicalagreementtype",
            name="places_out",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="For a consortium: what all its universities share in an academic year.",
                null=True,
                verbose_name="places out",
            ),
        ),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "ended"), ("ended_on", None), _connector="OR"),
                name="agreement_ended_on_is_of_ended",
                violation_error_message="Only an ended agreement has a day on which it ended.",
            ),
        ),
    ]
