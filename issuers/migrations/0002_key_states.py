"""Signing keys: the city's audit log has one of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('issuers', '0001_register'),
    ]

    operations = [
        migrations.AlterField(
            model_name='signingkey',
            name='purpose',
            field=models.CharField(choices=[('issuer', 'Certificates and lists of an issuer'), ('directory', "The city's key directory"), ('service', "The city's own documents"), ('audit', 'The audit log')], default='issuer', max_length=10),
        ),
    ]
