"""What journeys share: a running product for all employers, made once; a furnished house indoors."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import services
from tests.furnished import House, furnished

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


# -- Indoors: the product in this very process ------------------------------------------------------
@pytest.fixture(scope="module")
def same_thread() -> Iterator[None]:
    """The browser's loop runs in this thread, beside which nothing else asks the database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture(scope="module")
def house(
    django_db_setup: None,
    django_db_blocker: Any,
    same_thread: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A furnished house with somebody of each role."""
    with django_db_blocker.unblock(), furnished(tmp_path_factory.mktemp("house")) as house:
        yield house
