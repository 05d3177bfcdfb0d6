"""Lists of people over the API: handed over once, looked at, mended row by row, tried again, stopped."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from credentials import batches, intake, rosters, teaching
from credentials.models import Award, Batch
from issuers.access import client_of, scope
from issuers.limits import ListsPerIssuer
from issuers.paging import PagesByMoment, PagesByNumber, page

from . import described, shapes, wire
from .handed import cells, read
from .serializers import AgainSerializer


class Newest(PagesByMoment):
    """The newest first."""

    ordering = ("-accepted_at", "id")


class InOrder(PagesByNumber):
    """Rows in their order."""

    ordering = ("row",)


class Lists(wire.ForPrograms):
    """The lists of the client's provider."""

    permission_classes = (scope("read"),)
    parser_classes = (wire.JsonBody, wire.CsvBody, wire.XlsxBody, wire.FormBody)

    def get_permissions(self) -> list[BasePermission]:
        return [scope("issue")()] if self.request.method == "POST" else [scope("read")()]

    def get_throttles(self) -> list[BaseThrottle]:
        found = super().get_throttles()
        return [*found, ListsPerIssuer()] if self.request.method == "POST" else found

    @extend_schema(**described.LISTS)
    def get(self, request: Request) -> Response:
        now = timezone.now()
        found, beside = page(Newest(), batches.of_issuers(issuers=[client_of(request).issuer]), request)
        counts = batches.counts(batches=found)
        shown = [shapes.batch(each, now=now, counted=counts.get(each.pk, {})) for each in found]
        return Response({**beside, "results": shown})

    @extend_schema(**described.HAND_OVER)
    def post(self, request: Request) -> Response:
        client, now = client_of(request), timezone.now()
        handed = read(request)
        if handed.dry_run:
            look = intake.look(issuer=client.issuer, terms=handed.terms, rows=handed.rows, now=now)
            return Response(shapes.dry_run(look, terms=handed.terms, reading=_reading(handed.sheet)))
        opened = intake.hand_over(
            client=client,
            terms=handed.terms,
            rows=handed.rows,
            key=wire.idempotency_key(request),
            file_name=handed.file_name,
            now=now,
        )
        shown = shapes.accepted(opened.batch, now=now)
        status = 202 if opened.created else 200
        return Response(shown, status=status, headers={"Location": shown["url"]})


class OneList(wire.ForPrograms):
    """One list, and how far it is."""

    permission_classes = (scope("read"),)

    @extend_schema(**described.ONE_LIST)
    def get(self, request: Request, batch_id: str) -> Response:
        return Response(shapes.batch(_own(request, batch_id), now=timezone.now()))


class Rows(wire.ForPrograms):
    """The rows of a list and what became of them."""

    permission_classes = (scope("read"),)

    @extend_schema(**described.ROWS)
    def get(self, request: Request, batch_id: str) -> Response:
        batch, state = _own(request, batch_id), request.query_params.get("state", "")
        if "state" in request.query_params and state not in Award.State.values:
            known = {"names": ", ".join(Award.State.values)}
            raise ValidationError({"state": [_("Known are: %(names)s.") % known]})
        found, beside = page(InOrder(), batches.rows(batch=batch, state=state), request)
        return Response({**beside, "results": [shapes.row(each) for each in found]})


class OneRow(wire.ForPrograms):
    """One row that is wrong."""

    permission_classes = (scope("issue"),)

    @extend_schema(**described.MEND)
    def patch(self, request: Request, batch_id: str, row: int) -> Response:
        batch = _own(request, batch_id)
        mended = intake.mend(batch=batch, row=row, cells=cells(request.data), now=timezone.now())
        return Response(shapes.row(mended))


class Cancel(wire.ForPrograms):
    """Stop a list."""

    permission_classes = (scope("issue"),)

    @extend_schema(**described.CANCEL)
    def post(self, request: Request, batch_id: str) -> Response:
        batch, now = _own(request, batch_id), timezone.now()
        stopped = batches.cancel(batch=batch, by=None, now=now)
        return Response(shapes.batch(_own(request, batch_id), now=now) | {"stopped": stopped})


class Retry(wire.ForPrograms):
    """Try rows again that are right in themselves."""

    permission_classes = (scope("issue"),)

    @extend_schema(**described.RETRY)
    def post(self, request: Request, batch_id: str) -> Response:
        asked = AgainSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        batch, now = _own(request, batch_id), timezone.now()
        again = batches.retry(batch=batch, rows=asked.validated_data.get("rows"), now=now)
        shown = shapes.batch(_own(request, batch_id), now=now) | {"again": again}
        return Response(shown, status=202 if again else 200)


def _own(request: Request, batch_id: str) -> Batch:
    return teaching.own_batch(issuers=[client_of(request).issuer], batch_id=batch_id)


def _reading(sheet: rosters.Sheet | None) -> dict[str, Any] | None:
    if sheet is None:
        return None
    return {
        "encoding": sheet.encoding,
        "columns": {column.header: column.field for column in sheet.columns},
        "ignored": sheet.ignored,
        "unread": sheet.unread,
        "examples": sheet.examples,
    }
