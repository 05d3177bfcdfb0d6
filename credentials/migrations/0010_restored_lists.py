"""A status list that was restored from a backup says so: no further slot of it is given out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credentials', '0009_held_batches'),
    ]

    operations = [
        migrations.AddField(
            model_name='statuslist',
            name='closed_at',
            field=models.DateTimeField(blank=True, help_text='From then on no slot is given out', null=True),
        ),
    ]
