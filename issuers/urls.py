"""Addresses of the register, of the city's rooms and of a provider's owner."""

from django.urls import path

from . import api
from .views import city, city_keys, register, staff

app_name = None

urlpatterns = [
    # The public register
    path("issuers/", register.issuers, name="issuers"),
    path("issuers/<slug:slug>", register.issuer, name="issuer"),
    path("issuers/<slug:slug>.json", register.issuer_json, name="issuer-json"),
    path("issuers/<slug:slug>/did.json", register.issuer_did, name="issuer-did"),
    path("city.json", register.city_json, name="city-json"),
    path(".well-known/did.json", register.city_did, name="city-did"),
    path(".well-known/audit-checkpoint", register.audit_checkpoint, name="audit-checkpoint"),
    path("keys.jwt", register.keys, name="keys"),
    path("k/<slug:kid8>", register.key, name="key"),
    path("api/v1/issuers", api.Register.as_view(), name="api-issuers"),
    # The city's rooms
    path("city/", city.home, name="city-home"),
    path("city/people/", city.people, name="city-people"),
    path("city/people/new", city.person_new, name="city-person-new"),
    path("city/people/<int:membership_id>/remove", city.person_remove, name="city-person-remove"),
    path("city/issuers/new", city.propose, name="city-propose"),
    path("city/issuers/<slug:slug>", city.issuer, name="city-issuer"),
    path("city/issuers/<slug:slug>/approve", city.approve, name="city-approve"),
    path("city/issuers/<slug:slug>/suspend", city.suspend, name="city-suspend"),
    path("city/issuers/<slug:slug>/reinstate", city.reinstate, name="city-reinstate"),
    path("city/issuers/<slug:slug>/close", city.close, name="city-close"),
    path("city/issuers/<slug:slug>/owner", city.owner_new, name="city-owner-new"),
    path("city/issuers/<slug:slug>/mandates/new", city.mandate_new, name="city-mandate-new"),
    path("city/mandates/<int:mandate_id>/approve", city.mandate_approve, name="city-mandate-approve"),
    path("city/mandates/<int:mandate_id>/suspend", city.mandate_suspend, name="city-mandate-suspend"),
    path("city/mandates/<int:mandate_id>/reinstate", city.mandate_reinstate, name="city-mandate-reinstate"),
    path("city/keys", city_keys.keys, name="city-keys"),
    path("city/keys/<slug:thumbprint>/withdraw", city_keys.withdraw, name="city-key-withdraw"),
    path("city/withdrawals/<int:withdrawal_id>/confirm", city_keys.confirm, name="city-withdrawal-confirm"),
    path("city/withdrawals/<int:withdrawal_id>/alone", city_keys.confirm_alone, name="city-withdrawal-alone"),
    path("city/withdrawals/<int:withdrawal_id>/decline", city_keys.decline, name="city-withdrawal-decline"),
    # The provider's owner
    path("teach/members/", staff.members, name="teach-members"),
    path("teach/members/new/<slug:slug>", staff.member_new, name="teach-member-new"),
    path("teach/members/<int:membership_id>", staff.member_edit, name="teach-member-edit"),
    path("teach/members/<int:membership_id>/remove", staff.member_remove, name="teach-member-remove"),
    path("teach/api-clients/", staff.api_clients, name="teach-api-clients"),
    path("teach/api-clients/new/<slug:slug>", staff.api_client_new, name="teach-api-client-new"),
    path(
        "teach/api-clients/<slug:client_id>/withdraw",
        staff.api_client_withdraw,
        name="teach-api-client-withdraw",
    ),
]
