package desk

import (
	"context"
	"slices"
	"strings"

	"colletta/communities"
	"colletta/postgres"
	"colletta/subsidies/vouchers"
)

// PreviewVouchers reads a file of vouchers (officer): every error by line and
// column, or what it would add. What it would add is stored as imported and
// replaces the officer's earlier file that was not confirmed.
func (d *Desk) PreviewVouchers(ctx context.Context, a communities.Actor, f VoucherFile) (VoucherPreview, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return VoucherPreview{}, err
	}
	p := VoucherPreview{File: fileName(f.Name)}
	file, errs := vouchers.ReadFile(f.Data)
	if len(errs) > 0 {
		p.Errors = errs
		return p, nil
	}
	p.SHA256, p.Rows, p.Total = file.SHA256, len(file.Rows), file.Total()
	codes := make([]string, len(file.Rows))
	for i, r := range file.Rows {
		codes[i] = r.Code
	}
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		p.Batch, p.Errors, p.Unknown = "", nil, nil
		stored, err := tx.VoucherTerms(ctx, codes)
		if err != nil {
			return err
		}
		if p.Plan, p.Errors = vouchers.PlanFile(file, stored, d.today(now)); len(p.Errors) > 0 {
			return nil
		}
		if p.Unknown, err = unacceptedCalls(ctx, tx, p.Plan.Calls); err != nil {
			return err
		}
		if err := tx.DropOpenBatch(ctx, a.User); err != nil || len(p.Plan.New) == 0 {
			return err
		}
		p.Batch = postgres.NewID()
		batch := postgres.VoucherBatch{
			ID: p.Batch, FileName: p.File, Sha256: file.SHA256, ImportedBy: string(a.User), ImportedAt: now,
			Vouchers: len(p.Plan.New), TotalCents: p.Plan.Total(),
		}
		if err := tx.AddBatch(ctx, batch, p.Plan.New); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "preview_vouchers", "voucher batch "+p.Batch, map[string]any{"sha256": file.SHA256, "vouchers": batch.Vouchers})
	})
	return p, err
}

// fileName keeps of a name what fits a line.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > nameRunesMax {
		s = string(runes[:nameRunesMax])
	}
	return s
}

// unacceptedCalls are those of a file that no category and no offer accepts yet.
func unacceptedCalls(ctx context.Context, tx *postgres.Tx, sums []vouchers.CallSum) ([]string, error) {
	calls, err := tx.VoucherCalls(ctx)
	if err != nil {
		return nil, err
	}
	var unknown []string
	for _, s := range sums {
		i := slices.IndexFunc(calls, func(c postgres.VoucherCall) bool { return c.Code == s.Call })
		if i < 0 || len(calls[i].Categories)+len(calls[i].Offers) == 0 {
			unknown = append(unknown, s.Call)
		}
	}
	return unknown, nil
}

// ConfirmVouchers makes the vouchers of the officer's own file active; again it
// changes nothing. It returns [vouchers.ErrCodesTaken] when another file brought
// one of the codes in the meantime, and then nothing is stored.
func (d *Desk) ConfirmVouchers(ctx context.Context, a communities.Actor, batch string) (VoucherBatchView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return VoucherBatchView{}, err
	}
	var v VoucherBatchView
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		b, err := tx.BatchForUpdate(ctx, batch)
		if err != nil {
			return err
		}
		if b.ImportedBy != string(a.User) {
			return postgres.ErrNotFound.With("what", "voucher batch")
		}
		if v = d.batchView(b); b.ConfirmedAt != nil {
			return nil
		}
		v.ConfirmedAt = now
		if err := tx.ConfirmBatch(ctx, batch, a.User, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "confirm_vouchers", "voucher batch "+batch,
			map[string]any{"sha256": b.Sha256, "vouchers": b.Vouchers, "total": b.TotalCents.String()})
	})
	return v, err
}

func (d *Desk) batchView(b postgres.VoucherBatch) VoucherBatchView {
	v := VoucherBatchView{ID: b.ID, File: b.FileName, Vouchers: b.Vouchers, Total: b.TotalCents}
	if b.ConfirmedAt != nil {
		v.ConfirmedAt = *b.ConfirmedAt
	}
	return v
}
