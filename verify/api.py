"""``POST /api/v1/verify``: any form of certificate in, the report out."""

import json
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from . import counting, gate, verifier
from .errors import TooLarge
from .report import Outcome, Verdict, as_json


class RawParser(BaseParser):
    """The body as it is, up to the upload limit."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> bytes:
        data: bytes = stream.read(gate.MAX_UPLOAD + 1)
        if len(data) > gate.MAX_UPLOAD:
            raise TooLarge
        return data


class TextParser(RawParser):
    """A JWT or the text of a code."""

    media_type = "text/plain"


class JwtParser(RawParser):
    """A VC-JWT under its own media type."""

    media_type = "application/vc+jwt"


class PdfParser(RawParser):
    """A printed certificate."""

    media_type = "application/pdf"


class PngParser(RawParser):
    """A baked picture."""

    media_type = "image/png"


class QuestionSerializer(serializers.Serializer[Any]):
    """What is to be verified: a JWT, the text of a QR code, a short code, a link, or a credential as JSON."""

    credential = serializers.JSONField()


class CheckSerializer(serializers.Serializer[Any]):
    """One numbered check."""

    number = serializers.IntegerField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    detail = serializers.CharField()


class ReportSerializer(serializers.Serializer[Any]):
    """The report: the verdict is the worst of the checks; ``credential`` is what was signed."""

    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    form = serializers.CharField()
    checkedAt = serializers.DateTimeField()  # noqa: N815  # the wire's spelling
    checks = CheckSerializer(many=True)
    credential = serializers.DictField(allow_null=True)
    issuer = serializers.DictField(allow_null=True)
    statusAsOf = serializers.DateTimeField(allow_null=True)  # noqa: N815  # the wire's spelling
    successor = serializers.CharField(allow_null=True)


class Verify(APIView):
    """Verify a certificate in any form that we know."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (JSONParser, TextParser, JwtParser, PdfParser, PngParser, MultiPartParser)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "verify"

    @extend_schema(
        operation_id="verify",
        request={"application/json": QuestionSerializer, "text/plain": {"type": "string"}},
        responses=ReportSerializer,
        examples=[
            OpenApiExample("A JWT", value={"credential": "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiIs…"}, request_only=True),
            OpenApiExample("A short code", value={"credential": "BZF3-G3DK-P8FZ"}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        report = verifier.verify(source=_source(request), now=now)
        counting.count(report, door="api", now=now)
        return Response(as_json(report))


def _source(request: Request) -> bytes | str:
    data = request.data
    if isinstance(data, bytes):
        return data
    if request.FILES:
        upload = next(iter(request.FILES.values()))
        if upload.size > gate.MAX_UPLOAD:
            raise TooLarge
        return bytes(upload.read())
    inner = data.get("credential") if isinstance(data, dict) else None
    if isinstance(inner, str):
        return inner
    if isinstance(inner, dict):
        return json.dumps(inner)  # back through the one reader of every form
    raise ParseError('Send {"credential": …}, or the certificate itself as text, PDF or PNG.')
