#!/usr/bin/env bash
# The rate of posting: the ledger through Go, and the same transaction in pgbench on
# the same PostgreSQL, in turns. SECONDS_EACH=10 CLIENTS="1 16" ROUNDS=3 choose.
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
ready
seconds=${SECONDS_EACH:-5}
CGO_ENABLED=${CGO_ENABLED:-0} go test -c -o "$folder/postgres.test" ./postgres
rate() { # rate SCRIPT CLIENTS
	"$pg_bin/pgbench" -n -f "bench/$1.sql" -c "$2" -j 2 -T "$seconds" 2>/dev/null | awk '/^tps/ { printf "%.0f", $3 }'
}
triggers() { "${psql[@]}" -c "ALTER TABLE ledger_transactions $1 TRIGGER ledger_transactions_balanced"; }
printf '%-34s %s\n' "transactions per second" "clients: ${CLIENTS:-1 16}, $seconds s each"
for round in $(seq "${ROUNDS:-3}"); do
	for clients in ${CLIENTS:-1 16}; do
		triggers ENABLE
		printf 'round %s, %2s clients: pgbench %s' "$round" "$clients" "$(rate posting "$clients")"
		printf ', ledger %s' "$(POSTING_CLIENTS=$clients "$folder/postgres.test" -test.run '^$' -test.bench 'BenchmarkPosting$' -test.benchtime "${seconds}s" | awk '/tx\/s/ { for (i = 1; i < NF; i++) if ($(i + 1) == "tx/s") printf "%.0f", $i }')"
		triggers DISABLE
		printf '; pgbench without the chain %s' "$(rate posting-unchained "$clients")"
		printf ', without chain and balances %s\n' "$(rate posting-bare "$clients")"
	done
done
