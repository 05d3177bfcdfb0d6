"""How the API's document describes these operations: what each takes and answers, with examples."""

from datetime import date
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
)

from credentials import revocation
from credentials.models import Award
from issuers import paging
from issuers.apidoc import BASE, SIGNED_IN, refusals

from . import wire
from .serializers import (
    AcceptedSerializer,
    AgainSerializer,
    BatchPageSerializer,
    BatchSerializer,
    CellsSerializer,
    CertificateSerializer,
    CoursePageSerializer,
    DryRunSerializer,
    FileInSerializer,
    ListInSerializer,
    ReasonSerializer,
    ReplacementSerializer,
    RetriedSerializer,
    RowPageSerializer,
    RowSerializer,
    StatusSerializer,
    StoppedSerializer,
    WholeCourseSerializer,
)

Operation = dict[str, Any]

# -- The story that the examples tell: a class of three, one phone is a digit short ----------------
_COURSE = {
    "id": "pQ1mX8kZr2vJ5tYw7aLc3A",
    "code": "C08",
    "version": 1,
    "state": "published",
    "kind": "MicroCredential",
    "theme": "digital",
    "title_fr": "Premiers pas avec le smartphone",
    "title_ar": "الخطوات الأولى في استعمال الهاتف الذكي",
    "hours": 12,
    "cnc_level": 1,
    "valid_months": 0,
}
_WHOLE_COURSE = _COURSE | {
    "description_fr": "Découvrir son téléphone.",
    "description_ar": "اكتشاف الهاتف.",
    "criteria_fr": "Sait appeler, envoyer une photo et installer une application.",
    "criteria_ar": "يستطيع الاتصال وإرسال صورة وتثبيت تطبيق.",
    "cefr_level": "",
    "assessment": "practical",
    "mode": "onsite",
}
_TERMS = {"achievement": "C08", "awarded_on": "2026-11-20", "session": "Groupe du mardi", "language": "fr"}
_ROWS = [
    {"name_latin": "Salma Tazi", "name_arabic": "سلمى التازي", "phone": "06 12 34 56 78"},
    {"name_latin": "Omar Alaoui", "phone": "06 12 34 56 7"},
    {"name_latin": "Hajar Naciri", "email": "hajar@example.org", "language": "ar"},
]
_CSV = (
    "Nom complet;Nom en arabe;Téléphone\n"
    "Salma Tazi;سلمى التازي;06 12 34 56 78\n"
    "Omar Alaoui;;06 12 34 56 7\n"
    "Hajar Naciri;;06 12 34 56 79\n"
)
_SLIP = {
    "row": 2,
    "line": 2,
    "field": "phone",
    "code": "phone-one-missing",
    "detail": "One digit is missing from this number. Example: 06 12 34 56 78.",
    "value": "06 12 34 56 7",
}
_BATCH_ID, _CERTIFICATE_ID = "Zs0lN2bTg5x1cQ9dVh4w8A", "kT7uR3nWe6yB0mPj2sGf9Q"
_URL = f"{BASE}/api/v1/batches/{_BATCH_ID}"
_ACCEPTED: dict[str, Any] = {
    "id": _BATCH_ID,
    "kind": "roster",
    "state": "accepted",
    "held_because": None,
    "held": None,
    "achievement": _COURSE["id"],
    "awarded_on": "2026-11-20",
    "session": "Groupe du mardi",
    "file_name": "",
    "notify": True,
    "total": 3,
    "counts": {"pending": 2, "issued": 0, "failed": 1, "duplicate": 0, "cancelled": 0},
    "percent": 33,
    "rate": None,
    "seconds_left": None,
    "accepted_at": "2026-11-24T10:00:00Z",
    "completed_at": None,
    "url": _URL,
    "rows_url": f"{_URL}/rows",
}
_COMPLETE = _ACCEPTED | {
    "state": "complete",
    "counts": {"pending": 0, "issued": 2, "failed": 1, "duplicate": 0, "cancelled": 0},
    "percent": 100,
    "rate": 4.1,
    "completed_at": "2026-11-24T10:00:00.490000Z",
}
_HELD = _ACCEPTED | {
    "state": "held",
    "held_because": "unusual-size",
    "held": "Nothing of it is signed yet: it waits for a second person. It is much longer than the lists of "
    "this provider usually are. Somebody else than who ordered it can release it: a signer or owner of the "
    "provider, or an approver of the city.",
    "total": 900,
    "counts": {"pending": 899, "issued": 0, "failed": 1, "duplicate": 0, "cancelled": 0},
    "percent": 0,
}
_TOLD = {"wrong": 1, "errors": [_SLIP]}
_DRY_RUN = {
    "dry_run": True,
    "achievement": _COURSE["id"],
    "awarded_on": "2026-11-20",
    "session": "Groupe du mardi",
    "total": 3,
    "counts": {"pending": 2, "failed": 1, "duplicate": 0},
    "wrong": 1,
    "qr_versions": {"min": 11, "max": 12},
    "file": None,
    "errors": [_SLIP],
}
_WRONG_ROW = {
    "row": 2,
    "line": 2,
    "state": "failed",
    "name_latin": "",
    "name_arabic": "",
    "awarded_on": "2026-11-20",
    "problems": [{name: value for name, value in _SLIP.items() if name not in ("row", "line")}],
    "error": {
        "code": "phone-one-missing",
        "field": "phone",
        "detail": _SLIP["detail"],
        "remedy": "mend",
    },
    "credential": None,
    "messages": [],
    "claimed": False,
}
_MENDED_ROW = _WRONG_ROW | {"state": "pending", "name_latin": "Omar Alaoui", "problems": [], "error": None}
_ISSUED_ROW = _MENDED_ROW | {
    "row": 1,
    "line": 1,
    "state": "issued",
    "name_latin": "Salma Tazi",
    "name_arabic": "سلمى التازي",
    "credential": {
        "id": _CERTIFICATE_ID,
        "status": "active",
        "url": f"{BASE}/c/{_CERTIFICATE_ID}",
    },
    "messages": [
        {"kind": "issued", "channel": "sms", "state": "sent", "sent_at": "2026-11-24T10:00:03Z"},
    ],
    "claimed": True,
}
_CERTIFICATE = {
    "id": _CERTIFICATE_ID,
    "status": "active",
    "status_changed_at": None,
    "achievement": _COURSE,
    "session": "Groupe du mardi",
    "awarded_on": "2026-11-20",
    "issued_at": "2026-11-24T10:00:00.410000Z",
    "valid_until": None,
    "replaced_by": None,
    "possible": ["suspend", "revoke", "replace"],
    "url": f"{BASE}/c/{_CERTIFICATE_ID}",
    "jwt_url": f"{BASE}/c/{_CERTIFICATE_ID}.jwt",
    "pdf_url": f"{BASE}/c/{_CERTIFICATE_ID}.pdf",
}
_STATUS = {"id": _CERTIFICATE_ID, "status": "revoked", "status_changed_at": "2026-11-25T09:12:00Z"}
_CURSOR = f"{BASE}/api/v1/batches?cursor=cD0yMDI2LTExLTI0"
_FORM = _TERMS | {"file": "(classe.csv)"}

# -- Parts -----------------------------------------------------------------------------------------
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1 to 100 characters, between double quotes or bare: new for each request, the same when a "
    "request is repeated. The same key with another body is refused.",
)
CURSOR = OpenApiParameter("cursor", str, description="From `next` or `previous`")
LIMIT = OpenApiParameter("limit", paging.LIMIT, description="Results a page: 100, and 1,000 at most")


def _answer(serializer: type, value: Any, description: str, **others: Any) -> OpenApiResponse:
    examples = [OpenApiExample(description, value=value)]
    examples += [OpenApiExample(name, value=each) for name, each in others.items()]
    return OpenApiResponse(serializer, description=description, examples=examples)


def _asked(name: str, value: Any, media_type: str = "application/json") -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True, media_type=media_type)


def _page(*results: Any, following: str | None = None) -> dict[str, Any]:
    return {"next": following, "previous": None, "results": list(results)}


def _refused(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    return refusals(*SIGNED_IN, *codes)


_BODY = ("parse-error", "invalid", "unsupported-media-type", "list-too-large")
_MANDATE = ("issuer-suspended", "outside-mandate")

# -- Courses ---------------------------------------------------------------------------------------
COURSES: Operation = {
    "operation_id": "achievements_list",
    "tags": ["courses"],
    "summary": "The courses that may be awarded",
    "parameters": [CURSOR, LIMIT],
    "responses": {
        200: _answer(CoursePageSerializer, _page(_COURSE), "One page"),
        **_refused("invalid", "not-found"),
    },
}
ONE_COURSE: Operation = {
    "operation_id": "achievements_retrieve",
    "tags": ["courses"],
    "summary": "One course of the provider, in any version and state",
    "responses": {200: _answer(WholeCourseSerializer, _WHOLE_COURSE, "The course"), **_refused("not-found")},
}

# -- Lists -----------------------------------------------------------------------------------------
LISTS: Operation = {
    "operation_id": "batches_list",
    "tags": ["lists"],
    "summary": "The provider's lists, the newest first",
    "parameters": [CURSOR, LIMIT],
    "responses": {
        200: _answer(BatchPageSerializer, _page(_COMPLETE, following=_CURSOR), "One page"),
        **_refused("invalid", "not-found"),
    },
}
_OF_A_FILE = "With a CSV or XLSX body"
HAND_OVER: Operation = {
    "operation_id": "batches_create",
    "tags": ["lists"],
    "summary": "Hand over a list of people",
    "description": "The right rows are issued, the wrong ones are kept to be mended, with what is wrong "
    "with them. A list without any right row is refused. `dry_run` checks all, writes nothing, needs no key. "
    "A list of unusual size, or above the city's number a day, is `held`: it waits for a second person.",
    "parameters": [
        OpenApiParameter(
            KEY.name, str, OpenApiParameter.HEADER, description=f"{KEY.description} Needed unless `dry_run`."
        ),
        OpenApiParameter("dry_run", bool, description="Check everything, write nothing"),
        OpenApiParameter("achievement", str, description=f"{_OF_A_FILE}: id, or the provider's own code"),
        OpenApiParameter("awarded_on", date, description=f"{_OF_A_FILE}: for rows without a day"),
        OpenApiParameter("session", str, description=f"{_OF_A_FILE}: the name of the group"),
        OpenApiParameter("language", str, description=f"{_OF_A_FILE}: of messages", enum=["fr", "ar", "en"]),
        OpenApiParameter("notify", bool, description=f"{_OF_A_FILE}: whether people are told"),
    ],
    "request": {
        "application/json": ListInSerializer,
        "text/csv": {"type": "string", "description": "A header in French, Arabic or English, then people"},
        wire.XLSX: {"type": "string", "format": "binary"},
        "multipart/form-data": FileInSerializer,
    },
    "examples": [
        _asked("A class of three", _TERMS | {"rows": _ROWS}),
        _asked("A class of three as CSV", _CSV, "text/csv"),
        _asked("A workbook", "(classe.xlsx)", wire.XLSX),
        _asked("A form", _FORM, "multipart/form-data"),
    ],
    "responses": {
        202: OpenApiResponse(
            AcceptedSerializer,
            description="Accepted, or `held` for a second person; `Location` is the list",
            examples=[
                OpenApiExample("Accepted", value=_ACCEPTED | _TOLD),
                OpenApiExample("Held for a second person", value=_HELD | _TOLD),
            ],
        ),
        200: OpenApiResponse(
            PolymorphicProxySerializer(
                "AcceptedOrDryRun", [AcceptedSerializer, DryRunSerializer], resource_type_field_name=None
            ),
            description="The same request came before: its list; or the report of a dry run",
            examples=[
                OpenApiExample("The same request again", value=_COMPLETE | _TOLD),
                OpenApiExample("A dry run", value=_DRY_RUN),
            ],
        ),
        **_refused(
            *_BODY,
            "key-missing",
            *_MANDATE,
            "key-reused",
            "bad-award",
            "nobody-to-issue",
            "list-columns-missing",
            "list-too-many-rows",
        ),
    },
}
ONE_LIST: Operation = {
    "operation_id": "batches_retrieve",
    "tags": ["lists"],
    "summary": "How far a list is",
    "responses": {200: _answer(BatchSerializer, _COMPLETE, "The list"), **_refused("not-found")},
}
ROWS: Operation = {
    "operation_id": "batches_rows_list",
    "tags": ["lists"],
    "summary": "The rows of a list and what became of them",
    "parameters": [
        OpenApiParameter("state", str, enum=Award.State.values, description="Only rows in this state"),
        CURSOR,
        LIMIT,
    ],
    "responses": {
        200: _answer(RowPageSerializer, _page(_ISSUED_ROW, _WRONG_ROW), "One page"),
        **_refused("invalid", "not-found"),
    },
}
MEND: Operation = {
    "operation_id": "batches_rows_partial_update",
    "tags": ["lists"],
    "summary": "Mend a row that is wrong",
    "description": "Cells that are not given stay as they were, an empty one goes. A row that is right now "
    "is issued with the rest; one that is still wrong says what is.",
    "parameters": [OpenApiParameter("row", int, OpenApiParameter.PATH, description="1, 2, 3 …")],
    "request": {"application/json": CellsSerializer},
    "examples": [_asked("The missing digit", {"phone": "06 12 34 56 70"})],
    "responses": {
        200: _answer(RowSerializer, _MENDED_ROW, "The row is right now", **{"It is still wrong": _WRONG_ROW}),
        **_refused(*_BODY, "not-found", "batch-closed"),
    },
}
CANCEL: Operation = {
    "operation_id": "batches_cancel",
    "tags": ["lists"],
    "summary": "Stop what is not signed yet",
    "description": "What is signed stays valid. The key of the list stays used.",
    "request": None,
    "responses": {
        200: _answer(
            StoppedSerializer,
            _ACCEPTED
            | {"state": "cancelled", "percent": 100, "completed_at": "2026-11-24T10:00:01Z", "stopped": 2}
            | {"counts": {"pending": 0, "issued": 0, "failed": 1, "duplicate": 0, "cancelled": 2}},
            "Stopped",
        ),
        **_refused("not-found", "batch-closed", "parse-error", "unsupported-media-type", "list-too-large"),
    },
}
RETRY: Operation = {
    "operation_id": "batches_retry",
    "tags": ["lists"],
    "summary": "Try rows again that failed for no fault of theirs",
    "description": "All of them, or those named. A row that is wrong in itself is mended instead.",
    "request": {"application/json": AgainSerializer},
    "examples": [_asked("Two rows", {"rows": [4, 9]}), _asked("All that can be", {})],
    "responses": {
        202: _answer(RetriedSerializer, _ACCEPTED | {"again": 2}, "They are in line again"),
        200: _answer(RetriedSerializer, _COMPLETE | {"again": 0}, "There is none to try again"),
        **_refused(*_BODY, "not-found", "batch-closed"),
    },
}

# -- Certificates ----------------------------------------------------------------------------------
CERTIFICATE: Operation = {
    "operation_id": "credentials_retrieve",
    "tags": ["certificates"],
    "summary": "How a certificate stands",
    "responses": {
        200: _answer(CertificateSerializer, _CERTIFICATE, "The certificate"),
        **_refused("not-found"),
    },
}


def _change(act: str, summary: str, status: str) -> Operation:
    """One of the three acts, with the reasons that fit it."""
    reasons = [str(reason) for reason in revocation.ACTS[act][2]]
    return {
        "operation_id": f"credentials_{act}",
        "tags": ["certificates"],
        "summary": summary,
        "description": f"Reasons: {', '.join(f'`{reason}`' for reason in reasons)}. Verifiers see it as soon "
        "as they read the status list anew, within five minutes.",
        "request": {"application/json": ReasonSerializer},
        "examples": [_asked("A reason", {"reason": reasons[-1], "note": "Demande écrite du 24 novembre"})],
        "responses": {
            200: _answer(StatusSerializer, _STATUS | {"status": status}, "Done"),
            **_refused(*_BODY, "not-found", "wrong-status", "bad-award"),
        },
    }


REVOKE = _change("revoke", "End a certificate for good", "revoked")
SUSPEND = _change("suspend", "End a certificate for now", "suspended")
REINSTATE = _change("reinstate", "Let a suspended certificate hold again", "active")
REPLACE: Operation = {
    "operation_id": "credentials_replace",
    "tags": ["certificates"],
    "summary": "Award a certificate anew, corrected",
    "description": "Cells that are not given stay as they are, an empty one goes. When the new certificate "
    "is issued, the old one is replaced and its link leads on. Needs the scopes `issue` and `revoke`.",
    "parameters": [KEY],
    "request": {"application/json": ReplacementSerializer},
    "examples": [_asked("A name", {"reason": "corrected", "name_latin": "Salma El Tazi"})],
    "responses": {
        202: _answer(
            BatchSerializer,
            _ACCEPTED
            | {"kind": "interactive", "total": 1, "percent": 0}
            | {"counts": {"pending": 1, "issued": 0, "failed": 0, "duplicate": 0, "cancelled": 0}},
            "Being prepared; `Location` is a list of one row that names the new certificate",
        ),
        200: _answer(
            BatchSerializer,
            _COMPLETE
            | {"kind": "interactive", "total": 1}
            | {"counts": {"pending": 0, "issued": 1, "failed": 0, "duplicate": 0, "cancelled": 0}},
            "The same request came before, and is done",
        ),
        **_refused(
            *_BODY,
            "key-missing",
            "not-found",
            "wrong-status",
            "duplicate-award",
            *_MANDATE,
            "key-reused",
            "bad-award",
        ),
    },
}
