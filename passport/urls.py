"""Addresses of the one door, of the learner's room, and of the demo's outbox."""

from allauth.account.views import account_inactive, logout
from django.urls import path

from issuers.access import public

from .views import data, door, erase, family, me, merge, outbox, second_step

urlpatterns = [
    path("accounts/login/", door.sign_in, name="account_login"),
    path("accounts/code/", door.enter_code, name="account_code"),
    path("accounts/choose/", door.choose, name="account_choose"),
    path("accounts/recognise/", door.recognise, name="account_recognise"),
    path("accounts/open/", door.open_passport, name="account_open"),
    path("accounts/logout/", public(logout), name="account_logout"),
    path("accounts/inactive/", public(account_inactive), name="account_inactive"),
    path("accounts/2fa/", second_step.sign_in_step, name="mfa_authenticate"),
    path("accounts/second-factor/", second_step.second_factor, name="second-factor"),
    path("accounts/second-factor/add/", second_step.add_factor, name="second-factor-add"),
    path(
        "accounts/second-factor/<int:factor_id>/remove/",
        second_step.remove_factor,
        name="second-factor-remove",
    ),
    path("me/", me.home, name="me"),
    path("me/acting/stop", me.stop_acting, name="me-acting-stop"),
    path("me/settings", me.settings_page, name="me-settings"),
    path("me/addresses/<int:address_id>/forget", me.forget_address, name="me-address-forget"),
    path("me/addresses/<int:address_id>/primary", me.primary_address, name="me-address-primary"),
    path("me/about", me.about, name="me-about"),
    path("me/family", family.family, name="me-family"),
    path("me/family/new", family.new_child, name="me-family-new"),
    path("me/family/ask", family.ask, name="me-family-ask"),
    path("me/family/say", family.say, name="me-family-say"),
    path("me/family/link", family.link, name="me-family-link"),
    path("me/family/requests/<slug:request_id>", family.answer, name="me-family-answer"),
    path("me/family/<int:guardianship_id>/act", family.act, name="me-family-act"),
    path("me/family/<int:guardianship_id>/sharing", family.sharing, name="me-family-sharing"),
    path("me/family/<int:guardianship_id>/end", family.end, name="me-family-end"),
    path("me/merge", merge.merge, name="me-merge"),
    path("me/proposals/<int:proposal_id>", me.answer, name="me-proposal"),
    path("me/c/<slug:credential_id>", me.certificate, name="me-entry"),
    path("me/c/<slug:credential_id>/hide", me.hide, name="me-hide"),
    path("me/c/<slug:credential_id>.jwt", me.certificate_jwt, name="me-jwt"),
    path("me/c/<slug:credential_id>.json", me.certificate_json, name="me-json"),
    path("me/c/<slug:credential_id>.pdf", me.certificate_pdf, name="me-pdf"),
    path("me/c/<slug:credential_id>.card.pdf", me.certificate_card, name="me-card"),
    path("me/c/<slug:credential_id>/correct", data.correct, name="me-correct"),
    path("me/data", data.my_data, name="me-data"),
    path("me/data/consents/<slug:consent>", data.consent, name="me-consent"),
    path("me/data/looks", data.who_looked, name="me-looks"),
    path("me/data/export", data.export, name="me-export"),
    path("me/data/corrections", data.to_correct, name="me-corrections"),
    path("me/data/erase", erase.erase, name="me-erase"),
    path("me/data/close", erase.close, name="me-close"),
    path("erased/<slug:receipt_id>", erase.receipt, name="erasure-receipt"),
    path("erased/<slug:receipt_id>.txt", erase.receipt_file, name="erasure-receipt-file"),
    path("outbox/", outbox.outbox, name="outbox"),
]
