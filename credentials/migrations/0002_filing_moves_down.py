"""Filing, which passport made, belongs here from now on; its table stays as it is."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0001_awards_and_credentials"),
        ("passport", "0004_filing_moves_down"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[
        migrations.CreateModel(
            name='Filing',
            fields=[
                ('credential', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='filing', serialize=False, to='credentials.credential')),
                ('outcome', models.CharField(choices=[('filed', 'In a passport'), ('proposed', "Waiting for the learner's word"), ('unclaimed', 'Nobody found yet')], max_length=10)),
                ('considered_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'passport_filing',
            },
        ),
        ]),
    ]
