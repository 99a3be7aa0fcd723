package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

// voucherPageSize is how many vouchers a page of the list shows.
const voucherPageSize = 50

var (
	// ErrVoucherStatus says that a text is no status of a voucher. Args: status.
	ErrVoucherStatus = refusal.New(refusal.KindInvalid, "voucher_status_unknown")
	// ErrVoucherDay says that a text is no day of the calendar. Args: value.
	ErrVoucherDay = refusal.New(refusal.KindInvalid, "voucher_day_invalid")
)

func (d *Desk) voucherView(l postgres.VoucherLine) VoucherView {
	return VoucherView{
		ID: l.ID, Code: l.Code, Call: l.Call, HolderName: strings.TrimSpace(l.GivenName + " " + l.FamilyName), Holder: l.Holder, Minor: l.Minor,
		DataKind: l.DataKind, Amount: l.Amount, Used: l.Used, Residual: l.Residual(), Registered: l.Registered, ValidFrom: l.ValidFrom, ValidTo: l.ValidTo,
		Status: l.Status(d.today(d.clock.Now())), StateAt: l.StateAt, StateReason: l.StateReason,
	}
}

func voucherUseViews(lines []postgres.UseLine) []VoucherUseView {
	all := make([]VoucherUseView, len(lines))
	for i, l := range lines {
		all[i] = VoucherUseView{
			ID: l.ID, Voucher: l.Voucher, Code: l.Code, Call: l.Call, Charge: l.Charge, ChargeNumber: l.ChargeNumber, Description: l.Description,
			Provider: l.ProviderName, Household: l.HouseholdName, Amount: l.Amount, State: l.State, UsedAt: l.UsedAt, Reason: l.Reason, Statement: l.StatementNumber,
		}
		if l.EndedAt != nil {
			all[i].EndedAt = *l.EndedAt
		}
	}
	return all
}

// Vouchers lists vouchers, those that expire first at the head (officer).
func (d *Desk) Vouchers(ctx context.Context, a communities.Actor, r VoucherListRequest) (VoucherListView, error) {
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, d.clock.Now()); err != nil {
		return VoucherListView{}, err
	}
	var v VoucherListView
	calls, err := d.db.VoucherCalls(ctx)
	if err != nil {
		return v, err
	}
	v.Calls = callViews(calls)
	batches, err := d.db.VoucherBatches(ctx, 5)
	if err != nil {
		return v, err
	}
	for _, b := range batches {
		v.Batches = append(v.Batches, d.batchView(b))
	}
	filter, page, err := d.readVoucherFilter(r)
	if err != nil {
		return v, err
	}
	totals, err := d.db.VoucherTotals(ctx, filter)
	if err != nil {
		return v, err
	}
	v.Count, v.Amount, v.Used, v.Registered, v.Usable = totals.Vouchers, totals.AmountCents, totals.UsedCents, totals.RegisteredCents, totals.ResidualUsable
	v.Pages = max(1, (v.Count+voucherPageSize-1)/voucherPageSize)
	v.Page = min(page, v.Pages)
	lines, err := d.db.Vouchers(ctx, filter, (v.Page-1)*voucherPageSize, voucherPageSize)
	for _, l := range lines {
		v.Vouchers = append(v.Vouchers, d.voucherView(l))
	}
	return v, err
}

func callViews(calls []postgres.VoucherCall) []VoucherCallView {
	all := make([]VoucherCallView, len(calls))
	for i, c := range calls {
		all[i] = VoucherCallView{ID: c.ID, Code: c.Code, Vouchers: c.Vouchers, Amount: c.AmountCents, Used: c.UsedCents, Categories: c.Categories, Offers: c.Offers}
	}
	return all
}

// readVoucherFilter reads the fields as typed and refuses all that is wrong.
func (d *Desk) readVoucherFilter(r VoucherListRequest) (postgres.VouchersFilter, int, error) {
	f := &form{}
	filter := postgres.VouchersFilter{
		Text: strings.TrimSpace(r.Text), TaxCode: strings.ToUpper(strings.ReplaceAll(r.TaxCode, " ", "")), Status: vouchers.Status(r.Status), Call: r.Call,
		On: d.today(d.clock.Now()), EndsFrom: f.anyDay("ends_from", r.EndsFrom), EndsTo: f.anyDay("ends_to", r.EndsTo),
	}
	if r.Status != "" && !slices.Contains(vouchers.Statuses(), filter.Status) {
		f.refuse("status", ErrVoucherStatus.With("status", r.Status))
	}
	filter.ResidualMin = f.anyPrice("residual_min", r.ResidualMin)
	filter.ResidualMax = f.anyPrice("residual_max", r.ResidualMax)
	page, err := strconv.Atoi(r.Page)
	if err != nil || page < 1 {
		page = 1
	}
	return filter, page, f.refused.OrNil()
}

// anyPrice reads an amount; empty is none.
func (f *form) anyPrice(name, s string) *money.Amount {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	amount := f.price(name, s, 0)
	return &amount
}

// anyDay reads a date; empty is none.
func (f *form) anyDay(name, s string) time.Time {
	if strings.TrimSpace(s) == "" {
		return time.Time{}
	}
	on, err := time.Parse(time.DateOnly, s)
	if err != nil {
		f.refuse(name, ErrVoucherDay.With("value", s))
	}
	return on
}

// Voucher is one voucher with its uses (officer).
func (d *Desk) Voucher(ctx context.Context, a communities.Actor, id vouchers.ID) (VoucherDetailView, error) {
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, d.clock.Now()); err != nil {
		return VoucherDetailView{}, err
	}
	line, err := d.db.Voucher(ctx, id)
	if err != nil {
		return VoucherDetailView{}, err
	}
	uses, err := d.db.VoucherUses(ctx, postgres.UsesFilter{Vouchers: []vouchers.ID{id}}, 500)
	v := VoucherDetailView{Voucher: d.voucherView(line), Uses: voucherUseViews(uses)}
	v.Voucher.Email, v.Voucher.Phone = line.Email, line.Phone
	return v, err
}

// VoucherCalls lists the calls and where their vouchers may pay (officer).
func (d *Desk) VoucherCalls(ctx context.Context, a communities.Actor) (VoucherCallsView, error) {
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, d.clock.Now()); err != nil {
		return VoucherCallsView{}, err
	}
	var v VoucherCallsView
	calls, err := d.db.VoucherCalls(ctx)
	if err != nil {
		return v, err
	}
	v.Calls = callViews(calls)
	categories, err := d.db.Categories(ctx)
	if err != nil {
		return v, err
	}
	for _, c := range categories {
		if c.IsLeaf() {
			v.Categories = append(v.Categories, CategoryChoice{string(c.ID), c.Name})
		}
	}
	offers, err := d.db.PublishedOffers(ctx)
	for _, o := range offers {
		v.Offers = append(v.Offers, offerSummary(o))
	}
	return v, err
}

// MyVouchers are the vouchers of the actor's household: what is left, and what
// each would pay of the open charges, the first due first.
func (d *Desk) MyVouchers(ctx context.Context, a communities.Actor) (MyVouchersView, error) {
	if err := a.May(communities.PermSeeVouchers, communities.Scope{Household: a.Household}, d.clock.Now()); err != nil {
		return MyVouchersView{}, err
	}
	var v MyVouchersView
	if a.Household == "" { // an officer, who has vouchers in no household
		return v, nil
	}
	own, err := d.db.VouchersOf(ctx, a.Household)
	if err != nil || len(own) == 0 {
		return v, err
	}
	open, err := d.openCharges(ctx, a.Household)
	if err != nil {
		return v, err
	}
	pays, err := d.foresee(ctx, a.Household, own, open)
	if err != nil {
		return v, err
	}
	for _, c := range open {
		v.Open = append(v.Open, d.chargeView(c, nil))
	}
	byID, ids := map[vouchers.ID]postgres.VoucherLine{}, []vouchers.ID{}
	plain := make([]vouchers.Voucher, len(own))
	for i, l := range own {
		byID[l.ID], plain[i], ids = l, l.Voucher, append(ids, l.ID)
	}
	for _, one := range vouchers.Ordered(plain, nil) {
		view := d.voucherView(byID[one.ID])
		view.Pays = pays[one.ID]
		if view.Status == vouchers.StatusUsable {
			v.Left += view.Residual
		}
		v.Vouchers = append(v.Vouchers, view)
	}
	slices.SortStableFunc(v.Vouchers, func(x, y VoucherView) int { // what is of use comes first
		return cmp.Compare(slices.Index(vouchers.Statuses(), x.Status), slices.Index(vouchers.Statuses(), y.Status))
	})
	uses, err := d.db.VoucherUses(ctx, postgres.UsesFilter{Vouchers: ids}, 200)
	v.Uses = voucherUseViews(uses)
	return v, err
}

// openCharges are those of a household on which something is due.
func (d *Desk) openCharges(ctx context.Context, h communities.HouseholdID) ([]postgres.ChargeLine, error) {
	charges, err := d.db.Charges(ctx, postgres.ChargesFilter{Household: h}, 200)
	charges = slices.DeleteFunc(charges, func(c postgres.ChargeLine) bool { return c.State != billing.ChargeOpen || c.Due(c.PaidSum) == 0 })
	slices.SortFunc(charges, func(x, y postgres.ChargeLine) int {
		return cmp.Or(x.DueOn.Compare(y.DueOn), cmp.Compare(x.Number, y.Number))
	})
	return charges, err
}

// foresee says what each voucher would pay if the charges were paid one after
// the other with all that may.
func (d *Desk) foresee(ctx context.Context, h communities.HouseholdID, own []postgres.VoucherLine, charges []postgres.ChargeLine) (map[vouchers.ID][]VoucherPayment, error) {
	_, people, err := d.db.Household(ctx, h)
	if err != nil {
		return nil, err
	}
	pools := make([]billing.PoolID, len(charges))
	for i, c := range charges {
		pools[i] = c.Pool
	}
	calls, err := d.db.AcceptedCalls(ctx, pools)
	if err != nil {
		return nil, err
	}
	orders, err := d.db.VoucherOrders(ctx, h)
	if err != nil {
		return nil, err
	}
	left := make([]vouchers.Voucher, len(own))
	for i, l := range own {
		left[i] = l.Voucher
	}
	pays := map[vouchers.ID][]VoucherPayment{}
	for _, c := range charges {
		purchase := vouchers.Purchase{Day: d.today(d.clock.Now()), People: people, Calls: calls[c.Pool]}
		may := slices.DeleteFunc(slices.Clone(left), func(v vouchers.Voucher) bool { return purchase.Admits(v) != nil })
		for _, part := range vouchers.Pay(c.Due(c.PaidSum), vouchers.Ordered(may, orders[c.Pool])) {
			pays[part.Voucher.ID] = append(pays[part.Voucher.ID], VoucherPayment{c.ID, c.Number, c.Description, part.Amount})
			i := slices.IndexFunc(left, func(v vouchers.Voucher) bool { return v.ID == part.Voucher.ID })
			left[i].Used += part.Amount
		}
	}
	return pays, nil
}

// ChargeVouchers are the vouchers of a charge's household with what each would
// pay of it, or why it may not (the household, an officer, an operator).
func (d *Desk) ChargeVouchers(ctx context.Context, a communities.Actor, id billing.ChargeID) (ChargeVouchersView, error) {
	now := d.clock.Now()
	line, err := d.seenCharge(ctx, a, id)
	if err != nil {
		return ChargeVouchersView{}, err
	}
	scope := communities.Scope{Household: line.Household}
	if err := a.May(communities.PermSeeVouchers, scope, now); err != nil {
		return ChargeVouchersView{}, err
	}
	v := ChargeVouchersView{CanUse: a.May(communities.PermPay, scope, now) == nil, CanOrder: d.mayOrder(a, line.Household)}
	uses, err := d.db.VoucherUses(ctx, postgres.UsesFilter{Charges: []billing.ChargeID{id}}, 200)
	if err != nil {
		return v, err
	}
	v.Uses = voucherUseViews(uses)
	own, err := d.db.VouchersOf(ctx, line.Household)
	if err != nil || len(own) == 0 || line.Payable() != nil {
		return v, err
	}
	purchase, declared, err := d.purchase(ctx, d.db, line)
	if err != nil {
		return v, err
	}
	v.Declared = len(declared) > 0
	v.addVouchers(d, own, purchase, declared, line.Due(line.PaidSum))
	return v, nil
}

// addVouchers fills in the vouchers in their order, those that may pay nothing at
// the end.
func (v *ChargeVouchersView) addVouchers(d *Desk, own []postgres.VoucherLine, purchase vouchers.Purchase, declared []vouchers.ID, due money.Amount) {
	byID := map[vouchers.ID]postgres.VoucherLine{}
	var may, not []vouchers.Voucher
	why := map[vouchers.ID]*refusal.Error{}
	for _, l := range own {
		byID[l.ID] = l
		if err := purchase.Admits(l.Voucher); err != nil {
			why[l.ID] = refusal.All(err)[0]
			not = append(not, l.Voucher)
			continue
		}
		may = append(may, l.Voucher)
	}
	may = vouchers.Ordered(may, declared)
	parts := map[vouchers.ID]money.Amount{}
	for _, p := range vouchers.Pay(due, may) {
		parts[p.Voucher.ID] = p.Amount
		v.Pays += p.Amount
	}
	for _, one := range append(may, vouchers.Ordered(not, nil)...) {
		v.Vouchers = append(v.Vouchers, ChargeVoucher{d.voucherView(byID[one.ID]), parts[one.ID], why[one.ID]})
	}
}
