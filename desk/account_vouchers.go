package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

var (
	// ErrNothingToAccount says that no registered use is to be accounted.
	ErrNothingToAccount = refusal.New(refusal.KindConflict, "voucher_nothing_to_account")
	// ErrStatementKey says that a form did not carry its key.
	ErrStatementKey = refusal.New(refusal.KindInvalid, "voucher_statement_key")
	// ErrStatementDay says that a text is no day up to today. Args: to_on.
	ErrStatementDay = refusal.New(refusal.KindInvalid, "voucher_statement_day")
)

// statementUsesMax bounds one statement, and with it a spreadsheet and a ledger
// transaction; what is beyond it waits for the next.
const statementUsesMax = 5000

// AccountVouchers accounts the registered uses up to a day in one statement
// (officer), of every provider and call or of one, oldest first, at most 5,000.
// The same key again returns the statement that it made. It returns
// [ErrNothingToAccount].
func (d *Desk) AccountVouchers(ctx context.Context, a communities.Actor, r AccountVouchersRequest) (vouchers.StatementID, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return "", err
	}
	if r.Key == "" || len(r.Key) > 64 {
		return "", ErrStatementKey
	}
	before, err := d.dayAfter(r.UpTo, now)
	if err != nil {
		return "", err
	}
	var id vouchers.StatementID
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockStatements(ctx); err != nil {
			return err
		}
		made, err := tx.StatementByKey(ctx, r.Key)
		if !isNotFound(err) {
			id = made.ID
			return err
		}
		uses, err := tx.RegisteredForUpdate(ctx, r.Provider, r.Call, before, statementUsesMax)
		if err != nil {
			return err
		}
		if len(uses) == 0 {
			return ErrNothingToAccount
		}
		id, err = d.addStatement(ctx, tx, a, r.Key, uses)
		return err
	})
	return id, err
}

// dayAfter is the first instant in Rome after a day as typed; after now, when
// none is given, so that what was used this very instant counts.
func (d *Desk) dayAfter(typed string, now time.Time) (time.Time, error) {
	if strings.TrimSpace(typed) == "" {
		return now.Add(time.Second), nil
	}
	day, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(typed), d.zone)
	if err != nil || day.After(now) {
		return time.Time{}, ErrStatementDay.With("to_on", d.today(now)).At("up_to")
	}
	return day.AddDate(0, 0, 1), nil
}

func (d *Desk) addStatement(ctx context.Context, tx *postgres.Tx, a communities.Actor, key string, uses []postgres.UseLine) (vouchers.StatementID, error) {
	now := d.clock.Now()
	number, err := tx.NextNumber(ctx, "voucher_statement", d.today(now).Year())
	if err != nil {
		return "", err
	}
	s := postgres.VoucherStatement{ID: vouchers.StatementID(postgres.NewID()), Number: number.String(), MadeAt: now}
	var providers []postgres.StatementProvider
	var parts []billing.VoucherPart
	ids := make([]vouchers.UseID, len(uses))
	for n, u := range uses {
		if _, _, err := u.Move(vouchers.UseAccounted); err != nil {
			return "", err
		}
		ids[n] = u.ID
		s.Uses++
		s.TotalCents += u.Amount
		i := slices.IndexFunc(providers, func(p postgres.StatementProvider) bool { return p.ProviderID == u.Provider })
		if i < 0 {
			i = len(providers)
			providers = append(providers, postgres.StatementProvider{ProviderID: u.Provider, Name: u.ProviderName, TaxCode: u.ProviderTaxCode, Iban: u.ProviderIBAN})
		}
		providers[i].Uses++
		providers[i].TotalCents += u.Amount
		if i = slices.IndexFunc(parts, func(p billing.VoucherPart) bool { return p.Call == u.CallID }); i < 0 {
			i, parts = len(parts), append(parts, billing.VoucherPart{Call: u.CallID})
		}
		parts[i].Amount += u.Amount
	}
	if err := tx.AddStatement(ctx, s, key, a.User, providers, ids); err != nil {
		return "", err
	}
	t, err := billing.VouchersAccounted(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, string(s.ID), parts)
	if err != nil {
		return "", err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return "", err
	}
	return s.ID, tx.Audit(ctx, now, a.User, "account_vouchers", "voucher statement "+s.Number, map[string]any{"uses": s.Uses, "total": s.TotalCents.String()})
}

// VoucherAccounts is what is to be accounted by provider and call, and the
// statements so far (officer).
func (d *Desk) VoucherAccounts(ctx context.Context, a communities.Actor) (VoucherAccountsView, error) {
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, d.clock.Now()); err != nil {
		return VoucherAccountsView{}, err
	}
	v := VoucherAccountsView{Key: postgres.NewID()}
	sums, err := d.db.RegisteredSums(ctx)
	if err != nil {
		return v, err
	}
	for _, l := range sums {
		v.Uses, v.Total = v.Uses+l.Uses, v.Total+l.AmountCents
		v.Open = append(v.Open, AccountLine{
			Provider: l.ProviderID, ProviderName: l.ProviderName, IBAN: l.Iban, Call: l.CallID, CallCode: l.CallCode, Uses: l.Uses, Amount: l.AmountCents,
		})
	}
	statements, err := d.db.VoucherStatements(ctx, 100)
	if err != nil {
		return v, err
	}
	ids := make([]vouchers.StatementID, len(statements))
	for i, s := range statements {
		ids[i] = s.ID
	}
	providers, err := d.db.StatementProviders(ctx, ids)
	for _, s := range statements {
		view := VoucherStatementView{ID: s.ID, Number: s.Number, MadeAt: s.MadeAt, Uses: s.Uses, Total: s.TotalCents}
		for _, p := range providers[s.ID] {
			view.Providers = append(view.Providers, StatementProviderView{Provider: p.ProviderID, Name: p.Name, IBAN: p.Iban, Uses: p.Uses, Total: p.TotalCents})
		}
		v.Statements = append(v.Statements, view)
	}
	return v, err
}

// StatementWorkbook is the XLSX of one provider in a statement, or with an empty
// provider a ZIP of all of them (officer).
func (d *Desk) StatementWorkbook(ctx context.Context, a communities.Actor, id vouchers.StatementID, provider billing.ProviderID) (Download, error) {
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, d.clock.Now()); err != nil {
		return Download{}, err
	}
	all, err := d.statements(ctx, id)
	if err != nil {
		return Download{}, err
	}
	if provider == "" {
		var whole []vouchers.ProviderStatement
		for _, s := range all {
			whole = append(whole, s.ProviderStatement)
		}
		data, err := vouchers.Archive(whole)
		return Download{Name: "rendiconto-" + whole[0].Number + ".zip", Data: data}, err
	}
	i := slices.IndexFunc(all, func(s providerStatement) bool { return s.provider == provider })
	if i < 0 {
		return Download{}, postgres.ErrNotFound.With("what", "statement")
	}
	data, err := all[i].Workbook()
	return Download{Name: all[i].FileName(), Data: data}, err
}

type providerStatement struct {
	vouchers.ProviderStatement
	provider billing.ProviderID
}

// statements are what a statement says to each of its providers, at least one.
func (d *Desk) statements(ctx context.Context, id vouchers.StatementID) ([]providerStatement, error) {
	s, err := d.db.VoucherStatement(ctx, id)
	if err != nil {
		return nil, err
	}
	providers, err := d.db.StatementProviders(ctx, []vouchers.StatementID{id})
	if err != nil {
		return nil, err
	}
	uses, err := d.db.VoucherUses(ctx, postgres.UsesFilter{Statement: id}, statementUsesMax)
	if err != nil {
		return nil, err
	}
	all := make([]providerStatement, len(providers[id]))
	for i, p := range providers[id] {
		all[i] = providerStatement{vouchers.ProviderStatement{
			Number: s.Number, On: d.today(s.MadeAt), Municipality: communities.Milan().Name, Provider: p.Name, TaxCode: p.TaxCode,
			IBAN: billing.IBAN(p.Iban).Printed(), AccountHolder: p.Name,
		}, p.ProviderID}
		for _, u := range uses {
			if u.Provider == p.ProviderID {
				all[i].Lines = append(all[i].Lines, vouchers.StatementLine{
					Call: u.Call, Voucher: u.Code, UsedOn: d.today(u.UsedAt), Charge: u.ChargeNumber, Service: u.Description, Amount: u.Amount,
				})
			}
		}
	}
	var sum money.Amount
	for _, one := range all {
		sum += one.Total()
	}
	if sum != s.TotalCents {
		panic("desk: statement " + s.Number + " sums to " + sum.String() + ", stored " + s.TotalCents.String())
	}
	return all, nil
}
