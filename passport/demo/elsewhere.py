"""What Fatima-Zahra brought from elsewhere in the demo: a badge of an academy that nobody here accredits.

The badge lies in ``data/`` as that academy signed it, with a key that it has to itself.
"""

from datetime import datetime, timedelta
from pathlib import Path

from passport import import_queue, importing
from passport.models import Import, Learner
from verify.foreign.fetching import NO_FETCH

from . import people

BADGE = Path(__file__).parent / "data" / "badge-from-elsewhere.json"
AGO = timedelta(days=12)


def tell(*, now: datetime) -> Import:
    """She brought it lately; it was given to the e-mail that she proved."""
    fatima = Learner.objects.get(addresses__value=people.FATIMA_PHONE)
    made = importing.bring(learner=fatima, data=BADGE.read_bytes(), now=now - AGO)
    import_queue.look_at_waiting(now=now - AGO, fetch=NO_FETCH)
    return Import.objects.get(pk=made.pk)
