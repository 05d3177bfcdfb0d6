"""One running product for all employers, with a certificate in each state; it is made once a session."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import services

from .employers import City, Employer

expect.set_options(timeout=30_000)  # a loaded machine takes its time


@pytest.fixture(scope="session")
def city() -> Iterator[City]:
    """A running city without the demo, and its certificates."""
    with services.running_product(demo=False) as stack:
        city = City(stack)
        city.codes.update(city.act("make"))
        yield city


@pytest.fixture
def employer(city: City, browser: Browser) -> Iterator[Callable[..., Employer]]:
    """Opens new visitors' phones: ``employer(language="ar")``; nothing that must not happen did."""
    city.start_web()
    phones: list[Employer] = []

    def comes(*, language: str = "fr", base_url: str = "", width: int = 360) -> Employer:
        context = browser.new_context(**Employer.phone(language=language, width=width))
        phones.append(Employer(context, base_url or city.base_url, language=language))
        return phones[-1]

    yield comes
    complaints = [complaint for phone in phones for complaint in phone.leave()]
    assert complaints == []
