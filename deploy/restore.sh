#!/bin/sh
# Replace the database by a backup: all of it or, if anything fails, nothing.
# In production, from the directory of docker-compose.yml:
#   docker compose stop web worker
#   docker compose run --rm backup /deploy/restore.sh            (lists the backups)
#   docker compose run --rm backup /deploy/restore.sh forum-20260101T000000Z.dump
#   docker compose up -d
set -eu
directory=${BACKUP_DIR:-/backups}

if [ $# -ne 1 ] || [ ! -f "$directory/$1" ]; then
    echo 'Name one of these:' >&2
    ls "$directory" >&2
    exit 2
fi
pg_restore --clean --if-exists --no-owner --single-transaction --exit-on-error \
    --dbname="$PGDATABASE" "$directory/$1"
echo "Restored $1."
