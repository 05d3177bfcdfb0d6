"""``POST /api/v1/verify``: a certificate in any form we know goes in, the report comes out."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from issuers.apidoc import BASE, refusals

from . import gate, limits, verifier
from .errors import TooLarge
from .foreign import fetching
from .foreign.report import Standard
from .foreign.report import Step as ForeignStep
from .report import Outcome, Reason, Step, Verdict


class CheckSerializer(serializers.Serializer[Any]):
    """One check."""

    number = serializers.IntegerField(help_text="Its place in the order, from 1")
    name = serializers.ChoiceField(choices=[step.value for step in Step])
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    sentence = serializers.CharField(help_text="For people, in the language of Accept-Language")
    detail = serializers.CharField(help_text="For engineers; never personal data", allow_blank=True)


class TextSerializer(serializers.Serializer[Any]):
    """A text of the document and its language."""

    text = serializers.CharField()
    language = serializers.CharField()


class IssuerSerializer(serializers.Serializer[Any]):
    """The issuer as the city's register names it."""

    id = serializers.CharField(help_text="did:web")
    name_fr = serializers.CharField()
    name_ar = serializers.CharField()
    url = serializers.URLField()
    accredited_since = serializers.DateField(allow_null=True)


class StatedSerializer(serializers.Serializer[Any]):
    """What the signed document states."""

    id = serializers.CharField(allow_blank=True)
    names = TextSerializer(many=True)
    titles = TextSerializer(many=True)
    criteria = TextSerializer(many=True)
    level = serializers.CharField(allow_blank=True)
    hours = serializers.IntegerField(allow_null=True)
    assessed = serializers.BooleanField(allow_null=True)
    result = serializers.CharField(
        allow_blank=True, help_text="A grade, a percentage or a level, if one is stated"
    )
    theme = serializers.CharField(allow_blank=True)
    awarded_on = serializers.DateField(allow_null=True)
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    achievement = serializers.CharField(allow_blank=True)


class FindingSerializer(serializers.Serializer[Any]):
    """One check of a document from elsewhere."""

    number = serializers.IntegerField(help_text="Its place in the order, from 1")
    name = serializers.ChoiceField(choices=[step.value for step in ForeignStep])
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    code = serializers.CharField(help_text="A stable word that names what was found")
    title = serializers.CharField(help_text="What is checked, in the language of Accept-Language")
    sentence = serializers.CharField(help_text="What was found, and the way on")
    detail = serializers.CharField(help_text="For engineers", allow_blank=True)


class ForeignIssuerSerializer(serializers.Serializer[Any]):
    """Who signed, by its own words: the city says nothing of it."""

    id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class ForeignStatedSerializer(serializers.Serializer[Any]):
    """What a document from elsewhere states."""

    titles = TextSerializer(many=True)
    descriptions = TextSerializer(many=True)
    criteria = TextSerializer(many=True)
    criteria_url = serializers.CharField(allow_blank=True)
    achievement_id = serializers.CharField(allow_blank=True)
    achievement_type = serializers.CharField(allow_blank=True)
    awarded_at = serializers.DateTimeField(allow_null=True)
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)


class EndorsedSerializer(serializers.Serializer[Any]):
    """An endorsement within a document from elsewhere; it changes nothing of whether the document holds."""

    about = serializers.ChoiceField(choices=["credential", "achievement", "issuer"])
    code = serializers.CharField()
    sentence = serializers.CharField()
    holds = serializers.BooleanField(allow_null=True)
    endorser = ForeignIssuerSerializer()
    known = serializers.BooleanField(help_text="Whether this city's register knows who endorses")
    comment = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)


class ForeignSerializer(serializers.Serializer[Any]):
    """A document whose issuer is not of this city's register, examined all the same."""

    standard = serializers.ChoiceField(choices=[standard.value for standard in Standard])
    securing = serializers.CharField(help_text="A cryptosuite, vc-jwt, jws or hosted", allow_blank=True)
    id = serializers.CharField(allow_blank=True)
    issuer = ForeignIssuerSerializer()
    holds = serializers.BooleanField(
        allow_null=True, help_text="Genuine and current; false if a check failed, null if one is not known"
    )
    checked_at = serializers.DateTimeField()
    findings = FindingSerializer(many=True)
    credential = ForeignStatedSerializer()
    inner = serializers.ListField(
        child=serializers.DictField(), help_text="The same of each certificate within a learner record"
    )
    endorsements = EndorsedSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """The report; ``verdict`` is the worst of the checks, ``reason`` says why."""

    verdict = serializers.ChoiceField(choices=[verdict.value for verdict in Verdict])
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    headline = serializers.CharField()
    sentence = serializers.CharField()
    checked_at = serializers.DateTimeField()
    status_as_of = serializers.DateTimeField(allow_null=True)
    checks = CheckSerializer(many=True)
    issuer = IssuerSerializer(allow_null=True)
    credential = StatedSerializer(allow_null=True)
    successor = serializers.URLField(allow_null=True, help_text="The certificate that replaced it")
    concealed = serializers.BooleanField(help_text="Whether the holder keeps the details private")
    foreign = ForeignSerializer(allow_null=True, help_text="Of a document that this city did not issue")


class RawParser(BaseParser):
    """Hands the body on as it came: the gate reads JSON more strictly than a parser for all does."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        data = bytes(stream.read(gate.MAX_UPLOAD + 1))
        if len(data) > gate.MAX_UPLOAD:
            raise TooLarge("upload-too-large")
        return data


_JWT = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImRpZDp3ZWI6…"
_EXAMPLE = {"credential": _JWT}
_REPORT = {
    "verdict": "valid",
    "reason": "valid",
    "headline": "Valid certificate",
    "sentence": "Genuine and current, checked just now.",
    "checked_at": "2026-11-24T10:00:00Z",
    "status_as_of": "2026-11-24T09:58:00Z",
    "checks": [
        {
            "number": 1,
            "name": "readable",
            "outcome": "passed",
            "sentence": "It can be read in full",
            "detail": "",
        }
    ],
    "issuer": {
        "id": "did:web:passport.example:issuers:ennour",
        "name_fr": "Médiathèque Ennour de Sidi Moumen",
        "name_ar": "الخزانة الوسائطية النور بسيدي مومن",
        "url": f"{BASE}/issuers/ennour",
        "accredited_since": "2025-09-01",
    },
    "credential": {
        "id": f"{BASE}/c/kT7uR3nWe6yB0mPj2sGf9Q",
        "names": [{"text": "Salma Tazi", "language": ""}],
        "titles": [{"text": "Premiers pas avec le smartphone", "language": "fr"}],
        "criteria": [],
        "level": "CNC 1",
        "hours": 12,
        "assessed": True,
        "result": "",
        "theme": "digital",
        "awarded_on": "2026-11-20",
        "valid_from": "2026-11-20T00:00:00Z",
        "valid_until": None,
        "achievement": f"{BASE}/a/pQ1mX8kZr2vJ5tYw7aLc3A",
    },
    "successor": None,
    "concealed": False,
    "foreign": None,
}
_TEXT = {"type": "string", "description": "A JWT, the text of a QR code, a short code or a link"}
_FILE = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
_JSON = {
    "type": "object",
    "properties": {"credential": {"oneOf": [{"type": "string"}, {"type": "object"}]}},
    "required": ["credential"],
}


class Verify(APIView):
    """Check a certificate: is it genuine, current, and from somebody whom the city recognises?"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (MultiPartParser, RawParser)
    throttle_classes = (limits.PerPlace,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        limits.require_size(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(
        operation_id="verify",
        tags=["verification"],
        summary="Check a certificate",
        request={
            "application/json": _JSON,
            "text/plain": _TEXT,
            "application/vc+jwt": _TEXT,
            "multipart/form-data": _FILE,
        },
        responses={
            200: OpenApiResponse(
                ReportSerializer,
                description="The report",
                examples=[OpenApiExample("A valid certificate", value=_REPORT)],
            ),
            **refusals("malformed", "not-known", "too-large", "too-many"),
        },
        examples=[
            OpenApiExample("JWT", value=_EXAMPLE, request_only=True, media_type="application/json"),
            OpenApiExample("Code", value="BZF3-G3DK-P8FZ", request_only=True, media_type="text/plain"),
            OpenApiExample("VC-JWT", value=_JWT, request_only=True, media_type="application/vc+jwt"),
            OpenApiExample(
                "A file",
                value={"file": "(certificat.pdf)"},
                request_only=True,
                media_type="multipart/form-data",
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        source = limits.read(request, _handed_over(request), links=True)
        fetch = fetching.strangers()
        report = verifier.verify(source=source, now=timezone.now(), door="api", fetch=fetch)
        return Response(report.to_json(), headers={"Cache-Control": "no-store"})


def _handed_over(request: Request) -> bytes | str:
    data: Any = request.data
    if isinstance(data, bytes):
        return data
    upload = request.FILES.get("file")
    return upload.read() if upload else str(data.get("credential", ""))
