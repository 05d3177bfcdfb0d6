"""Addresses of the one door, of the learner's room, and of the demo's outbox."""

from allauth.account.views import account_inactive, logout
from django.urls import path

from issuers.access import public

from .views import door, life, me, outbox, pathways, second_step, signposts

urlpatterns = [
    path("accounts/login/", door.sign_in, name="account_login"),
    path("accounts/code/", door.enter_code, name="account_code"),
    path("accounts/choose/", door.choose, name="account_choose"),
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
    path("me/", life.home, name="me"),
    path("me/acting/stop", me.stop_acting, name="me-acting-stop"),
    path("me/settings", me.settings_page, name="me-settings"),
    path("me/addresses/<int:address_id>/forget", me.forget_address, name="me-address-forget"),
    path("me/proposals/<int:proposal_id>", me.answer, name="me-proposal"),
    path("me/c/<slug:credential_id>", me.certificate, name="me-entry"),
    path("me/c/<slug:credential_id>/hide", me.hide, name="me-hide"),
    path("me/c/<slug:credential_id>.jwt", me.certificate_jwt, name="me-jwt"),
    path("me/c/<slug:credential_id>.pdf", me.certificate_pdf, name="me-pdf"),
    path("me/c/<slug:credential_id>.card.pdf", me.certificate_card, name="me-card"),
    path("me/declare", life.declare, name="me-declare"),
    path("me/d/<slug:declaration_id>", life.declaration, name="me-declaration"),
    path("me/d/<slug:declaration_id>/hide", life.hide_declaration, name="me-declaration-hide"),
    path("me/d/<slug:declaration_id>/remove", life.remove_declaration, name="me-declaration-remove"),
    path("me/skills", life.skills_page, name="me-skills"),
    path("me/pathways", pathways.mine, name="me-pathways"),
    path("pathways", pathways.shelf, name="pathways"),
    path("pathways/<slug:slug>", pathways.pathway, name="pathway"),
    path("city/pathways", signposts.shelf, name="city-pathways"),
    path("city/pathways/new", signposts.new, name="city-pathway-new"),
    path("city/pathways/<slug:slug>", signposts.show, name="city-pathway"),
    path("city/pathways/<slug:slug>/edit", signposts.edit, name="city-pathway-edit"),
    path("city/pathways/<slug:slug>/publish", signposts.publish, name="city-pathway-publish"),
    path("city/pathways/<slug:slug>/decline", signposts.decline, name="city-pathway-decline"),
    path("city/pathways/<slug:slug>/withdraw", signposts.withdraw, name="city-pathway-withdraw"),
    path("outbox/", outbox.outbox, name="outbox"),
]
