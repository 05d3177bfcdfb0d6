"""Paper cards: what their secret and PIN are compared with; one holds at a time."""

import django.db.models.deletion
import issuers.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuers', '0007_publication_source'),
        ("passport", "0010_presentations"),
    ]

    operations = [
        migrations.CreateModel(
            name='Card',
            fields=[
                ('id', models.CharField(default=issuers.models.random_token, editable=False, max_length=22, primary_key=True, serialize=False)),
                ('secret_hash', models.CharField(help_text='SHA-256 of what its QR code holds', max_length=64, unique=True)),
                ('pin_hash', models.CharField(help_text='Slow hash of the PIN, keyed', max_length=64)),
                ('language', models.CharField(max_length=2)),
                ('issued_at', models.DateTimeField()),
                ('pin_set_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0, help_text='Wrong PINs since the last right one')),
                ('locks', models.PositiveSmallIntegerField(default=0, help_text='How often it was locked since then')),
                ('locked_until', models.DateTimeField(blank=True, null=True)),
                ('replaced_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-issued_at',),
            },
        ),
        migrations.AddField(
            model_name='card',
            name='house',
            field=models.ForeignKey(help_text='Whose desk', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.issuer'),
        ),
        migrations.AddField(
            model_name='card',
            name='issued_by',
            field=models.ForeignKey(blank=True, help_text='The clerk', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='card',
            name='learner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cards', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at__isnull', True)), fields=('learner',), name='one_living_card_a_learner'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('tries__lt', 5)), name='card_tried_five_times_is_locked'),
        ),
        migrations.AddConstraint(
            model_name='card',
            constraint=models.CheckConstraint(condition=models.Q(('replaced_at__isnull', True), ('replaced_at__gte', models.F('issued_at')), _connector='OR'), name='card_replaced_after_issued'),
        ),
    ]
