from django.contrib.postgres.operations import CreateCollation
from django.db import migrations


class CreateCollationOnPostgreSQL(CreateCollation):
    """Django's operation looks at the kind of database on its way forwards only."""

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    """Gives PostgreSQL the byte order that SQLite has under the same name."""

    initial = True
    dependencies = []
    operations = [CreateCollationOnPostgreSQL("BINARY", locale="C")]
