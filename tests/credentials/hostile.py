"""Starts a worker or the sweeper whose signer is slow, as an HSM is, and which dies of one name.

``python -m tests.credentials.hostile worker …`` or ``… sweep …``; ``SIGNATURE_TAKES`` are seconds.
"""

import os
import sys
import time
from datetime import timedelta
from typing import Any

POISON = "Poison"


def main() -> None:
    import django

    django.setup()
    from django.core.management import execute_from_command_line

    from config.celery import app
    from credentials import issuance, queue
    from credentials.models import Award

    takes = float(os.environ["SIGNATURE_TAKES"])
    sign = issuance.Signing.sign

    def hostile(self: issuance.Signing, row: Award) -> Any:
        time.sleep(takes)
        if row.name_latin.endswith(POISON):
            os._exit(9)
        return sign(self, row)

    issuance.Signing.sign = hostile  # type: ignore[method-assign]  # what this launcher is for
    queue.BACKOFF = timedelta(milliseconds=100)
    if sys.argv[1] == "worker":
        app.worker_main(sys.argv[1:])
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
