"""Addresses of certificates' files, achievements, status lists, the trainer's room and its API."""

from django.urls import path

from . import api
from .views import files

urlpatterns = [
    path("c/<slug:credential_id>.jwt", files.credential_jwt, name="credential-jwt"),
    path("c/<slug:credential_id>.pdf", files.credential_pdf, name="credential-pdf"),
    path("a/<slug:achievement_id>/badge.svg", files.badge, name="achievement-badge"),
    path("a/<str:achievement_id>", files.achievement, name="achievement"),
    path("s/<slug:purpose>/<int:number>", files.status_list, name="status-list"),
    path("api/v1/achievements", api.Achievements.as_view(), name="api-achievements"),
    path("api/v1/credentials/<slug:credential_id>/revoke", api.StatusAct.as_view(act="revoke"), name="api-revoke"),
    path("api/v1/credentials/<slug:credential_id>/suspend", api.StatusAct.as_view(act="suspend"), name="api-suspend"),
    path(
        "api/v1/credentials/<slug:credential_id>/reinstate",
        api.StatusAct.as_view(act="reinstate"),
        name="api-reinstate",
    ),
]
