"""Endorsements of courses and providers, and the list in which each endorser withdraws them."""

import django.db.models.deletion
import django.db.models.functions.comparison
import issuers.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('credentials', '0017_lists_with_proofs'),
        ('issuers', '0007_publication_source'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Endorsement',
            fields=[
                ('id', models.CharField(default=issuers.models.random_token, editable=False, max_length=22, primary_key=True, serialize=False)),
                ('comment_fr', models.CharField(blank=True, max_length=500)),
                ('comment_ar', models.CharField(blank=True, max_length=500)),
                ('slot', models.PositiveIntegerField(help_text="Its bit in the endorser's list, by lot")),
                ('endorsed_at', models.DateTimeField()),
                ('body', models.TextField(blank=True, default='', help_text='The EndorsementCredential, once signed')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('refused_at', models.DateTimeField(blank=True, help_text='Since when its owner shows it not', null=True)),
                ('achievement', models.ForeignKey(blank=True, help_text='Empty where the owner itself is endorsed', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endorsements', to='credentials.achievement')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endorser', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endorsements_given', to='issuers.issuer')),
                ('key', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.signingkey')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='endorsements_received', to='issuers.issuer')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('endorsed_at', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('endorser__isnull', True), models.Q(('endorser', models.F('owner')), _negated=True), _connector='OR'), name='nobody_endorses_herself'), models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), models.F('achievement_id'), condition=models.Q(('achievement__isnull', False), ('withdrawn_at__isnull', True)), name='one_endorsement_a_course'), models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), models.F('owner_id'), condition=models.Q(('achievement__isnull', True), ('withdrawn_at__isnull', True)), name='one_endorsement_a_provider'), models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), models.F('slot'), name='one_endorsement_a_slot'), models.CheckConstraint(condition=models.Q(('slot__lt', 131072)), name='endorsement_slot_in_list'), models.CheckConstraint(condition=models.Q(models.Q(('comment_fr', ''), _negated=True), models.Q(('comment_ar', ''), _negated=True), _connector='OR'), name='endorsement_says_something'), models.CheckConstraint(condition=models.Q(models.Q(('body', ''), ('key__isnull', True)), models.Q(models.Q(('body', ''), _negated=True), ('key__isnull', False)), _connector='OR'), name='endorsement_signed_by_a_key'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='endorsement_withdrawn_by_somebody')],
            },
        ),
        migrations.CreateModel(
            name='EndorsementList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('changes', models.PositiveBigIntegerField(default=0, help_text='How often a bit changed')),
                ('signed_changes', models.PositiveBigIntegerField(default=0, help_text='The changes that it holds, at least')),
                ('body', models.TextField(blank=True, default='')),
                ('etag', models.CharField(blank=True, default='', max_length=43)),
                ('stale_at', models.DateTimeField(blank=True, help_text='To be signed anew from this moment on', null=True)),
                ('endorser', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='endorsement_list', to='issuers.issuer')),
                ('key', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.signingkey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.comparison.Coalesce('endorser_id', models.Value(0)), name='one_list_an_endorser')],
            },
        ),
    ]
