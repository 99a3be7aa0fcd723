package postgres

import (
	"context"

	"github.com/uptrace/bun"
)

// list runs a SELECT and returns its rows, never nil.
func list[T any](ctx context.Context, r reader, what, query string, args ...any) ([]T, error) {
	ctx, cancel := deadline(ctx)
	defer cancel()
	rows := []T{}
	if err := r.idb.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fault(err, what)
	}
	return rows, nil
}

// single runs a SELECT of one row; [ErrNotFound] when there is none.
func single[T any](ctx context.Context, r reader, what string, key any, query string, args ...any) (T, error) {
	ctx, cancel := deadline(ctx)
	defer cancel()
	var row T
	err := r.idb.NewRaw(query, args...).Scan(ctx, &row)
	return row, one(err, what, key)
}

// exec runs a statement and says how many rows it touched.
func (tx *Tx) exec(ctx context.Context, what, query string, args ...any) (int64, error) {
	result, err := tx.tx.NewRaw(query, args...).Exec(ctx)
	if err != nil {
		return 0, fault(err, what)
	}
	n, err := result.RowsAffected()
	return n, fault(err, what)
}

// insertAll inserts rows in batches; nothing for none.
func insertAll[T any](ctx context.Context, tx *Tx, what string, rows []T) error {
	const batch = 2000
	for len(rows) > 0 {
		n := min(batch, len(rows))
		part := rows[:n]
		if _, err := tx.tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return fault(err, what)
		}
		rows = rows[n:]
	}
	return nil
}

// texts makes a PostgreSQL array of texts from named strings.
func texts[T ~string](values []T) any {
	plain := make([]string, len(values))
	for i, v := range values {
		plain[i] = string(v)
	}
	return bun.List(plain)
}
