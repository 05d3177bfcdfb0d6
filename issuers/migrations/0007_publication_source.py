"""A bundle remembers what it was made of, so that looking whether it is due costs nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('issuers', '0006_whereabouts'),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='source',
            field=models.CharField(blank=True, default='', help_text='What a bundle was made of', max_length=120),
        ),
        migrations.AlterField(
            model_name='publication',
            name='name',
            field=models.CharField(help_text='keys, k/<kid8>, or bundle', max_length=80, primary_key=True, serialize=False),
        ),
    ]
