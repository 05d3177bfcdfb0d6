# The delegations of the offline root, each following the one before it.

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuers', '0002_signing_orders'),
    ]

    operations = [
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('seq', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('thumbprint', models.CharField(db_index=True, help_text='Of the directory key.', max_length=43)),
                ('body', models.TextField(help_text='A compact JWS, typ delegation+jwt')),
                ('not_before', models.DateTimeField()),
                ('not_after', models.DateTimeField()),
                ('installed_at', models.DateTimeField()),
                ('follows', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.delegation')),
            ],
            options={
                'ordering': ('-seq',),
                'constraints': [models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('follows_id', models.Value(0)), name='delegations_form_one_row'), models.CheckConstraint(condition=models.Q(('follows__isnull', True), ('seq__gt', models.F('follows')), _connector='OR'), name='delegation_seq_rises'), models.CheckConstraint(condition=models.Q(('not_after__gt', models.F('not_before'))), name='delegation_ends_after_start')],
            },
        ),
    ]
