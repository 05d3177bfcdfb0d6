"""Addresses of the conformance endpoints; ``config/urls.py`` includes them with ``VC_API=on`` alone."""

from django.urls import path

from . import views

urlpatterns = [
    path("vc-api/status/lists/revocation", views.status_list, name="vc-api-status-list"),
    path("vc-api/<slug:suite>", views.describe, name="vc-api-suite"),
    path("vc-api/<slug:suite>/credentials/issue", views.issue, name="vc-api-issue"),
    path("vc-api/<slug:suite>/credentials/verify", views.verify_credential, name="vc-api-verify"),
    path("vc-api/<slug:suite>/presentations/verify", views.verify_presentation, name="vc-api-present"),
    path("1.0/identifiers/<path:did>", views.identifier, name="did-resolution"),
]
