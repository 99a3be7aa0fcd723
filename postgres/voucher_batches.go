package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

// VoucherBatch is a file of vouchers, confirmed or not.
type VoucherBatch struct {
	ID          string
	FileName    string
	Sha256      string
	ImportedBy  string
	ImportedAt  time.Time
	ConfirmedAt *time.Time
	Vouchers    int
	TotalCents  money.Amount
}

const batchColumns = "id, file_name, sha256, imported_by, imported_at, confirmed_at, vouchers, total_cents"

// VoucherBatches lists the latest confirmed files.
func (r reader) VoucherBatches(ctx context.Context, most int) ([]VoucherBatch, error) {
	return list[VoucherBatch](ctx, r, "voucher batches", "SELECT "+batchColumns+` FROM voucher_batches
		WHERE municipality_id = ? AND confirmed_at IS NOT NULL ORDER BY confirmed_at DESC, id DESC LIMIT ?`, r.municipality, most)
}

// BatchForUpdate is one batch, locked until the transaction ends.
func (tx *Tx) BatchForUpdate(ctx context.Context, id string) (VoucherBatch, error) {
	if !validID(id) {
		return VoucherBatch{}, ErrNotFound.With("what", "voucher batch")
	}
	return single[VoucherBatch](ctx, tx.reader, "voucher batch", id, "SELECT "+batchColumns+` FROM voucher_batches
		WHERE municipality_id = ? AND id = ? FOR UPDATE`, tx.municipality, id)
}

// DropOpenBatch forgets the file of an officer that was not confirmed.
func (tx *Tx) DropOpenBatch(ctx context.Context, officer communities.UserID) error {
	if _, err := tx.exec(ctx, "drop batch", `
		DELETE FROM vouchers v USING voucher_batches b WHERE v.municipality_id = ?0 AND b.municipality_id = ?0 AND b.id = v.batch_id
			AND b.imported_by = ?1 AND b.confirmed_at IS NULL AND v.state = 'imported'`, tx.municipality, officer); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "drop batch", `
		DELETE FROM voucher_batches WHERE municipality_id = ? AND imported_by = ? AND confirmed_at IS NULL`, tx.municipality, officer)
	return err
}

type batchRow struct {
	bun.BaseModel `bun:"table:voucher_batches"`

	MunicipalityID communities.MunicipalityID
	VoucherBatch
}

// AddBatch stores a file and its vouchers, not confirmed.
func (tx *Tx) AddBatch(ctx context.Context, b VoucherBatch, rows []vouchers.FileRow) error {
	if err := insertAll(ctx, tx, "voucher batch", []batchRow{{MunicipalityID: tx.municipality, VoucherBatch: b}}); err != nil {
		return err
	}
	stored := make([]voucherRow, len(rows))
	for i, r := range rows {
		stored[i] = voucherRow{
			MunicipalityID: tx.municipality, ID: NewID(), BatchID: b.ID, Line: r.Line, Code: r.Code, CallCode: r.Call,
			GivenName: r.GivenName, FamilyName: r.FamilyName, Holder: r.Holder, DataKind: r.DataKind, Minor: r.Minor, AmountCents: r.Amount,
			Email: r.Email, Phone: r.Phone, State: vouchers.StateImported, StateAt: b.ImportedAt, StateBy: b.ImportedBy,
		}
		if !r.ValidFrom.IsZero() {
			stored[i].ValidFrom = &rows[i].ValidFrom
		}
		if !r.ValidTo.IsZero() {
			stored[i].ValidTo = &rows[i].ValidTo
		}
	}
	return insertAll(ctx, tx, "vouchers", stored)
}

// ConfirmBatch makes the vouchers of a batch active and registers their calls;
// [vouchers.ErrCodesTaken] when another file brought one of the codes meanwhile.
func (tx *Tx) ConfirmBatch(ctx context.Context, id string, by communities.UserID, at time.Time) error {
	if _, err := tx.exec(ctx, "confirm vouchers", `
		UPDATE vouchers SET state = 'active', state_at = ?, state_by = ? WHERE municipality_id = ? AND batch_id = ? AND state = 'imported'`,
		at, by, tx.municipality, id); err != nil {
		return err
	}
	codes, err := list[string](ctx, tx.reader, "calls of a batch", `
		SELECT DISTINCT v.call_code FROM vouchers v WHERE v.municipality_id = ?0 AND v.batch_id = ?1 AND NOT EXISTS
			(SELECT 1 FROM voucher_calls c WHERE c.municipality_id = ?0 AND c.code = v.call_code) ORDER BY 1`, tx.municipality, id)
	if err != nil {
		return err
	}
	for _, code := range codes { // the few calls that are new
		if _, err := tx.exec(ctx, "voucher call", `
			INSERT INTO voucher_calls (municipality_id, id, code, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (municipality_id, code) DO NOTHING`,
			tx.municipality, NewID(), code, at); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, "confirm batch", "UPDATE voucher_batches SET confirmed_at = ? WHERE municipality_id = ? AND id = ?", at, tx.municipality, id)
	return err
}

// VoucherTerms returns what is known of confirmed vouchers with some codes.
func (r reader) VoucherTerms(ctx context.Context, codes []string) (map[string]vouchers.Terms, error) {
	known := make(map[string]vouchers.Terms, len(codes))
	for len(codes) > 0 { // in parts, so that a statement stays short
		n := min(1000, len(codes))
		rows, err := list[voucherRow](ctx, r, "vouchers by code", `
			SELECT * FROM vouchers WHERE municipality_id = ? AND state <> 'imported' AND code IN (?) ORDER BY code`, r.municipality, texts(codes[:n]))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			known[row.Code] = voucherLineRow{voucherRow: row}.toLine().Terms
		}
		codes = codes[n:]
	}
	return known, nil
}
