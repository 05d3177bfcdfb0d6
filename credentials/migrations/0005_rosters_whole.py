"""What the rows and chunks of lists must hold, and indexes that earn their keep."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import issuers.models


class Migration(migrations.Migration):
    dependencies = [("credentials", "0004_rosters_filled")]

    operations = [
        migrations.AlterField(
            model_name='award',
            name='awarded_on',
            field=models.DateField(),
        ),
        migrations.RemoveConstraint(
            model_name='award',
            name='award_slot_once',
        ),
        migrations.RemoveConstraint(
            model_name='award',
            name='award_names_a_person',
        ),
        migrations.RemoveIndex(
            model_name='award',
            name='award_by_state',
        ),
        migrations.RemoveField(
            model_name='award',
            name='status_index',
        ),
        migrations.RemoveField(
            model_name='award',
            name='status_list',
        ),
        migrations.AlterField(
            model_name='award',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='awards', to='credentials.batch'),
        ),
        migrations.AlterField(
            model_name='award',
            name='credential_id',
            field=models.CharField(default=issuers.models.random_token, editable=False, max_length=22),
        ),
        migrations.AlterField(
            model_name='award',
            name='person_hash',
            field=models.CharField(blank=True, help_text='Who, for telling a repeat: see awards.person_hash', max_length=64),
        ),
        migrations.AlterField(
            model_name='award',
            name='replaces',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement_awards', to='credentials.credential'),
        ),
        migrations.AlterField(
            model_name='award',
            name='state',
            field=models.CharField(choices=[('pending', 'Being prepared'), ('issued', 'Issued'), ('failed', 'Not issued'), ('duplicate', 'Already issued'), ('cancelled', 'Cancelled')], default='pending', max_length=10),
        ),
        migrations.AlterField(
            model_name='award',
            name='subject_id',
            field=models.UUIDField(default=uuid.uuid4, editable=False, help_text='urn:uuid of the subject, of this credential alone'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='accepted_at',
            field=models.DateTimeField(help_text='Of a draft: when it came in'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='awarded_on',
            field=models.DateField(help_text='For rows that name no day of their own'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='issuer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='issuers.issuer'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='state',
            field=models.CharField(choices=[('draft', 'To be looked through'), ('accepted', 'Accepted'), ('complete', 'Complete'), ('cancelled', 'Cancelled')], default='accepted', max_length=10),
        ),
        migrations.AlterField(
            model_name='chunk',
            name='batch',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chunks', to='credentials.batch'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='achievement',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='credentials.achievement'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='issuer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='issuers.issuer'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='key',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.signingkey'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='short_code',
            field=models.CharField(max_length=12),
        ),
        migrations.AlterField(
            model_name='credential',
            name='status_list',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='credentials', to='credentials.statuslist'),
        ),
        migrations.AlterField(
            model_name='message',
            name='credential',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='credentials.credential'),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('pending', 'Waiting'), ('sent', 'Sent'), ('delivered', 'Delivered'), ('bounced', 'Refused by the address'), ('failed', 'Not sent')], default='pending', max_length=9),
        ),
        migrations.AddIndex(
            model_name='award',
            index=models.Index(condition=models.Q(('replaces__isnull', False)), fields=['replaces'], name='award_by_replaced'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['issuer', '-accepted_at'], name='batch_by_issuer'),
        ),
        migrations.AddConstraint(
            model_name='award',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name_latin', ''), _negated=True), models.Q(('name_arabic', ''), _negated=True), ('state', 'failed'), _connector='OR'), name='award_names_a_person'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'done'), ('status_list__isnull', False), _connector='OR'), name='ready_chunk_has_slots'),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.UniqueConstraint(fields=('short_code',), name='credential_short_code_once'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='replaced_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='credentials.credential'),
        ),
        migrations.AlterField(
            model_name='credential',
            name='subject_id',
            field=models.UUIDField(),
        ),
        migrations.AddConstraint(
            model_name='credential',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_by__isnull', False)), fields=('replaced_by',), name='credential_replaces_one'),
        ),
    ]
