package web

import (
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

func sampleVoucher(id, code string, status vouchers.Status) desk.VoucherView {
	v := desk.VoucherView{
		ID: vouchers.ID(id), Code: code, Call: "SOSTEGNO-0-6-2026", HolderName: "Giulia Brambilla", Holder: "BRMGLI89D52F205K", Amount: 15000, Used: 3050, Residual: 11950, Registered: 3050,
		ValidFrom: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC), Status: status, StateAt: sampleNow,
	}
	if status == vouchers.StatusExhausted {
		v.Used, v.Residual, v.Registered = v.Amount, 0, 0
	}
	return v
}

func sampleUses() []desk.VoucherUseView {
	one := desk.VoucherUseView{
		ID: "u1", Voucher: "v1", Code: "MI-2026-000017", Call: "SOSTEGNO-0-6-2026", Charge: "q1", ChargeNumber: "2026-000123", Description: "Laboratorio di psicomotricità, 10 incontri",
		Provider: "Cooperativa Il Girotondo", Household: "Famiglia Brambilla", Amount: 3050, State: vouchers.UseRegistered, UsedAt: sampleNow,
	}
	reversed, accounted, failed := one, one, one
	reversed.ID, reversed.State, reversed.EndedAt, reversed.Reason = "u2", vouchers.UseReversed, sampleNow, "Corso annullato dall’ente"
	accounted.ID, accounted.State, accounted.EndedAt, accounted.Statement = "u3", vouchers.UseAccounted, sampleNow, "2026-000004"
	failed.ID, failed.State, failed.EndedAt, failed.Reason = "u4", vouchers.UsePaymentError, sampleNow, "Carta rifiutata"
	return []desk.VoucherUseView{one, reversed, accounted, failed}
}

func sampleChargeVouchers() desk.ChargeVouchersView {
	minor := sampleVoucher("v1", "MI-2026-000017", vouchers.StatusUsable)
	minor.Minor, minor.DataKind, minor.Pays = "BRMTMS22A01F205Q", "ETA_0_6", nil
	second := sampleVoucher("v2", "MI-2026-000018", vouchers.StatusUsable)
	second.ValidTo = time.Time{}
	return desk.ChargeVouchersView{
		CanUse: true, CanOrder: true, Declared: true, Pays: 4692, Uses: sampleUses(),
		Vouchers: []desk.ChargeVoucher{
			{VoucherView: minor, Part: 3000}, {VoucherView: second, Part: 1692},
			{VoucherView: sampleVoucher("v3", "MI-2025-000400", vouchers.StatusExpired), Why: vouchers.ErrVoucherExpired.With("code", "MI-2025-000400", "to_on", sampleNow)},
			{VoucherView: sampleVoucher("v4", "ANZIANI-0003", vouchers.StatusUsable), Why: vouchers.ErrVoucherCall.With("code", "ANZIANI-0003", "call", "ANZIANI-2026")},
		},
	}
}

func sampleVoucherList() desk.VoucherListView {
	return desk.VoucherListView{
		Vouchers: []desk.VoucherView{
			sampleVoucher("v1", "MI-2026-000017", vouchers.StatusUsable), sampleVoucher("v2", "MI-2026-000018", vouchers.StatusExhausted), sampleVoucher("v3", "MI-2026-000019", vouchers.StatusAnnulled),
		},
		Count: 1203, Amount: 18045000, Used: 3214055, Registered: 120010, Usable: 14000000, Page: 2, Pages: 25,
		Calls:   []desk.VoucherCallView{{ID: "b1", Code: "SOSTEGNO-0-6-2026", Vouchers: 1203}},
		Batches: []desk.VoucherBatchView{{ID: "i1", File: "voucher_0-6.csv", ConfirmedAt: sampleNow, Vouchers: 1203, Total: 18045000}},
	}
}

// voucherPages are the pages about vouchers in every shape.
func voucherPages(s *site, family, office func(title, here string) frame) map[string]samplePage {
	mine := desk.MyVouchersView{
		Vouchers: []desk.VoucherView{sampleVoucher("v1", "MI-2026-000017", vouchers.StatusUsable), sampleVoucher("v2", "MI-2026-000018", vouchers.StatusUsable), sampleVoucher("v3", "MI-2025-000400", vouchers.StatusExpired)},
		Uses:     sampleUses(), Left: 23900, Open: []desk.ChargeView{sampleCharge(billing.ChargeOpen)},
	}
	mine.Vouchers[0].Pays = []desk.VoucherPayment{{Charge: "q1", Number: "2026-000123", Description: "Laboratorio di psicomotricità, 10 incontri", Amount: 4692}}
	mine.Vouchers[0].Minor = "BRMTMS22A01F205Q"
	partly := sampleCharge(billing.ChargeOpen)
	partly.Voucher, partly.Due = 3050, 1642
	open := newChargePage(family("Quota 2026-000123", "/quote/q1"), partly)
	open.Vouchers = s.newChargeVouchers(partly, sampleChargeVouchers(), nil, refusals{})
	typed := desk.UseVouchersRequest{Charge: "q1", Amount: "9999", Vouchers: []vouchers.ID{"v2"}}
	bad := open
	bad.Vouchers = s.newChargeVouchers(partly, sampleChargeVouchers(), &typed, s.refusalsOf(billing.ErrChargeVoucher.With("amount", partly.Net, "due", partly.Due).At("amount"), voucherFields...))
	bad.Errors = bad.Vouchers.Errors.under("voucher")
	seen := sampleChargeVouchers()
	seen.CanUse = false
	officer := newChargePage(office("Quota 2026-000123", "/quote/q1"), partly)
	officer.Vouchers = s.newChargeVouchers(partly, seen, nil, refusals{})

	list := newVoucherListPage(office("Voucher", "/comune/voucher"), sampleVoucherList(), desk.VoucherListRequest{Status: "usable"}, refusals{})
	list.Earlier, list.Later = "/comune/voucher?page=1", "/comune/voucher?page=3"
	wrong := desk.VoucherListRequest{ResidualMin: "1e9", Status: "x", EndsTo: "domani"}
	wrongErrors := s.refusalsOf(refusal.List{
		refusal.New(refusal.KindInvalid, "price_invalid").With("max", 5).At("residual_min"), desk.ErrVoucherStatus.With("status", "x").At("status"), desk.ErrVoucherDay.With("value", "domani").At("ends_to"),
	}, voucherFilterFields...)
	detail := desk.VoucherDetailView{Voucher: sampleVoucher("v1", "MI-2026-000017", vouchers.StatusUsable), Uses: sampleUses()}
	detail.Voucher.Email, detail.Voucher.Phone, detail.Voucher.Minor, detail.Voucher.DataKind = "giulia@example.org", "333 0000000", "BRMTMS22A01F205Q", "ETA_0_6"
	annulled := desk.VoucherDetailView{Voucher: sampleVoucher("v1", "MI-2026-000017", vouchers.StatusAnnulled)}
	annulled.Voucher.StateReason = "Revoca del beneficio"
	unused := desk.VoucherDetailView{Voucher: sampleVoucher("v1", "MI-2026-000017", vouchers.StatusUsable)}
	unused.Voucher.Registered, unused.Voucher.Used = 0, 0
	noReason := s.refusalsOf(desk.ErrRequired.At("reason"), "reason")

	preview := desk.VoucherPreview{
		File: "voucher_0-6.csv", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Rows: 1205, Total: 18075000, Batch: "i1", Unknown: []string{"SOSTEGNO-0-6-2026"},
		Plan: vouchers.Plan{New: make([]vouchers.FileRow, 1203), Unchanged: 2, Expired: 1, Calls: []vouchers.CallSum{{Call: "SOSTEGNO-0-6-2026", Count: 1203, Amount: 18045000}}},
	}
	faulty := desk.VoucherPreview{File: "voucher.csv", Errors: []communities.CellError{
		{Row: 4, Column: "J (importoVoucher)", Value: "10x55", Code: "voucher_amount", Args: map[string]any{"max": "10.000.000,00 €"}}, {Row: 0, Code: "import_more_errors", Args: map[string]any{"count": 3}},
	}}
	known := desk.VoucherPreview{File: "voucher.csv", Rows: 3, Plan: vouchers.Plan{Unchanged: 3}}
	calls := desk.VoucherCallsView{
		Calls: []desk.VoucherCallView{
			{ID: "b1", Code: "SOSTEGNO-0-6-2026", Vouchers: 1203, Amount: 18045000, Used: 3214055, Categories: []string{"sport-psicomotricita"}}, {ID: "b2", Code: "ANZIANI-2026", Vouchers: 1},
		},
		Categories: []desk.CategoryChoice{{ID: "sport-psicomotricita", Name: "Sport (anche psicomotricità)"}, {ID: "scuola-piu", Name: "Scuola +"}},
		Offers:     []desk.OfferSummary{{ID: "o1", Title: "Laboratorio di psicomotricità, 10 incontri", Provider: "Cooperativa Il Girotondo"}},
	}
	accounts := desk.VoucherAccountsView{
		Key: "k", Uses: 12, Total: 36600, Open: []desk.AccountLine{{Provider: "p1", ProviderName: "Cooperativa Il Girotondo", IBAN: "IT60X0542811101000000123456", Call: "b1", CallCode: "SOSTEGNO-0-6-2026", Uses: 12, Amount: 36600}},
		Statements: []desk.VoucherStatementView{{ID: "s1", Number: "2026-000004", MadeAt: sampleNow, Uses: 40, Total: 122000, Providers: []desk.StatementProviderView{
			{Provider: "p1", Name: "Cooperativa Il Girotondo", IBAN: "IT60X0542811101000000123456", Uses: 40, Total: 122000}}}},
	}
	at := "/comune/voucher"
	return map[string]samplePage{
		"vouchers":             {"vouchers", newMyVouchersPage(family("I miei voucher", "/voucher"), mine)},
		"vouchers-none":        {"vouchers", newMyVouchersPage(family("I miei voucher", "/voucher"), desk.MyVouchersView{})},
		"charge-voucher":       {"charge", open},
		"charge-voucher-bad":   {"charge", bad},
		"charge-voucher-desk":  {"charge", officer},
		"voucher-list":         {"voucher_list", list},
		"voucher-list-none":    {"voucher_list", newVoucherListPage(office("Voucher", at), desk.VoucherListView{Page: 1, Pages: 1}, desk.VoucherListRequest{}, refusals{})},
		"voucher-list-bad":     {"voucher_list", newVoucherListPage(office("Voucher", at), desk.VoucherListView{}, wrong, wrongErrors)},
		"voucher-show":         {"voucher_show", newVoucherShowPage(office("Voucher", at), detail, "", "", refusals{})},
		"voucher-show-bad":     {"voucher_show", newVoucherShowPage(office("Voucher", at), detail, "u1", "", noReason)},
		"voucher-show-annul":   {"voucher_show", newVoucherShowPage(office("Voucher", at), unused, "", "", noReason)},
		"voucher-annulled":     {"voucher_show", newVoucherShowPage(office("Voucher", at), annulled, "", "", refusals{})},
		"voucher-import":       {"voucher_import", s.newVoucherImportPage(office("Importa voucher", at), nil, refusals{})},
		"voucher-preview":      {"voucher_import", s.newVoucherImportPage(office("Importa voucher", at), &preview, refusals{})},
		"voucher-faulty":       {"voucher_import", s.newVoucherImportPage(office("Importa voucher", at), &faulty, refusals{})},
		"voucher-known":        {"voucher_import", s.newVoucherImportPage(office("Importa voucher", at), &known, refusals{})},
		"voucher-calls":        {"voucher_calls", newVoucherCallsPage(office("Bandi dei voucher", at), calls, refusals{})},
		"voucher-calls-none":   {"voucher_calls", newVoucherCallsPage(office("Bandi dei voucher", at), desk.VoucherCallsView{}, refusals{})},
		"voucher-account":      {"voucher_accounts", newVoucherAccountsPage(office("Contabilizza i voucher", at), accounts, "2026-11-23", refusals{})},
		"voucher-account-none": {"voucher_accounts", newVoucherAccountsPage(office("Contabilizza i voucher", at), desk.VoucherAccountsView{}, "2026-13-23", s.refusalsOf(desk.ErrStatementDay.With("to_on", sampleNow).At("up_to")))},
	}
}
