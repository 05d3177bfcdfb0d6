"""The yardstick of the bench: a bare Django view with one indexed read, no middleware, the same server."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
settings.MIDDLEWARE = []
settings.ROOT_URLCONF = "tests.bench.peer"

from credentials.models import Credential  # the registry is filled by setup()


def read(request: HttpRequest, credential_id: str) -> HttpResponse:
    """One row by its primary key."""
    found = Credential.objects.filter(pk=credential_id).first()
    return HttpResponse(found.jwt if found else "", status=200 if found else 404, content_type="text/plain")


urlpatterns = [path("<slug:credential_id>", read)]
application = WSGIHandler()
