package postgres

import (
	"context"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

// VoucherStatement is one accounting of uses.
type VoucherStatement struct {
	ID         vouchers.StatementID
	Number     string
	MadeAt     time.Time
	Uses       int
	TotalCents money.Amount
}

// StatementProvider is whom a statement reimburses.
type StatementProvider struct {
	StatementID vouchers.StatementID
	ProviderID  billing.ProviderID
	Name        string
	TaxCode     string
	Iban        string
	Uses        int
	TotalCents  money.Amount
}

const statementSelect = "SELECT id, number, made_at, uses, total_cents FROM voucher_statements WHERE municipality_id = ? "

// VoucherStatements lists the latest statements.
func (r reader) VoucherStatements(ctx context.Context, most int) ([]VoucherStatement, error) {
	return list[VoucherStatement](ctx, r, "statements", statementSelect+"ORDER BY made_at DESC, id DESC LIMIT ?", r.municipality, most)
}

// VoucherStatement is one statement.
func (r reader) VoucherStatement(ctx context.Context, id vouchers.StatementID) (VoucherStatement, error) {
	if !validID(string(id)) {
		return VoucherStatement{}, ErrNotFound.With("what", "statement")
	}
	return single[VoucherStatement](ctx, r, "statement", id, statementSelect+"AND id = ?", r.municipality, id)
}

// StatementByKey is the statement that a form made before; [ErrNotFound].
func (tx *Tx) StatementByKey(ctx context.Context, key string) (VoucherStatement, error) {
	return single[VoucherStatement](ctx, tx.reader, "statement", "by key", statementSelect+"AND request_key = ?", tx.municipality, key)
}

// StatementProviders lists whom statements reimburse, by name.
func (r reader) StatementProviders(ctx context.Context, ids []vouchers.StatementID) (map[vouchers.StatementID][]StatementProvider, error) {
	rows, err := list[StatementProvider](ctx, r, "providers of statements", `
		SELECT statement_id, provider_id, name, tax_code, iban, uses, total_cents FROM voucher_statement_providers
		WHERE municipality_id = ? AND statement_id::text IN (?) ORDER BY name, provider_id`, r.municipality, texts(append(ids, "")))
	all := map[vouchers.StatementID][]StatementProvider{}
	for _, p := range rows {
		all[p.StatementID] = append(all[p.StatementID], p)
	}
	return all, err
}

// RegisteredSum is what the registered uses of a provider in a call sum to.
type RegisteredSum struct {
	ProviderID   billing.ProviderID
	ProviderName string
	Iban         string
	CallID       billing.VoucherCallID
	CallCode     string
	Uses         int
	AmountCents  money.Amount
}

// RegisteredSums sums all registered uses, by provider and call.
func (r reader) RegisteredSums(ctx context.Context) ([]RegisteredSum, error) {
	return list[RegisteredSum](ctx, r, "registered uses", `
		SELECT c.provider_id, p.name AS provider_name, p.iban, vc.id AS call_id, vc.code AS call_code, count(*) AS uses, sum(u.amount_cents) AS amount_cents
		FROM voucher_uses u
		JOIN vouchers v ON v.municipality_id = u.municipality_id AND v.id = u.voucher_id
		JOIN voucher_calls vc ON vc.municipality_id = v.municipality_id AND vc.code = v.call_code
		JOIN charges c ON c.municipality_id = u.municipality_id AND c.id = u.charge_id
		JOIN providers p ON p.municipality_id = c.municipality_id AND p.id = c.provider_id
		WHERE u.municipality_id = ? AND u.state = 'registered'
		GROUP BY c.provider_id, p.name, p.iban, vc.id, vc.code ORDER BY p.name, c.provider_id, vc.code`, r.municipality)
}

// LockStatements lets one accounting at a time go on, so that of two that ask at
// once the second sees what the first left.
func (tx *Tx) LockStatements(ctx context.Context) error {
	_, err := tx.exec(ctx, "lock statements", "SELECT pg_advisory_xact_lock(hashtext('voucher_statements'), ?)", int(tx.municipality))
	return err
}

// RegisteredForUpdate lists the registered uses up to an instant, of one provider
// and one call when those are given, locked by id until the transaction ends.
func (tx *Tx) RegisteredForUpdate(ctx context.Context, provider billing.ProviderID, call billing.VoucherCallID, before time.Time, most int) ([]UseLine, error) {
	ids, err := list[vouchers.UseID](ctx, tx.reader, "lock uses", `
		SELECT u.id::text FROM voucher_uses u
		JOIN vouchers v ON v.municipality_id = u.municipality_id AND v.id = u.voucher_id
		JOIN voucher_calls vc ON vc.municipality_id = v.municipality_id AND vc.code = v.call_code
		JOIN charges c ON c.municipality_id = u.municipality_id AND c.id = u.charge_id
		WHERE u.municipality_id = ?0 AND u.state = 'registered' AND u.used_at < ?1
			AND (?2 = '' OR c.provider_id::text = ?2) AND (?3 = '' OR vc.id::text = ?3)
		ORDER BY u.id LIMIT ?4 FOR UPDATE OF u`, tx.municipality, before, string(provider), string(call), most)
	if err != nil {
		return nil, err
	}
	return toUses(list[useLineRow](ctx, tx.reader, "locked uses", useSelect+`
		AND u.state = 'registered' AND u.id::text IN (?1) ORDER BY u.id`, tx.municipality, texts(append(ids, ""))))
}

// AddStatement stores a statement with whom it reimburses, and that its uses are
// accounted.
func (tx *Tx) AddStatement(ctx context.Context, s VoucherStatement, key string, by communities.UserID, providers []StatementProvider, uses []vouchers.UseID) error {
	if _, err := tx.exec(ctx, "statement", `
		INSERT INTO voucher_statements (municipality_id, id, number, request_key, made_by, made_at, uses, total_cents) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.municipality, s.ID, s.Number, key, by, s.MadeAt, s.Uses, s.TotalCents); err != nil {
		return err
	}
	for _, p := range providers {
		if _, err := tx.exec(ctx, "statement", `
			INSERT INTO voucher_statement_providers (municipality_id, statement_id, provider_id, name, tax_code, iban, uses, total_cents) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			tx.municipality, s.ID, p.ProviderID, p.Name, p.TaxCode, p.Iban, p.Uses, p.TotalCents); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, "account uses", `
		UPDATE voucher_uses SET state = 'accounted', ended_at = ?, ended_by = ?, statement_id = ? WHERE municipality_id = ? AND id::text IN (?)`,
		s.MadeAt, by, s.ID, tx.municipality, texts(append(uses, "")))
	return err
}
