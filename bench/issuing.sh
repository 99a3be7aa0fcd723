#!/usr/bin/env bash
# Issuing the charges and postings of a city's round in one act, beside COPY of the
# same rows into the same tables. SHARES=100000 RUNS=3 choose.
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
ISSUE_SHARES=${SHARES:-100000} go test ./postgres -run '^$' -bench 'BenchmarkIssuing$' -benchtime 1x -count "${RUNS:-3}" -timeout 30m | grep -E 'Benchmark|FAIL|ERROR'
