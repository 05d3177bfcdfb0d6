"""PostgreSQL: signed text is not compressed by pglz, which saves nothing on it; rows that change leave room.

Indexes for LIKE, which Django adds to every key of text, are dropped: nobody searches ids by a pattern.
"""

from django.db import migrations

TABLES = ("award", "batch", "chunk", "credential", "message")


def tune(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
        lz4 = (cursor.fetchone() or [False])[0]
        how = "COMPRESSION lz4" if lz4 else "STORAGE EXTERNAL"
        cursor.execute(f"ALTER TABLE credentials_credential ALTER COLUMN jwt SET {how}")
        # A row's state changes once; with room on its page no index has to learn of it (HOT).
        cursor.execute("ALTER TABLE credentials_award SET (fillfactor = 50)")
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
            " AND tablename = ANY(%s) AND indexname LIKE '%%\\_like'",
            [[f"credentials_{name}" for name in TABLES]],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP INDEX "{name}"')


class Migration(migrations.Migration):
    dependencies = [("credentials", "0005_rosters_whole")]

    operations = [migrations.RunPython(tune, migrations.RunPython.noop)]
