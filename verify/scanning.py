"""What a page that scans needs of the server: leave to use the camera, and the files that do the reading."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]

CAMERA = settings.PERMISSIONS_POLICY.replace("camera=()", "camera=(self)")
#: All that scans, by static name: a page loads none of it before somebody scans. 1.1 MB, 0.4 MB on the way.
FILES = (
    "verify/scanner.js",
    "verify/scanner-camera.js",
    "verify/scanner-hints.js",
    "verify/scanner-signals.js",
    "verify/decoding.js",
    "verify/decoding-worker.js",
    "verify/decoding-engine.js",
    "verify/decoding-locating.js",
    "verify/decoding-pictures.js",
    "verify/enhancing.js",
    "built/scanner/zxing/reader/index.js",
    "built/scanner/zxing/share.js",
    "built/scanner/zxing/reader/zxing_reader.wasm",
)
#: What reads where WebAssembly may not run; a browser that keeps FILES needs it only then.
FALLBACK = ("built/scanner/qr/decode.js", "built/scanner/qr/index.js")


def scans(view: View) -> View:
    """The page that this view answers with may use the camera."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Permissions-Policy"] = CAMERA
        return response

    return seen
