"""Addresses of the verifier, of a certificate's page, and of the verification API."""

from django.urls import path, re_path

from . import api, views

urlpatterns = [
    path("v", views.verify, name="verify"),
    path("sw.js", views.service_worker, name="verify-worker"),
    path("verify/page/<slug:language>", views.shell, name="verify-shell"),
    path("verify/<slug:language>.webmanifest", views.manifest, name="verify-manifest"),
    re_path(r"^v[#/%](?P<rest>.*)$", views.verify_mangled, name="verify-mangled"),
    path("c/<slug:credential_id>", views.credential, name="credential"),
    path("api/v1/verify", api.Verify.as_view(), name="api-verify"),
]
