"""Messages about lists that wait, and text messages counted by the day."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0015_course_reviews"),
        ('issuers', '0007_publication_source'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SmsDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('scope', models.CharField(choices=[('number', 'To one number'), ('provider', 'For one provider'), ('city', 'In the whole city')], max_length=8)),
                ('key', models.CharField(help_text="Keyed hash of the number, or the provider's id", max_length=64)),
                ('sent', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='message_is_about_one_thing',
        ),
        migrations.AddField(
            model_name='message',
            name='batch',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='credentials.batch'),
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(choices=[('issued', 'A certificate is there'), ('status', "A certificate's status changed"), ('renewed', 'A certificate was signed anew'), ('endpoint', 'A webhook was switched off'), ('idle', 'A passport has not been used for years'), ('held', 'A list waits for a second person')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('batch__isnull', False)), fields=('batch', 'kind', 'dedupe'), name='message_about_a_list_once'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', True), ('credential__isnull', False), ('endpoint__isnull', True)), models.Q(('batch__isnull', True), ('credential__isnull', True), ('endpoint__isnull', False)), models.Q(('batch__isnull', False), ('credential__isnull', True), ('endpoint__isnull', True)), models.Q(('batch__isnull', True), ('credential__isnull', True), ('endpoint__isnull', True), ('kind', 'idle')), _connector='OR'), name='message_is_about_one_thing'),
        ),
        migrations.AddIndex(
            model_name='smsday',
            index=models.Index(fields=['on'], name='sms_day_by_age'),
        ),
        migrations.AddConstraint(
            model_name='smsday',
            constraint=models.UniqueConstraint(fields=('scope', 'key', 'on'), name='sms_day_once'),
        ),
    ]
