"""Lists of people: rows with their own day, what was typed and what is wrong; chunks with their slots."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import issuers.models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0002_filing_moves_down"),
        ("issuers", "0001_register"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='award',
            name='awarded_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='award',
            name='line',
            field=models.PositiveIntegerField(default=0, help_text="The row's number in the list that came"),
        ),
        migrations.AddField(
            model_name='award',
            name='problems',
            field=models.JSONField(blank=True, default=list, help_text='[{field, code, value, …}]'),
        ),
        migrations.AddField(
            model_name='award',
            name='typed',
            field=models.JSONField(blank=True, help_text='field → text, as it came, while the row is wrong', null=True),
        ),
        migrations.AddField(
            model_name='batch',
            name='cancelled_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batch',
            name='client',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='issuers.apiclient'),
        ),
        migrations.AddField(
            model_name='batch',
            name='reading',
            field=models.JSONField(blank=True, default=dict, help_text='How the file was read: encoding, what was left out'),
        ),
        migrations.AddField(
            model_name='batch',
            name='file_name',
            field=models.CharField(blank=True, help_text='Of the list, as it was called', max_length=120),
        ),
        migrations.AddField(
            model_name='chunk',
            name='first_slot',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='chunk',
            name='status_list',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='credentials.statuslist'),
        ),
        migrations.AddField(
            model_name='message',
            name='settled_at',
            field=models.DateTimeField(blank=True, help_text='When the gateway said that it was delivered or refused', null=True),
        ),
    ]
