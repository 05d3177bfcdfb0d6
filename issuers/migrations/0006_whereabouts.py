"""The database remembers where it lives, so that one restored from a backup is noticed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuers', '0005_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='Whereabouts',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('place', models.CharField(help_text='See issuers/whereabouts.py', max_length=120)),
                ('restored_at', models.DateTimeField(blank=True, help_text='When it was last looked after, once restored from a backup', null=True)),
            ],
            options={
                'verbose_name_plural': 'whereabouts',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='whereabouts_is_one_row')],
            },
        ),
    ]
