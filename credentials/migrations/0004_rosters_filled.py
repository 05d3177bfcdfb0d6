"""Rows of old batches get their batch's day; chunks that wait get slots of their own."""

import secrets

from django.db import migrations
from django.db.models import F, OuterRef, Subquery

LIST_SIZE = 131_072


def fill(apps, schema_editor):
    Award, Batch, Chunk, StatusList = (
        apps.get_model("credentials", name) for name in ("Award", "Batch", "Chunk", "StatusList")
    )
    day = Batch.objects.filter(pk=OuterRef("batch_id")).values("awarded_on")[:1]
    Award.objects.filter(awarded_on__isnull=True).update(awarded_on=Subquery(day))
    # Nothing of these was signed, so fresh slots are as good as the ones they had.
    for chunk in Chunk.objects.filter(state="ready", status_list__isnull=True).select_related("batch"):
        rows = chunk.last_row - chunk.first_row + 1
        lists = StatusList.objects.filter(
            issuer_id=chunk.batch.issuer_id, next_index__lte=LIST_SIZE - rows
        ).order_by("number")
        found = lists.first() or StatusList.objects.create(
            issuer_id=chunk.batch.issuer_id, permutation_key=secrets.token_bytes(16)
        )
        Chunk.objects.filter(pk=chunk.pk).update(status_list=found, first_slot=found.next_index)
        StatusList.objects.filter(pk=found.pk).update(next_index=F("next_index") + rows)


class Migration(migrations.Migration):
    dependencies = [("credentials", "0003_rosters")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
