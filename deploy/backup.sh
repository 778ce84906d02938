#!/bin/sh
# Back up the database every BACKUP_HOURS hours and forget backups older than BACKUP_DAYS days.
# The database is the one that libpq's variables name (PGHOST, PGUSER, PGPASSWORD, PGDATABASE).
#   backup.sh           for ever
#   backup.sh once      one backup now
# To bring one back: deploy/restore.sh.
set -eu
directory=${BACKUP_DIR:-/backups}

backup() {
    name=forum-$(date -u +%Y%m%dT%H%M%SZ).dump
    # Under its real name only when it is whole and on the disk.
    pg_dump --format=custom --no-owner --no-privileges --file="$directory/.unfinished"
    pg_restore --list "$directory/.unfinished" >/dev/null
    sync
    mv "$directory/.unfinished" "$directory/$name"
    echo "Backed up to $name ($(wc -c <"$directory/$name") bytes)."
    find "$directory" -name 'forum-*.dump' -mtime "+${BACKUP_DAYS:-14}" -exec rm -- {} +
}

if [ "${1:-}" = once ]; then
    backup
    exit
fi
while :; do
    if "$0" once; then
        sleep "$((${BACKUP_HOURS:-24} * 3600))"
    else
        echo 'The backup failed; trying again in ten minutes.' >&2
        sleep 600
    fi
done
