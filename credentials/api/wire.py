"""Bodies in and out: JSON by orjson, files as bytes, none above the limit; the key of a request made once."""

import re
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from credentials import intake, rosters
from credentials.errors import KeyMissing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What a form adds around its file.
AROUND = 64 * 1024
_TOKEN = re.compile(r"[\w!#$%&'*+\-.^`|~:/=]+", re.ASCII)
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')


class Json(BaseRenderer):
    """JSON, ten times as fast as the standard library writes it."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z)


def _plain(value: object) -> str:
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(type(value).__name__)


class JsonBody(BaseParser):
    """A JSON object. Raises ListRefused when it is too large, ParseError when it is none."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            data = orjson.loads(_bounded(stream) or b"{}")
        except orjson.JSONDecodeError as error:
            raise ParseError from error
        if not isinstance(data, dict):
            raise ParseError
        return data


class FileBody(BaseParser):
    """The body is the file."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return _bounded(stream)


class CsvBody(FileBody):
    """A text."""

    media_type = "text/csv"


class XlsxBody(FileBody):
    """A workbook."""

    media_type = XLSX


class FormBody(MultiPartParser):
    """A form with a file."""


_FILES = {CsvBody.media_type: "list.csv", XlsxBody.media_type: "list.xlsx"}


def _bounded(stream: Any) -> bytes:
    data = bytes(stream.read(rosters.MAX_BYTES + 1))
    if len(data) > rosters.MAX_BYTES:
        raise too_large()
    return data


def too_large() -> Exception:
    """The refusal of a body above the limit."""
    return intake.refused("too-large", limit=rosters.MAX_BYTES // 1024 // 1024)


def comes_as_file(request: Request) -> bool:
    """Whether the body is the file itself."""
    return _media_type(request) in _FILES


def comes_as_form(request: Request) -> bool:
    """Whether the body is a form."""
    return _media_type(request) == FormBody.media_type


def file_name(request: Request) -> str:
    """What a file without a name is called, by its kind."""
    return _FILES[_media_type(request)]


def _media_type(request: Request) -> str:
    return (request.content_type or "").partition(";")[0].strip().lower()


def idempotency_key(request: Request) -> str:
    """The key of a request that must happen once (draft-ietf-httpapi-idempotency-key-header).

    A string of RFC 8941, section 3.3.3; a bare token is taken too. Raises KeyMissing.
    """
    given = request.headers.get("Idempotency-Key", "").strip()
    quoted = _QUOTED.fullmatch(given)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given if _TOKEN.fullmatch(given) else ""
    if not 1 <= len(key) <= 100:
        raise KeyMissing
    return key


# -- Who asks, and how often ------------------------------------------------------------------------
class ForPrograms(APIView):
    """What every address for programs has in common; each names its scope."""

    parser_classes: tuple[type[BaseParser], ...] = (JsonBody,)
    renderer_classes = (Json,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "client"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if not announced.isdigit() or int(announced) > rosters.MAX_BYTES + AROUND:
            raise too_large()  # before it is read
