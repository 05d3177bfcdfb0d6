"""All addresses, room by room."""

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from issuers.access import public

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("catalogue", views.courses, name="catalogue"),
    path("lang/<slug:code>", views.set_language, name="set-language"),
    path("privacy", views.privacy, name="privacy"),
    path("accessibility", views.accessibility, name="accessibility"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_page, name="metrics"),
    path(".well-known/security.txt", views.security_txt, name="security-txt"),
    path(
        "api/schema/",
        public(SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])),
        name="api-schema",
    ),
    path("api/docs/", views.api_docs, name="api-docs"),
    path("problems", views.known_problems, name="problems"),
    path("", include("issuers.urls")),
    path("", include("credentials.urls")),
    path("", include("verify.urls")),
    path("", include("passport.urls")),
]

if settings.VC_API:
    urlpatterns += [path("", include("verify.conformance.urls"))]

handler400 = "config.problems.bad_request"
handler403 = "config.problems.forbidden"
handler404 = "config.problems.not_found"
handler500 = "config.problems.server_error"
