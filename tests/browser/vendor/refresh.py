"""Files of others that we carry: fetch them anew, or check that they are what the manifests say.

    python tests/browser/vendor/refresh.py           compare with the manifests, exit 1 if different
    python tests/browser/vendor/refresh.py --fetch   take the files through npm again

To move to a newer version, change it in the manifest, fetch, and commit the new sums it writes.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MANIFESTS = (
    ROOT / "tests/browser/vendor/manifest.json",
    ROOT / "static/fonts/manifest.json",
    ROOT / "static/vendor/manifest.json",
)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences() -> list[str]:
    """One line for each file that is missing or not what its manifest says."""
    wrong = []
    for manifest in MANIFESTS:
        for package in json.loads(manifest.read_text()):
            for name, file in package["files"].items():
                path = manifest.parent / name
                if not path.is_file():
                    wrong.append(f"{path.relative_to(ROOT)} is missing")
                elif sha256(path) != file["sha256"]:
                    wrong.append(f"{path.relative_to(ROOT)} is not the file of its manifest")
    return wrong


def fetch() -> None:
    """Unpack every package with npm and write its files, and their sums, beside the manifest."""
    for manifest in MANIFESTS:
        packages = json.loads(manifest.read_text())
        for package in packages:
            fetch_package(package, manifest.parent)
        manifest.write_text(json.dumps(packages, indent=2) + "\n")


def fetch_package(package: dict[str, str | dict[str, dict[str, str]]], into: Path) -> None:
    files = package["files"]
    assert isinstance(files, dict)
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{package['name']}@{package['version']}"
        subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            for name, file in files.items():
                member = packed.extractfile(f"package/{file['from']}")
                assert member is not None
                (into / name).write_bytes(member.read())
                file["sha256"] = sha256(into / name)


if __name__ == "__main__":
    if "--fetch" in sys.argv[1:]:
        fetch()
    wrong = differences()
    sys.stdout.write("\n".join(wrong or ["Every file is what its manifest says."]) + "\n")
    sys.exit(bool(wrong))
