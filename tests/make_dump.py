"""Write `tests/data/forum-VERSION.dump`: a forum of this version, which later versions restore.

Run it once for each release, `.venv/bin/python -m tests.make_dump`, and keep the earlier dumps. Its
forum is the one of `tests/scene.py`, with every role and state.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def make_dump(data_dir: Path) -> Path:
    os.environ |= {"DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "forum.settings"}
    os.environ.pop("DATABASE_URL", None)
    # What follows reads the settings.
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from forum.database.programs import program
    from tests.scene import build_scene

    call_command("setup")
    build_scene()
    keys = connection.settings_dict
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    dump = ROOT / "tests" / "data" / f"forum-{version}.dump"
    connect = ["--host", keys["HOST"], "--username", keys["USER"], "--dbname", keys["NAME"]]
    # As deploy/backup.sh does.
    options = ["--format=custom", "--compress=9", "--no-owner", "--no-privileges"]
    subprocess.run([program("pg_dump"), *options, *connect, "--file", dump], check=True)
    call_command("db", "stop")
    return dump


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        make_dump(Path(directory))
