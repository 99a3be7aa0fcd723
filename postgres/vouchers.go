package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

type voucherRow struct {
	bun.BaseModel `bun:"table:vouchers"`

	MunicipalityID communities.MunicipalityID
	ID             string
	BatchID        string
	Line           int
	Code           string
	CallCode       string
	ValidFrom      *time.Time `bun:"type:date"`
	ValidTo        *time.Time `bun:"type:date"`
	GivenName      string
	FamilyName     string
	Holder         string
	DataKind       string
	Minor          string
	AmountCents    money.Amount
	UsedCents      money.Amount
	Email          string
	Phone          string
	State          vouchers.State
	StateAt        time.Time
	StateBy        string
	StateReason    string
}

// VoucherLine is a voucher with what its readers need.
type VoucherLine struct {
	vouchers.Voucher
	Batch       string
	StateAt     time.Time
	StateReason string
	Registered  money.Amount // of what is used, not accounted yet
}

type voucherLineRow struct {
	voucherRow
	RegisteredCents money.Amount
}

func (row voucherLineRow) toLine() VoucherLine {
	l := VoucherLine{
		Voucher: vouchers.Voucher{ID: vouchers.ID(row.ID), State: row.State, Used: row.UsedCents, Terms: vouchers.Terms{
			Code: row.Code, Call: row.CallCode, GivenName: row.GivenName, FamilyName: row.FamilyName, Holder: row.Holder,
			DataKind: row.DataKind, Minor: row.Minor, Amount: row.AmountCents, Email: row.Email, Phone: row.Phone,
		}},
		Batch: row.BatchID, StateAt: row.StateAt, StateReason: row.StateReason, Registered: row.RegisteredCents,
	}
	if row.ValidFrom != nil {
		l.ValidFrom = row.ValidFrom.UTC()
	}
	if row.ValidTo != nil {
		l.ValidTo = row.ValidTo.UTC()
	}
	return l
}

func toVouchers(rows []voucherLineRow, err error) ([]VoucherLine, error) {
	all := make([]VoucherLine, len(rows))
	for i, row := range rows {
		all[i] = row.toLine()
	}
	return all, err
}

const voucherColumns = `
	v.*, (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
		WHERE u.municipality_id = v.municipality_id AND u.voucher_id = v.id AND u.state = 'registered') AS registered_cents`

// Voucher is one voucher, confirmed or not.
func (r reader) Voucher(ctx context.Context, id vouchers.ID) (VoucherLine, error) {
	if !validID(string(id)) {
		return VoucherLine{}, ErrNotFound.With("what", "voucher")
	}
	row, err := single[voucherLineRow](ctx, r, "voucher", id, "SELECT "+voucherColumns+" FROM vouchers v WHERE v.municipality_id = ? AND v.id = ?", r.municipality, id)
	return row.toLine(), err
}

// VoucherForUpdate is one voucher, locked until the transaction ends.
func (tx *Tx) VoucherForUpdate(ctx context.Context, id vouchers.ID) (VoucherLine, error) {
	if !validID(string(id)) {
		return VoucherLine{}, ErrNotFound.With("what", "voucher")
	}
	if _, err := single[string](ctx, tx.reader, "voucher", id,
		"SELECT id::text FROM vouchers WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id); err != nil {
		return VoucherLine{}, err
	}
	return tx.Voucher(ctx, id)
}

// VouchersOf lists the confirmed vouchers whose holder is a person of the
// household, by code.
func (r reader) VouchersOf(ctx context.Context, h communities.HouseholdID) ([]VoucherLine, error) {
	return toVouchers(list[voucherLineRow](ctx, r, "vouchers of a household", "SELECT "+voucherColumns+`
		FROM vouchers v WHERE v.municipality_id = ?0 AND v.state <> 'imported' AND v.holder IN
			(SELECT p.tax_code FROM persons p WHERE p.municipality_id = ?0 AND p.household_id = ?1 AND p.tax_code <> '')
		ORDER BY v.code, v.id`, r.municipality, h))
}

// VouchersForUpdate is [reader.VouchersOf], locked in the order of the ids until
// the transaction ends, and read after the last of them was locked.
func (tx *Tx) VouchersForUpdate(ctx context.Context, h communities.HouseholdID) ([]VoucherLine, error) {
	if _, err := list[string](ctx, tx.reader, "lock vouchers", `
		SELECT v.id::text FROM vouchers v WHERE v.municipality_id = ?0 AND v.state <> 'imported' AND v.holder IN
			(SELECT p.tax_code FROM persons p WHERE p.municipality_id = ?0 AND p.household_id = ?1 AND p.tax_code <> '')
		ORDER BY v.id FOR UPDATE OF v`, tx.municipality, h); err != nil {
		return nil, err
	}
	return tx.VouchersOf(ctx, h)
}

// VouchersFilter says which vouchers to list; what is left empty does not count.
type VouchersFilter struct {
	Text        string // part of a code
	TaxCode     string // of the holder or of the minor
	Status      vouchers.Status
	Call        string
	ResidualMin *money.Amount
	ResidualMax *money.Amount
	EndsFrom    time.Time // last day of validity
	EndsTo      time.Time
	On          time.Time // the day for which Status counts
}

// voucherStatus is [vouchers.Voucher.Status] in SQL, for lists; its parameter is
// the day.
const voucherStatus = `
	CASE WHEN v.state = 'imported' THEN 'imported' WHEN v.state <> 'active' THEN 'annulled' WHEN v.used_cents >= v.amount_cents THEN 'exhausted'
		WHEN v.valid_to < ?1 THEN 'expired' WHEN v.valid_from > ?1 THEN 'not_yet' ELSE 'usable' END`

const voucherWhere = `
	FROM vouchers v WHERE v.municipality_id = ?0
		AND (?2 = '' OR strpos(lower(v.code), lower(?2)) > 0)
		AND (?3 = '' OR v.holder = ?3 OR v.minor = ?3)
		AND (?4 = '' OR ` + voucherStatus + ` = ?4)
		AND (?5 = '' OR v.call_code = ?5)
		AND (?6::bigint IS NULL OR v.amount_cents - v.used_cents >= ?6)
		AND (?7::bigint IS NULL OR v.amount_cents - v.used_cents <= ?7)
		AND (?8::date IS NULL OR v.valid_to >= ?8)
		AND (?9::date IS NULL OR v.valid_to <= ?9)`

func (f VouchersFilter) args(r reader) []any {
	date := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		text := t.Format(time.DateOnly)
		return &text
	}
	return []any{r.municipality, f.On.Format(time.DateOnly), f.Text, f.TaxCode, string(f.Status), f.Call, f.ResidualMin, f.ResidualMax, date(f.EndsFrom), date(f.EndsTo)}
}

// Vouchers lists vouchers that expire first, then by code, from a place in the
// list on.
func (r reader) Vouchers(ctx context.Context, f VouchersFilter, from, most int) ([]VoucherLine, error) {
	return toVouchers(list[voucherLineRow](ctx, r, "vouchers", "SELECT "+voucherColumns+voucherWhere+
		" ORDER BY v.valid_to NULLS LAST, v.code, v.id OFFSET ?10 LIMIT ?11", append(f.args(r), from, most)...))
}

// VoucherTotals sum vouchers.
type VoucherTotals struct {
	Vouchers                 int
	AmountCents, UsedCents   money.Amount
	RegisteredCents          money.Amount
	ResidualUsable           money.Amount // of those that can be used
	UsableCount, AnnulledOff int
}

// VoucherTotals sums the vouchers of a filter.
func (r reader) VoucherTotals(ctx context.Context, f VouchersFilter) (VoucherTotals, error) {
	return single[VoucherTotals](ctx, r, "voucher totals", "", `
		SELECT count(*) AS vouchers, coalesce(sum(t.amount_cents), 0) AS amount_cents, coalesce(sum(t.used_cents), 0) AS used_cents,
			coalesce(sum(t.registered_cents), 0) AS registered_cents,
			coalesce(sum(t.amount_cents - t.used_cents) FILTER (WHERE t.status = 'usable'), 0) AS residual_usable,
			count(*) FILTER (WHERE t.status = 'usable') AS usable_count, count(*) FILTER (WHERE t.status = 'annulled') AS annulled_off
		FROM (SELECT `+voucherColumns+`, `+voucherStatus+` AS status`+voucherWhere+`) t`, f.args(r)...)
}

// SetVoucherState stores what an officer made of a voucher.
func (tx *Tx) SetVoucherState(ctx context.Context, v vouchers.Voucher, by communities.UserID, reason string, at time.Time) error {
	_, err := tx.exec(ctx, "voucher state", `
		UPDATE vouchers SET state = ?, state_at = ?, state_by = ?, state_reason = ? WHERE municipality_id = ? AND id = ?`,
		v.State, at, by, reason, tx.municipality, v.ID)
	return err
}

// SpendVoucher takes an amount of a voucher, or gives a negative one back; the
// condition is in the statement, so that it holds whoever else spends.
// [vouchers.ErrVoucherSpent] when the voucher does not hold it.
func (tx *Tx) SpendVoucher(ctx context.Context, id vouchers.ID, amount money.Amount) error {
	n, err := tx.exec(ctx, "spend voucher", `
		UPDATE vouchers SET used_cents = used_cents + ?2
		WHERE municipality_id = ?0 AND id = ?1 AND used_cents + ?2 BETWEEN 0 AND amount_cents AND (?2 < 0 OR state = 'active')`,
		tx.municipality, id, amount)
	if err == nil && n == 0 {
		return vouchers.ErrVoucherSpent
	}
	return err
}
