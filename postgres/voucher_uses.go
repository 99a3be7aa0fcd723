package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

type useRow struct {
	bun.BaseModel `bun:"table:voucher_uses"`

	MunicipalityID communities.MunicipalityID
	ID             string
	VoucherID      string
	ChargeID       string
	AmountCents    money.Amount
	State          vouchers.UseState
	UsedAt         time.Time
	UsedBy         string
	EndedAt        *time.Time
	EndedBy        string `bun:",nullzero"`
	Reason         string
	StatementID    string `bun:",nullzero"`
}

// UseLine is a use with what its readers need.
type UseLine struct {
	vouchers.Use
	Voucher                              vouchers.ID
	Code, Call                           string
	CallID                               billing.VoucherCallID
	Charge                               billing.ChargeID
	ChargeNumber, Description            string
	Provider                             billing.ProviderID
	ProviderName, ProviderTaxCode        string
	ProviderIBAN                         string
	Household                            communities.HouseholdID
	HouseholdName                        string
	UsedAt                               time.Time
	EndedAt                              *time.Time
	Reason, StatementID, StatementNumber string
}

type useLineRow struct {
	useRow
	Code, CallCode, CallID, ChargeNumber, Description       string
	ProviderID, ProviderName, ProviderTaxCode, ProviderIban string
	HouseholdID, HouseholdName, StatementNumber             string
}

func toUses(rows []useLineRow, err error) ([]UseLine, error) {
	all := make([]UseLine, len(rows))
	for i, r := range rows {
		all[i] = UseLine{
			Use: vouchers.Use{ID: vouchers.UseID(r.ID), Amount: r.AmountCents, State: r.State}, Voucher: vouchers.ID(r.VoucherID), Code: r.Code,
			Call: r.CallCode, CallID: billing.VoucherCallID(r.CallID), Charge: billing.ChargeID(r.ChargeID), ChargeNumber: r.ChargeNumber,
			Description: r.Description, Provider: billing.ProviderID(r.ProviderID), ProviderName: r.ProviderName, ProviderTaxCode: r.ProviderTaxCode,
			ProviderIBAN: r.ProviderIban, Household: communities.HouseholdID(r.HouseholdID), HouseholdName: r.HouseholdName,
			UsedAt: r.UsedAt, EndedAt: r.EndedAt, Reason: r.Reason, StatementID: r.StatementID, StatementNumber: r.StatementNumber,
		}
	}
	return all, err
}

const useSelect = `
	SELECT u.*, v.code, v.call_code, vc.id AS call_id, c.number AS charge_number, c.description, c.provider_id, c.household_id,
		p.name AS provider_name, p.tax_code AS provider_tax_code, p.iban AS provider_iban, h.name AS household_name, coalesce(s.number, '') AS statement_number
	FROM voucher_uses u
	JOIN vouchers v ON v.municipality_id = u.municipality_id AND v.id = u.voucher_id
	JOIN voucher_calls vc ON vc.municipality_id = v.municipality_id AND vc.code = v.call_code
	JOIN charges c ON c.municipality_id = u.municipality_id AND c.id = u.charge_id
	JOIN providers p ON p.municipality_id = c.municipality_id AND p.id = c.provider_id
	JOIN households h ON h.municipality_id = c.municipality_id AND h.id = c.household_id
	LEFT JOIN voucher_statements s ON s.municipality_id = u.municipality_id AND s.id = u.statement_id
	WHERE u.municipality_id = ?0 `

// UsesFilter says which uses to list; the first that is set counts.
type UsesFilter struct {
	Vouchers   []vouchers.ID
	Charges    []billing.ChargeID
	Statement  vouchers.StatementID
	Registered bool // every one that is registered
}

// VoucherUses lists uses, the latest first; those of a statement and those that
// are registered by provider, call and time.
func (r reader) VoucherUses(ctx context.Context, f UsesFilter, most int) ([]UseLine, error) {
	const latest = "ORDER BY u.used_at DESC, u.id DESC LIMIT ?2"
	switch {
	case f.Vouchers != nil:
		return toUses(list[useLineRow](ctx, r, "uses of vouchers", useSelect+"AND u.voucher_id::text IN (?1) "+latest, r.municipality, texts(append(f.Vouchers, "")), most))
	case f.Charges != nil:
		return toUses(list[useLineRow](ctx, r, "uses on charges", useSelect+"AND u.charge_id::text IN (?1) "+latest, r.municipality, texts(append(f.Charges, "")), most))
	case f.Statement != "":
		return toUses(list[useLineRow](ctx, r, "uses of a statement", useSelect+`
			AND u.statement_id::text = ?1 ORDER BY p.name, c.provider_id, v.call_code, u.used_at, u.id LIMIT ?2`, r.municipality, string(f.Statement), most))
	case f.Registered:
		return toUses(list[useLineRow](ctx, r, "registered uses", useSelect+`
			AND u.state = 'registered' ORDER BY p.name, c.provider_id, v.call_code, u.used_at, u.id LIMIT ?1`, r.municipality, most))
	}
	return []UseLine{}, nil
}

// VoucherUse is one use.
func (r reader) VoucherUse(ctx context.Context, id vouchers.UseID) (UseLine, error) {
	if !validID(string(id)) {
		return UseLine{}, ErrNotFound.With("what", "voucher use")
	}
	rows, err := toUses(list[useLineRow](ctx, r, "use", useSelect+"AND u.id = ?1 ORDER BY u.id", r.municipality, id))
	if err == nil && len(rows) == 0 {
		err = ErrNotFound.With("what", "voucher use")
	}
	if err != nil {
		return UseLine{}, err
	}
	return rows[0], nil
}

// UseForUpdate is one use, locked until the transaction ends; its charge and its
// voucher are locked before it.
func (tx *Tx) UseForUpdate(ctx context.Context, id vouchers.UseID) (UseLine, error) {
	if _, err := single[string](ctx, tx.reader, "use", id,
		"SELECT id::text FROM voucher_uses WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id); err != nil {
		return UseLine{}, err
	}
	return tx.VoucherUse(ctx, id)
}

// AddVoucherUse stores a registered use.
func (tx *Tx) AddVoucherUse(ctx context.Context, u vouchers.Use, voucher vouchers.ID, charge billing.ChargeID, by communities.UserID, at time.Time) error {
	return insertAll(ctx, tx, "use", []useRow{{
		MunicipalityID: tx.municipality, ID: string(u.ID), VoucherID: string(voucher), ChargeID: string(charge), AmountCents: u.Amount, State: u.State,
		UsedAt: at, UsedBy: string(by),
	}})
}

// EndVoucherUse stores that a use pays nothing any more.
func (tx *Tx) EndVoucherUse(ctx context.Context, u vouchers.Use, by communities.UserID, reason string, at time.Time) error {
	_, err := tx.exec(ctx, "end use", `
		UPDATE voucher_uses SET state = ?, ended_at = ?, ended_by = ?, reason = ? WHERE municipality_id = ? AND id = ?`,
		u.State, at, by, reason, tx.municipality, u.ID)
	return err
}

// SetVoucherOrder stores in which order a household's vouchers pay in a pool.
func (tx *Tx) SetVoucherOrder(ctx context.Context, pool billing.PoolID, h communities.HouseholdID, order []vouchers.ID, by communities.UserID, at time.Time) error {
	ids := make([]string, len(order))
	for i, id := range order {
		ids[i] = string(id)
	}
	_, err := tx.exec(ctx, "voucher order", `
		INSERT INTO voucher_orders (municipality_id, pool_id, household_id, vouchers, declared_by, declared_at) VALUES (?, ?, ?, ?::text[]::uuid[], ?, ?)
		ON CONFLICT (municipality_id, pool_id, household_id) DO UPDATE SET vouchers = EXCLUDED.vouchers, declared_by = EXCLUDED.declared_by, declared_at = EXCLUDED.declared_at`,
		tx.municipality, pool, h, pgdialect.Array(ids), by, at)
	return err
}
