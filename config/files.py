"""How a city's server keeps static files: named by their content, also where modules name one another."""

from typing import Any, ClassVar

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from verify import scripts


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it comes without types
    """Our own modules without their comments, and hashed names also where a module imports another, starts a
    worker or asks for a file beside it.

    So a page has all its modules from one release, whatever a cache still holds of the one before.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 12  # one for each module between a page and the last that it leads to
    patterns: ClassVar = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "*.js",
            (
                (
                    r"""(?P<matched>new URL\("(?P<url>\.[^"]+)", import\.meta\.url\))""",
                    """new URL("%(url)s", import.meta.url)""",
                ),
            ),
        ),
    )

    def _save(self, name: str, content: Any) -> str:
        if name.endswith(".js") and name.startswith(scripts.OWN):
            whole = b"".join(content.chunks())  # from its start, wherever somebody has read to
            content = ContentFile(scripts.lighter(whole.decode()).encode())
        return str(super()._save(name, content))
