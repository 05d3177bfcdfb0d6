"""Addresses of the verifier, of the bench, of a certificate's page, and of the verification API."""

from django.urls import path, re_path

from . import api, bench_views, views

urlpatterns = [
    path("v", views.verify, name="verify"),
    path("sw.js", views.service_worker, name="verify-worker"),
    path("verify/page/<slug:language>", views.shell, name="verify-shell"),
    path("verify/<slug:language>.webmanifest", views.manifest, name="verify-manifest"),
    re_path(r"^v[#/%](?P<rest>.*)$", views.verify_mangled, name="verify-mangled"),
    path("c/<slug:credential_id>", views.credential, name="credential"),
    path("bench", bench_views.start, name="bench"),
    path("bench/<slug:bench_id>", bench_views.table, name="bench-table"),
    path("bench/<slug:bench_id>/progress", bench_views.progress, name="bench-progress"),
    path("bench/<slug:bench_id>/delete", bench_views.delete, name="bench-delete"),
    path("bench/<slug:bench_id>/table.csv", bench_views.as_csv, name="bench-csv"),
    path("bench/<slug:bench_id>/receipt.jwt", bench_views.receipt, name="bench-receipt"),
    path("api/v1/verify", api.Verify.as_view(), name="api-verify"),
]
