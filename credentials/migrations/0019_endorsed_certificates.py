"""Endorsements of one person's certificate, which its holder shows or not."""

import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credentials', '0018_endorsements'),
        ('issuers', '0007_publication_source'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='endorsement',
            name='one_endorsement_a_provider',
        ),
        migrations.RemoveConstraint(
            model_name='endorsement',
            name='endorsement_says_something',
        ),
        migrations.RemoveConstraint(
            model_name='endorsement',
            name='endorsement_withdrawn_by_somebody',
        ),
        migrations.AddField(
            model_name='endorsement',
            name='credential',
            field=models.ForeignKey(blank=True, help_text="The one person's certificate that it is about", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endorsements', to='credentials.credential'),
        ),
        migrations.AddField(
            model_name='endorsement',
            name='erased_at',
            field=models.DateTimeField(blank=True, help_text='When the certificate was erased, and with it what this says', null=True),
        ),
        migrations.AddField(
            model_name='endorsement',
            name='shown_at',
            field=models.DateTimeField(blank=True, help_text='Since when the holder of the certificate shows it', null=True),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), models.F('owner_id'), condition=models.Q(('achievement__isnull', True), ('credential__isnull', True), ('withdrawn_at__isnull', True)), name='one_endorsement_a_provider'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), models.F('credential_id'), condition=models.Q(('credential__isnull', False), ('withdrawn_at__isnull', True)), name='one_endorsement_a_certificate'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.CheckConstraint(condition=models.Q(('achievement__isnull', True), ('credential__isnull', True), _connector='OR'), name='endorsement_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.CheckConstraint(condition=models.Q(('shown_at__isnull', True), models.Q(('credential__isnull', False), ('refused_at__isnull', True)), _connector='OR'), name='endorsement_shown_by_a_holder'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at__isnull', True), models.Q(('body', ''), ('comment_ar', ''), ('comment_fr', ''), ('credential__isnull', False), ('shown_at__isnull', True)), _connector='OR'), name='endorsement_erased_says_nothing'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('comment_fr', ''), _negated=True), models.Q(('comment_ar', ''), _negated=True), ('erased_at__isnull', False), _connector='OR'), name='endorsement_says_something'),
        ),
        migrations.AddConstraint(
            model_name='endorsement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), models.Q(('erased_at__isnull', False), ('withdrawn_at__isnull', False)), _connector='OR'), name='endorsement_withdrawn_by_somebody'),
        ),
    ]
