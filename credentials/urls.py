"""Addresses of certificates' files, achievements, status lists, the trainer's room and its API."""

from django.urls import path

from .api import certificates, receipts
from .api import courses as courses_api
from .api import lists as lists_api
from .views import courses, deliveries, files, health, held, lists, messages, prints, reviews, teach, webhooks

urlpatterns = [
    path("c/<slug:credential_id>.jwt", files.credential_jwt, name="credential-jwt"),
    path("c/<slug:credential_id>.pdf", files.credential_pdf, name="credential-pdf"),
    path("c/<slug:credential_id>.card.pdf", files.credential_card, name="credential-card"),
    path("a/<slug:achievement_id>/badge.svg", files.badge, name="achievement-badge"),
    path("a/<str:achievement_id>", files.achievement, name="achievement"),
    path("s/<slug:purpose>/<int:number>", files.status_list, name="status-list"),
    path("bundle.jwt", files.bundle, name="bundle"),
    path("api/v1/achievements", courses_api.Courses.as_view(), name="api-achievements"),
    path(
        "api/v1/achievements/<slug:achievement_id>", courses_api.OneCourse.as_view(), name="api-achievement"
    ),
    path("api/v1/batches", lists_api.Lists.as_view(), name="api-batches"),
    path("api/v1/batches/<slug:batch_id>", lists_api.OneList.as_view(), name="api-batch"),
    path("api/v1/batches/<slug:batch_id>/cancel", lists_api.Cancel.as_view(), name="api-batch-cancel"),
    path("api/v1/batches/<slug:batch_id>/retry", lists_api.Retry.as_view(), name="api-batch-retry"),
    path("api/v1/batches/<slug:batch_id>/rows", lists_api.Rows.as_view(), name="api-rows"),
    path("api/v1/batches/<slug:batch_id>/rows/<int:row>", lists_api.OneRow.as_view(), name="api-row"),
    path(
        "api/v1/credentials/<slug:credential_id>", certificates.Certificate.as_view(), name="api-credential"
    ),
    path(
        "api/v1/credentials/<slug:credential_id>/replace", certificates.Replace.as_view(), name="api-replace"
    ),
    path("api/v1/credentials/<slug:credential_id>/revoke", certificates.Revoke.as_view(), name="api-revoke"),
    path(
        "api/v1/credentials/<slug:credential_id>/suspend", certificates.Suspend.as_view(), name="api-suspend"
    ),
    path(
        "api/v1/credentials/<slug:credential_id>/reinstate",
        certificates.Reinstate.as_view(),
        name="api-reinstate",
    ),
    path("api/v1/messages/<slug:message_id>/receipt", receipts.Receipt.as_view(), name="api-message-receipt"),
    path("teach/", teach.home, name="teach-home"),
    path("teach/health", health.provider, name="teach-health"),
    path("city/health", health.whole_city, name="city-health"),
    path("teach/messages/", messages.provider, name="teach-messages"),
    path("teach/messages/act", messages.provider_act, name="teach-messages-act"),
    path("city/messages", messages.whole_city, name="city-messages"),
    path("city/messages/act", messages.city_act, name="city-messages-act"),
    path("teach/webhooks/", webhooks.shelf, name="teach-webhooks"),
    path("teach/webhooks/new/<slug:slug>", webhooks.new, name="teach-webhook-new"),
    path("teach/webhooks/<slug:endpoint_id>", webhooks.show, name="teach-webhook"),
    path("teach/webhooks/<slug:endpoint_id>/rotate", webhooks.rotate, name="teach-webhook-rotate"),
    path("teach/webhooks/<slug:endpoint_id>/remove", webhooks.remove, name="teach-webhook-remove"),
    path("teach/webhooks/<slug:endpoint_id>/test", webhooks.test, name="teach-webhook-test"),
    path("teach/webhooks/<slug:endpoint_id>/resume", webhooks.resume, name="teach-webhook-resume"),
    path("teach/held/", held.provider, name="teach-held"),
    path("teach/held/<slug:batch_id>/release", held.release, name="teach-held-release"),
    path("teach/held/<slug:batch_id>/turn-down", held.turn_down, name="teach-held-turn-down"),
    path("city/held/", held.whole_city, name="city-held"),
    path("city/held/<slug:batch_id>/release", held.city_release, name="city-held-release"),
    path("city/held/<slug:batch_id>/turn-down", held.city_turn_down, name="city-held-turn-down"),
    path("teach/award/", teach.choose, name="teach-award"),
    path("teach/award/<slug:achievement_id>", teach.award, name="teach-award-form"),
    path("teach/awards/<slug:batch_id>", teach.batch, name="teach-batch"),
    path("teach/lists/", lists.shelf, name="teach-lists"),
    path("teach/lists/template.<slug:kind>", lists.template, name="teach-list-template"),
    path("teach/lists/new/<slug:achievement_id>", lists.upload, name="teach-list-new"),
    path("teach/lists/<slug:batch_id>", lists.show, name="teach-list"),
    path("teach/lists/<slug:batch_id>/progress", lists.progress, name="teach-list-progress"),
    path("teach/lists/<slug:batch_id>/accept", lists.accept, name="teach-list-accept"),
    path("teach/lists/<slug:batch_id>/discard", lists.discard, name="teach-list-discard"),
    path("teach/lists/<slug:batch_id>/stop", lists.stop, name="teach-list-stop"),
    path("teach/lists/<slug:batch_id>/retry", lists.retry, name="teach-list-retry"),
    path("teach/lists/<slug:batch_id>/mend", lists.mend, name="teach-list-mend"),
    path("teach/lists/<slug:batch_id>/result.csv", lists.result, name="teach-list-result"),
    path("teach/prints/chosen", prints.chosen, name="teach-print-chosen"),
    path("teach/prints/of/<slug:batch_id>", prints.of_batch, name="teach-print-batch"),
    path("teach/prints/<slug:print_id>", prints.show, name="teach-print"),
    path("teach/prints/<slug:print_id>/progress", prints.progress, name="teach-print-progress"),
    path("teach/prints/<slug:print_id>/<int:volume>.zip", prints.archive, name="teach-print-archive"),
    path("teach/c/", teach.certificates, name="teach-certificates"),
    path("teach/c/chosen/tell", deliveries.tell_chosen, name="teach-tell-chosen"),
    path("teach/c/chosen/revoke", deliveries.revoke_chosen, name="teach-revoke-chosen"),
    path("teach/c/<slug:credential_id>/tell", deliveries.tell, name="teach-tell"),
    path("teach/c/<slug:credential_id>", teach.certificate, name="teach-certificate"),
    path("teach/c/<slug:credential_id>/replace", teach.replace, name="teach-replace"),
    path("teach/c/<slug:credential_id>/<slug:act>", teach.change, name="teach-change"),
    path("teach/achievements/", courses.shelf, name="teach-achievements"),
    path("teach/achievements/new/<slug:slug>", courses.draft_new, name="teach-achievement-new"),
    path("teach/achievements/<slug:achievement_id>", courses.achievement, name="teach-achievement"),
    path("teach/achievements/<slug:achievement_id>/edit", courses.draft_edit, name="teach-achievement-edit"),
    path("teach/achievements/<slug:achievement_id>/submit", courses.submit, name="teach-achievement-submit"),
    path(
        "teach/achievements/<slug:achievement_id>/take-back",
        courses.take_back,
        name="teach-achievement-take-back",
    ),
    path(
        "teach/achievements/<slug:achievement_id>/withdraw",
        courses.withdraw,
        name="teach-achievement-withdraw",
    ),
    path(
        "teach/achievements/<slug:achievement_id>/specimen.pdf",
        courses.specimen,
        name="teach-achievement-specimen",
    ),
    path("teach/reviews/", reviews.provider, name="teach-reviews"),
    path("teach/reviews/<slug:achievement_id>", reviews.provider_one, name="teach-reviews-one"),
    path("city/reviews/", reviews.whole_city, name="city-reviews"),
    path("city/reviews/<slug:achievement_id>", reviews.city_one, name="city-reviews-one"),
    path(
        "teach/achievements/<slug:achievement_id>/version",
        courses.new_version,
        name="teach-achievement-version",
    ),
]
