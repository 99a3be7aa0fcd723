package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"colletta/billing"
	"colletta/desk"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

// demoCalls are the calls of the demo's vouchers and the categories that accept
// them.
var demoCalls = []struct{ Code, Category string }{
	{"DOPOSCUOLA", "homework"},
	{"INFANZIA-0-6", "psychomotricity"},
	{"DOMICILIARITA", "elder_care"},
}

// Places of demoCalls.
const (
	callHomework = iota
	callNursery
	callCare
)

// voucherNeighbour is the unit of Samira's street that pays all of its past
// charge with a voucher.
const voucherNeighbour = 2

// voucherLine is one line of the demo's file of vouchers.
type voucherLine struct {
	call           int
	holder         demoPerson
	minor          string
	amount         money.Amount
	fromDay, toDay int // days from the day of the demo
}

// voucherLines are who has a voucher: the people of the stories, some of their
// neighbours, and one that has expired.
func (l *demoLoader) voucherLines() []voucherLine {
	street, school := l.city.place("pimentel"), l.city.place("san-gottardo")
	samira, giulia, franca := cast("neighbour").Person, cast("thirtieth").Person, cast("sixth").Person
	samira.TaxCode, giulia.TaxCode, franca.TaxCode = castTaxCodes["neighbour"], castTaxCodes["thirtieth"], castTaxCodes["sixth"]
	tommaso := demoTaxCode("Ferri", "Tommaso", dayOf(2022, time.January, 19), false, demoUnregisteredPlace)
	lines := []voucherLine{
		{callHomework, samira, "", 8_00, -60, 35}, {callHomework, samira, "", 60_00, -60, 240}, {callHomework, samira, "", 25_00, -60, -45},
		{callNursery, giulia, tommaso, 30_00, -60, 200}, {callNursery, giulia, "", 50_00, -60, 120},
		{callCare, franca, "", 100_00, -60, 150},
		{callHomework, street.Units[voucherNeighbour].Holder, "", 200_00, -60, 240},
	}
	for i, u := range street.Units[3:8] {
		lines = append(lines, voucherLine{callHomework, u.Holder, "", money.Amount(20+10*i) * 100, -60, 240})
	}
	for i, u := range school.Units[:12] {
		lines = append(lines, voucherLine{callNursery, u.Holder, "", money.Amount(20+5*(i%4)) * 100, -60, 200})
	}
	return slices.DeleteFunc(lines, func(v voucherLine) bool { return v.holder.TaxCode == "" })
}

// voucherFile writes the twelve columns that the Comune's programme exports.
func (l *demoLoader) voucherFile() desk.VoucherFile {
	now := l.calendar.Now.In(l.desk.Zone())
	day := func(n int) string { return now.AddDate(0, 0, n).Format("02/01/2006") }
	rows := []string{strings.Join(vouchers.Titles(), ";")}
	for i, v := range l.voucherLines() {
		kind := ""
		if v.minor != "" {
			kind = "ETA_0_6"
		}
		rows = append(rows, strings.Join([]string{
			fmt.Sprintf("DEMO-%04d", i+1), demoCalls[v.call].Code, day(v.fromDay), day(v.toDay), v.holder.GivenName, v.holder.FamilyName, v.holder.TaxCode,
			kind, v.minor, strings.ReplaceAll(v.amount.String(), ".", ","), v.holder.Email, "",
		}, ";"))
	}
	return desk.VoucherFile{Name: "voucher_demo.csv", Data: []byte(strings.Join(rows, "\r\n") + "\r\n")}
}

// voucherSteps let the officer import vouchers, and families use some of them for
// their charges of the past round of the city.
func (l *demoLoader) voucherSteps() []demoStep {
	past := l.calendar.City.Runs[0].ClosesAt
	return []demoStep{
		{l.calendar.From.AddDate(0, 0, 12), "Voucher", l.importVouchers},
		{past.Add(20 * time.Hour), "Voucher: utilizzi", l.spendVouchers},
	}
}

func (l *demoLoader) importVouchers(ctx context.Context) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	preview, err := l.desk.PreviewVouchers(ctx, officer, l.voucherFile())
	if err != nil {
		return err
	}
	if len(preview.Errors) > 0 {
		return preview.Errors[0].Refusal()
	}
	if preview.Batch != "" {
		if _, err := l.desk.ConfirmVouchers(ctx, officer, preview.Batch); err != nil {
			return err
		}
	}
	view, err := l.desk.VoucherCalls(ctx, officer)
	if err != nil {
		return err
	}
	for _, c := range view.Calls {
		for _, known := range demoCalls {
			if known.Code != c.Code {
				continue
			}
			places := desk.CallPlacesRequest{Call: c.ID, Categories: []string{string(demoCategories[known.Category])}}
			if err := l.desk.SetCallPlaces(ctx, officer, places); err != nil {
				return err
			}
		}
	}
	return nil
}

// spendVouchers lets a neighbour pay a whole charge, which the Comune accounts,
// and Samira a part of hers, so that there is something to look at and to do.
func (l *demoLoader) spendVouchers(ctx context.Context) error {
	neighbour := l.city.place("pimentel").Units[voucherNeighbour].Holder.Email
	if err := l.spend(ctx, neighbour, ""); err != nil {
		return err
	}
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	_, err = l.desk.AccountVouchers(ctx, officer, desk.AccountVouchersRequest{Key: "demo"})
	if err != nil && !errors.Is(err, desk.ErrNothingToAccount) {
		return err
	}
	return l.spend(ctx, cast("neighbour").Person.Email, "3,00")
}

// spend pays of the first open charge of a family that no voucher pays yet.
func (l *demoLoader) spend(ctx context.Context, email, amount string) error {
	who, err := l.actor(ctx, email)
	if err != nil {
		return err
	}
	charges, err := l.desk.Charges(ctx, who)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(charges, func(c desk.ChargeView) bool { return c.State == billing.ChargeOpen && c.Voucher == 0 })
	if i < 0 {
		return nil
	}
	_, err = l.desk.UseVouchers(ctx, who, desk.UseVouchersRequest{Charge: charges[i].ID, Amount: amount})
	return unlessDone(err)
}
