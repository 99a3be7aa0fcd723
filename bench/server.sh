# Sourced by the others: starts a PostgreSQL of its own on a free folder, with the
# settings of a small production server, and ends it when the script ends.
# PG_BIN chooses the PostgreSQL; root runs it as user postgres.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pg_bin=${PG_BIN:-$(dirname "$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -n 1 || command -v postgres)")}
folder=$(mktemp -d)
as_owner=()
if [ "$(id -u)" = 0 ]; then
	as_owner=(runuser -u postgres --)
	chown postgres "$folder"
fi
chmod 755 "$folder"

stop_server() {
	"${as_owner[@]}" "$pg_bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$folder"
}
trap stop_server EXIT

"${as_owner[@]}" "$pg_bin/initdb" -D "$folder/data" -A trust -U bench -E UTF8 --no-locale >/dev/null
"${as_owner[@]}" "$pg_bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" start >/dev/null \
	-o "-c listen_addresses= -k $folder -c max_connections=100 -c shared_buffers=512MB -c max_wal_size=8GB -c checkpoint_timeout=30min ${BENCH_SETTINGS:-}"

export PGHOST=$folder PGUSER=bench PGDATABASE=bench
psql=("$pg_bin/psql" -X -q -v ON_ERROR_STOP=1)
"$pg_bin/createdb" bench
export COLLETTA_TEST_DATABASE_URL="postgres://bench@/bench?host=$folder"

# ready makes the schema in the database bench, with a municipality.
ready() {
	DATABASE_URL=$COLLETTA_TEST_DATABASE_URL "${COLLETTA_BIN:-bin/colletta}" migrate >/dev/null
	"${psql[@]}" -c "INSERT INTO municipalities (id, name) VALUES (1, 'Prova') ON CONFLICT DO NOTHING"
}
