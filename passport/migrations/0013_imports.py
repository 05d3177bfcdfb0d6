"""Documents of others that learners bring; what is shared may be one of them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import issuers.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("passport", "0012_looks_at_desks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=issuers.models.random_token,
                        editable=False,
                        max_length=22,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("looking", "Being looked at"),
                            ("kept", "In the passport"),
                            ("answered", "Not kept"),
                        ],
                        default="looking",
                        max_length=8,
                    ),
                ),
                ("brought_at", models.DateTimeField()),
                (
                    "content",
                    models.BinaryField(help_text="What she handed over, until it is kept or goes", null=True),
                ),
                (
                    "typed",
                    models.BooleanField(default=False, help_text="Typed, pasted or scanned: a text, no file"),
                ),
                ("size", models.PositiveIntegerField(help_text="In bytes")),
                (
                    "wanted_at",
                    models.DateTimeField(blank=True, help_text="Since when a look is due", null=True),
                ),
                ("not_before", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_token", models.CharField(blank=True, max_length=22)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "answer",
                    models.CharField(
                        blank=True, help_text="Why it is not kept: importing.Answer", max_length=24
                    ),
                ),
                (
                    "finding",
                    models.CharField(
                        blank=True, help_text="The fault, as the report names it", max_length=60
                    ),
                ),
                (
                    "certificate_id",
                    models.CharField(blank=True, help_text="Of the city's, if it is one", max_length=40),
                ),
                ("raw", models.TextField(blank=True, help_text="Exactly what can be verified again")),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="SHA-256 of the issuer's id and its own", max_length=64
                    ),
                ),
                ("standard", models.CharField(blank=True, max_length=8)),
                ("securing", models.CharField(blank=True, max_length=40)),
                ("issuer_id", models.TextField(blank=True)),
                ("issuer_name", models.CharField(blank=True, max_length=200)),
                ("titles", models.JSONField(default=list, help_text="[{text, language}]")),
                ("names", models.JSONField(default=list, help_text="Whom it names")),
                ("skills", models.JSONField(default=list, help_text="ESCO, as in an achievement")),
                ("happened_on", models.DateField(blank=True, null=True)),
                ("valid_from", models.DateTimeField(blank=True, null=True)),
                ("valid_until", models.DateTimeField(blank=True, null=True)),
                (
                    "hers",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("address", "By a phone or e-mail that you proved"),
                            ("name", "By name alone"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("genuine", "Genuine"),
                            ("not-yet-valid", "Not valid yet"),
                            ("expired", "Genuine, expired"),
                            ("suspended", "Genuine, suspended by its issuer"),
                            ("revoked", "Revoked by its issuer"),
                            ("unchecked", "Could not be checked"),
                            ("broken", "Not what its issuer signed"),
                        ],
                        max_length=16,
                    ),
                ),
                ("report", models.JSONField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "genuine_at",
                    models.DateTimeField(blank=True, help_text="When all of it held last", null=True),
                ),
                ("kept_at", models.DateTimeField(blank=True, null=True)),
                ("hidden_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-brought_at", "-id"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="shown",
            name="shown_is_one_of_two",
        ),
        migrations.AddField(
            model_name="import",
            name="leads_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="passport.import",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="learner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="imports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="shown",
            name="imported",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="passport.import",
            ),
        ),
        migrations.AddConstraint(
            model_name="shown",
            constraint=models.UniqueConstraint(fields=("presentation", "imported"), name="shown_import_once"),
        ),
        migrations.AddConstraint(
            model_name="shown",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("declaration__isnull", True), ("entry__isnull", False), ("imported__isnull", True)
                    ),
                    models.Q(
                        ("declaration__isnull", False), ("entry__isnull", True), ("imported__isnull", True)
                    ),
                    models.Q(
                        ("declaration__isnull", True), ("entry__isnull", True), ("imported__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="shown_is_one_of_three",
            ),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("wanted_at__isnull", False)),
                fields=["wanted_at"],
                name="import_by_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "looking"), _negated=True),
                    models.Q(("content__isnull", False), ("wanted_at__isnull", False)),
                    _connector="OR",
                ),
                name="import_looks_at_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "kept"), _negated=True),
                    models.Q(
                        ("checked_at__isnull", False),
                        ("content__isnull", True),
                        ("kept_at__isnull", False),
                        models.Q(("raw", ""), _negated=True),
                        models.Q(("key", ""), _negated=True),
                        models.Q(("standing", ""), _negated=True),
                        models.Q(("hers", ""), _negated=True),
                        ("answer", ""),
                    ),
                    _connector="OR",
                ),
                name="import_kept_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "answered"), _negated=True),
                    models.Q(("wanted_at__isnull", True), models.Q(("answer", ""), _negated=True)),
                    _connector="OR",
                ),
                name="import_answered_with_a_word",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("genuine_at__isnull", True), ("genuine_at__lte", models.F("checked_at")), _connector="OR"
                ),
                name="import_genuine_when_checked",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "kept")),
                fields=("learner", "key"),
                name="import_kept_once_a_learner",
            ),
        ),
    ]
