"""How a city's server names static files: by their content, also where modules name one another."""

from typing import ClassVar

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it comes without types
    """Hashed names also where a module imports another, starts a worker or asks for a file beside it.

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
