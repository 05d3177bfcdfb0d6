"""A course is published by another pair of eyes, and keeps who did what."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0014_sessions_and_results"),
        ('issuers', '0007_publication_source'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AchievementAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('written', 'Draft written'), ('changed', 'Draft changed'), ('submitted', 'Handed in for review'), ('taken-back', 'Taken back to be changed'), ('sent-back', 'Sent back with a note'), ('published', 'Reviewed and published'), ('withdrawn', 'Withdrawn')], max_length=10)),
                ('at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ('at', 'id'),
            },
        ),
        migrations.AddField(
            model_name='achievement',
            name='edited_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='achievement',
            name='reviewed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='achievement',
            name='sent_back_because',
            field=models.CharField(blank=True, help_text='Said to those who wrote it', max_length=500),
        ),
        migrations.AddField(
            model_name='achievement',
            name='submitted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='achievement',
            name='submitted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='achievement',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('in-review', 'In review'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=10),
        ),
        migrations.AddIndex(
            model_name='achievement',
            index=models.Index(condition=models.Q(('state', 'in-review')), fields=['submitted_at'], name='achievement_review'),
        ),
        migrations.AddConstraint(
            model_name='achievement',
            constraint=models.CheckConstraint(condition=models.Q(('reviewed_by__isnull', True), models.Q(models.Q(('edited_by__isnull', True), models.Q(('reviewed_by', models.F('edited_by')), _negated=True), _connector='OR'), models.Q(('submitted_by__isnull', True), models.Q(('reviewed_by', models.F('submitted_by')), _negated=True), _connector='OR')), _connector='OR'), name='achievement_reviewed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='achievement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'in-review'), _negated=True), models.Q(('reviewed_by__isnull', True), ('submitted_at__isnull', False), ('submitted_by__isnull', False)), _connector='OR'), name='achievement_in_review_was_handed_in'),
        ),
        migrations.AddConstraint(
            model_name='achievement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('submitted_at__isnull', True), ('reviewed_by__isnull', False), _connector='OR'), name='handed_in_is_published_by_review'),
        ),
        migrations.AddField(
            model_name='achievementact',
            name='achievement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='credentials.achievement'),
        ),
        migrations.AddField(
            model_name='achievementact',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
    ]
