"""The product's addresses with those that ``VC_API=on`` adds."""

from django.urls import include, path

from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [*urlpatterns, path("", include("verify.conformance.urls"))]
