"""The answer to whoever asked for a document that the signer has on order."""

from django.http import HttpResponse

from issuers import orders


def being_prepared() -> HttpResponse:
    """202: it is being signed; ``Retry-After`` says when to come again (RFC 9110, section 15.3.3)."""
    return HttpResponse(
        status=202,
        headers={
            "Retry-After": str(orders.COME_AGAIN),
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
        },
    )
