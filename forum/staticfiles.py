"""How static files are stored once collected."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class CompressedModules(CompressedManifestStaticFilesStorage):
    """Hashed names, compressed, with the imports of JavaScript modules rewritten too."""

    support_js_module_import_aggregation = True
