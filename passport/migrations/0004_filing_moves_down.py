"""Filing belongs to credentials from now on; its table stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("passport", "0003_codes")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Filing")]),
    ]
