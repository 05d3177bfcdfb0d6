"""Each status list a second time, with an embedded proof, for verifiers that read no VC-JWT."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0016_held_messages_and_sms_days"),
        ("issuers", "0007_publication_source"),
    ]

    operations = [
        migrations.AddField(
            model_name="statuslistversion",
            name="document",
            field=models.TextField(
                blank=True,
                default="",
                help_text="The same with an embedded proof; empty while no key can prove it",
            ),
        ),
        migrations.AddField(
            model_name="statuslistversion",
            name="proof_key",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="issuers.signingkey",
            ),
        ),
    ]
