"""Addresses of the verifier, of a certificate's page, and of the verification API."""

from django.urls import path, re_path

from . import api, views

urlpatterns = [
    path("v", views.verifier_page, name="verify"),
    # Camera apps that turn # into %23, or drop it: the page reads the digits itself and cleans the address.
    re_path(r"^v#(?P<digits>[0-9]{1,1500})$", views.verifier_page, name="verify-mangled"),
    path("v/<slug:digits>", views.verifier_page, name="verify-path"),
    path("c/<slug:credential_id>", views.certificate, name="credential"),
    path("api/v1/verify", api.Verify.as_view(), name="api-verify"),
]
