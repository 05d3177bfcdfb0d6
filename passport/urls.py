"""Addresses of the one door, of the learner's room, and of the demo's outbox."""

from allauth.account.views import account_inactive
from django.urls import path

from issuers.access import public

from .views import card, desk, desk_new, door, me, outbox, second_step, shared

urlpatterns = [
    path("accounts/login/", door.sign_in, name="account_login"),
    path("accounts/code/", door.enter_code, name="account_code"),
    path("accounts/choose/", door.choose, name="account_choose"),
    path("accounts/open/", door.open_passport, name="account_open"),
    path("accounts/logout/", shared.sign_out, name="account_logout"),
    path("accounts/inactive/", public(account_inactive), name="account_inactive"),
    path("accounts/2fa/", second_step.sign_in_step, name="mfa_authenticate"),
    path("accounts/second-factor/", second_step.second_factor, name="second-factor"),
    path("accounts/second-factor/add/", second_step.add_factor, name="second-factor-add"),
    path(
        "accounts/second-factor/<int:factor_id>/remove/",
        second_step.remove_factor,
        name="second-factor-remove",
    ),
    path("accounts/card", card.sign_in, name="account_card"),
    path("card/<slug:secret>", card.scanned, name="card"),
    path("shared", shared.device, name="shared"),
    path("shared/stay", shared.stay, name="shared-stay"),
    path("forgotten", shared.forgotten, name="forgotten"),
    path("desk/", desk.home, name="desk-home"),
    path("desk/choose", desk.choose, name="desk-choose"),
    path("desk/leave", desk.leave, name="desk-leave"),
    path("desk/person", desk.person, name="desk-person"),
    path("desk/open", desk.open_passport, name="desk-open"),
    path("desk/card", desk.card_page, name="desk-card"),
    path("desk/pin", desk.pin_page, name="desk-pin"),
    path("desk/claim", desk.claim, name="desk-claim"),
    path("desk/address", desk.address, name="desk-address"),
    path("desk/acts", desk.acts, name="desk-acts"),
    path("desk/new/<slug:step>", desk_new.question, name="desk-new"),
    path("me/", me.home, name="me"),
    path("me/acting/stop", me.stop_acting, name="me-acting-stop"),
    path("me/settings", me.settings_page, name="me-settings"),
    path("me/addresses/<int:address_id>/forget", me.forget_address, name="me-address-forget"),
    path("me/proposals/<int:proposal_id>", me.answer, name="me-proposal"),
    path("me/c/<slug:credential_id>", me.certificate, name="me-entry"),
    path("me/c/<slug:credential_id>/hide", me.hide, name="me-hide"),
    path("me/c/<slug:credential_id>.jwt", me.certificate_jwt, name="me-jwt"),
    path("me/c/<slug:credential_id>.pdf", me.certificate_pdf, name="me-pdf"),
    path("me/c/<slug:credential_id>.card.pdf", me.certificate_card, name="me-card"),
    path("outbox/", outbox.outbox, name="outbox"),
]
