"""The audit log: events, their numbers, checkpoints; what is written there is neither changed nor taken away.

Triggers hold that against the product itself; against whoever may drop a trigger the signed checkpoints do.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLES = {"issuers_auditevent": "id", "issuers_auditleaf": "number", "issuers_auditcheckpoint": "number"}
REFUSAL = "the audit log is insert-only"


def forbid(apps, schema_editor):
    """Nothing is updated, deleted, truncated or replaced."""
    (_forbid_on_postgresql if schema_editor.connection.vendor == "postgresql" else _forbid_on_sqlite)(schema_editor)


def _forbid_on_postgresql(schema_editor):
    schema_editor.execute(
        "CREATE FUNCTION issuers_audit_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
        params=None,
    )
    for table in TABLES:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION issuers_audit_insert_only()",
            params=None,
        )


def _forbid_on_sqlite(schema_editor):
    for table, key in TABLES.items():
        for act, when in (
            ("update", "BEFORE UPDATE"),
            ("delete", "BEFORE DELETE"),
            ("replace", "BEFORE INSERT"),  # INSERT OR REPLACE deletes without firing the trigger on DELETE
        ):
            condition = f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})" if act == "replace" else ""
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{act} {when} ON {table} FOR EACH ROW{condition}"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
                params=None,
            )


def permit(apps, schema_editor):
    """Take the triggers away, so that the tables can go."""
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"DROP TRIGGER {table}_insert_only ON {table}")
        schema_editor.execute("DROP FUNCTION issuers_audit_insert_only()")
        return
    for table in TABLES:
        for act in ("update", "delete", "replace"):
            schema_editor.execute(f"DROP TRIGGER {table}_no_{act}")


class Migration(migrations.Migration):

    dependencies = [
        ('issuers', '0004_key_states'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('event', models.CharField(max_length=40)),
                ('by', models.CharField(blank=True, help_text='learner/<id> or client/<id>', max_length=40)),
                ('about', models.CharField(blank=True, help_text='The id by which it is found again', max_length=64)),
                ('detail', models.TextField()),
                ('salt', models.BinaryField(max_length=16)),
                ('issuer', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.issuer')),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='AuditCheckpoint',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('size', models.PositiveBigIntegerField(unique=True)),
                ('root', models.BinaryField(max_length=32)),
                ('body', models.TextField()),
                ('sealed_at', models.DateTimeField()),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='issuers.signingkey')),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='AuditWaiting',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='waiting', serialize=False, to='issuers.auditevent')),
            ],
        ),
        migrations.CreateModel(
            name='AuditLeaf',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32)),
                ('tile', models.BinaryField(max_length=32, null=True)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='leaf', to='issuers.auditevent')),
            ],
            options={
                'ordering': ('number',),
            },
        ),
        migrations.CreateModel(
            name='AuditMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sent_at', models.DateTimeField()),
                ('checkpoint', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='mail', to='issuers.auditcheckpoint')),
            ],
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['about', 'event'], name='audit_event_by_about'),
        ),
        migrations.AddIndex(
            model_name='auditleaf',
            index=models.Index(condition=models.Q(('tile__isnull', False)), fields=['number'], name='audit_leaf_tiles'),
        ),
        migrations.RunPython(forbid, permit),
    ]
