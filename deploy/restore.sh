#!/bin/sh
# Replace the database by a backup, of this version or an older one: all of it or, if anything
# fails, nothing. In production, from the directory of docker-compose.yml:
#   docker compose stop web worker
#   docker compose run --rm backup /deploy/restore.sh            (lists the backups)
#   docker compose run --rm backup /deploy/restore.sh forum-20260101T000000Z.dump
#   docker compose up -d                                         (migrates an older one)
set -eu
directory=${BACKUP_DIR:-/backups}

if [ $# -ne 1 ] || [ ! -f "$directory/$1" ]; then
    echo 'Name one of these:' >&2
    ls "$directory" >&2
    exit 2
fi

# Everything goes, what the backup does not know of too. One transaction, and only a backup that
# was read to its end reaches the COMMIT: without it, psql's end takes everything back.
replacement() {
    cat <<'SQL'
SET client_min_messages = warning;
BEGIN;
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
SQL
    pg_restore --no-owner --no-privileges --file=- "$directory/$1" || return
    cat <<'SQL'
COMMIT;
\echo restored
SQL
}
done=$(replacement "$1" | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null) || true
if [ "$done" != restored ]; then
    echo "Nothing was changed: $1 can't be restored; what PostgreSQL said is above." >&2
    exit 1
fi
echo "Restored $1."
