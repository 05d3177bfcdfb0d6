"""The answer to whoever asked for a document that the signer has on order."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from issuers import orders


def being_prepared(request: HttpRequest | None = None) -> HttpResponse:
    """202: it is being signed; ``Retry-After`` says when to come again (RFC 9110, section 15.3.3).

    A person who followed a link reads so, and her browser asks again; a program gets no document.
    """
    a_person = request is not None and request.get_preferred_type(["application/json", "text/html"]) == (
        "text/html"
    )
    response = render(request, "being_prepared.html") if request and a_person else HttpResponse()
    response.status_code = 202
    response["Retry-After"] = str(orders.COME_AGAIN)
    if a_person:
        response["Refresh"] = str(orders.COME_AGAIN)
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    return response
