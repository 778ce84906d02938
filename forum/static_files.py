"""Storage of static files in production: hashed names, compressed, in imports too."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """A manifest storage that also puts hashed names into the imports of our own scripts.

    Django's `support_js_module_import_aggregation` would do this for every script, and stop at a
    comment in one of htmx's that mentions an import of a file that does not exist. Scripts may not
    import one another in a circle, since no hash would ever be final.
    """

    # A script is final once its imports are: one pass for each step of the longest chain.
    max_post_process_passes = 10
    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "js/*.js",
            (
                (r'(?P<matched>from "(?P<url>\./[^"]+)";)', 'from "%(url)s";'),
                (r'(?P<matched>import "(?P<url>\./[^"]+)";)', 'import "%(url)s";'),
                (r'(?P<matched>import\("(?P<url>\.{1,2}/[^"]+)"\))', 'import("%(url)s")'),
            ),
        ),
    )
