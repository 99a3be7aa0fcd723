package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// ErrISEEOther says that a protocol is recorded for another household. Args:
// none.
var ErrISEEOther = refusal.New(refusal.KindInvalid, "isee_protocol_of_another")

// PreviewISEEFile says what a file of certificates would do, with every error by
// row and column (officer). Nothing is stored.
func (d *Desk) PreviewISEEFile(ctx context.Context, a communities.Actor, r ISEEFileRequest) (ISEEFilePreview, error) {
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, d.clock.Now()); err != nil {
		return ISEEFilePreview{}, err
	}
	var plan iseePlan
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) { plan, err = planISEE(ctx, tx, a, r); return err })
	p := ISEEFilePreview{File: r.File, Rows: plan.rows, New: len(plan.add), Unchanged: plan.unchanged}
	for _, f := range plan.faults {
		p.Errors = append(p.Errors, communities.CellError{Row: f.Row, Column: f.Column, Value: f.Value, Code: f.Err.Code, Args: f.Err.Args})
	}
	for _, c := range plan.add {
		if len(c.Warnings()) > 0 {
			p.Warnings++
		}
	}
	return p, err
}

// ConfirmISEEFile records the certificates of a file without errors as verified
// (officer); the same file again changes nothing. The file itself is not kept.
// [ErrImportFaulty] with the errors, and then nothing is stored.
func (d *Desk) ConfirmISEEFile(ctx context.Context, a communities.Actor, r ISEEFileRequest) (ISEEFileDone, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, now); err != nil {
		return ISEEFileDone{}, err
	}
	var done ISEEFileDone
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		plan, err := planISEE(ctx, tx, a, r)
		if err != nil {
			return err
		}
		if len(plan.faults) > 0 {
			return ErrImportFaulty.With("count", len(plan.faults)).At("file")
		}
		done = ISEEFileDone{len(plan.add), plan.unchanged}
		if len(plan.add) == 0 {
			return nil
		}
		if err := tx.AddISEE(ctx, plan.add, "", a.User, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "import_isee", "certificates", map[string]any{"count": len(plan.add), "unchanged": plan.unchanged})
	})
	return done, err
}

// iseePlan is what a file would do.
type iseePlan struct {
	rows      int
	add       []subsidies.ISEECertificate
	unchanged int
	faults    []subsidies.FileFault
}

// planISEE reads a file and finds the households of its rows by tax code.
func planISEE(ctx context.Context, tx *postgres.Tx, a communities.Actor, r ISEEFileRequest) (iseePlan, error) {
	var p iseePlan
	if !utf8.ValidString(r.File) || !strings.HasSuffix(strings.ToLower(r.File), ".csv") {
		p.faults = []subsidies.FileFault{{Err: communities.ErrFileFormat}}
		return p, nil
	}
	rows, faults := subsidies.ReadISEEFile(r.Data)
	if p.rows, p.faults = len(rows), faults; len(faults) > 0 {
		return p, nil
	}
	of, err := householdsOf(ctx, tx, rows)
	if err != nil {
		return p, err
	}
	column := subsidies.ISEEFileColumns()
	wrong := func(row subsidies.ISEEFileRow, column, value string, e *refusal.Error) {
		p.faults = append(p.faults, subsidies.FileFault{Row: row.Row, Column: column, Value: value, Err: e})
	}
	var certificates []subsidies.ISEECertificate
	var lines []subsidies.ISEEFileRow
	for _, row := range rows {
		h, e := of(row.TaxCode)
		switch {
		case e != nil:
			wrong(row, column[0], row.TaxCode, e)
		case h == a.Household:
			wrong(row, column[0], row.TaxCode, ErrISEEOwn)
		default:
			c := row.ISEECertificate
			c.Household, c.Source, c.State = string(h), subsidies.SourceCSV, subsidies.ISEEVerified
			certificates, lines = append(certificates, c), append(lines, row)
		}
	}
	known, err := tx.KnownProtocols(ctx, certificates)
	if err != nil {
		return p, err
	}
	for i, c := range certificates {
		switch h, there := known[i]; {
		case !there:
			p.add = append(p.add, c)
		case string(h) == c.Household:
			p.unchanged++
		default:
			wrong(lines[i], column[5], c.Protocol, ErrISEEOther)
		}
	}
	slices.SortStableFunc(p.faults, func(x, y subsidies.FileFault) int { return cmp.Compare(x.Row, y.Row) })
	return p, nil
}

// householdsOf finds the household of each tax code of a file, or what is wrong
// with it.
func householdsOf(ctx context.Context, tx *postgres.Tx, rows []subsidies.ISEEFileRow) (func(code string) (communities.HouseholdID, *refusal.Error), error) {
	var codes []string
	for _, row := range rows {
		codes = append(codes, row.TaxCode)
	}
	people, err := tx.PeopleByTaxCode(ctx, codes)
	if err != nil {
		return nil, err
	}
	of := map[string]communities.HouseholdID{}
	twice := map[string]bool{}
	for _, p := range people {
		code := subsidies.NormalProtocol(p.TaxCode)
		if h, seen := of[code]; seen && h != p.Household {
			twice[code] = true
		}
		of[code] = p.Household
	}
	return func(code string) (communities.HouseholdID, *refusal.Error) {
		if _, err := communities.CheckTaxCode(code); err != nil {
			return "", refusal.All(err)[0]
		}
		if h, found := of[code]; found && !twice[code] {
			return h, nil
		}
		return "", ErrTaxCodeUnknown
	}, nil
}
