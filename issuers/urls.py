"""Addresses of the register, of the city's rooms and of a provider's owner."""

from django.urls import path

from .views import register

app_name = None

urlpatterns = [
    # The public register
    path("issuers/", register.issuers, name="issuers"),
    path("issuers/<slug:slug>", register.issuer, name="issuer"),
    path("issuers/<slug:slug>.json", register.issuer_json, name="issuer-json"),
    path("issuers/<slug:slug>/did.json", register.issuer_did, name="issuer-did"),
    path(".well-known/did.json", register.city_did, name="city-did"),
    path("keys.jwt", register.keys, name="keys"),
    path("k/<slug:kid8>", register.key, name="key"),
]
