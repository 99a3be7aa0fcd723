package billing

import (
	"strconv"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/refusal"
)

// ChargeID names a charge (UUID text).
type ChargeID string

// PoolID names a pool (UUID text); opaque here.
type PoolID string

// ProviderID names a provider (UUID text); opaque here.
type ProviderID string

// VoucherCallID names the call (bando) of a voucher (UUID text); opaque here.
type VoucherCallID string

// FundID names the fund of a measure (UUID text); opaque here.
type FundID string

// ChargeState says how far a charge has come. The values are stored.
type ChargeState string

// The states of a charge.
const (
	ChargeOpen       ChargeState = "open"        // something is still owed
	ChargePaid       ChargeState = "paid"        // nothing is owed: all paid, or all subsidised
	ChargeVoid       ChargeState = "void"        // taken back before any money came
	ChargeWrittenOff ChargeState = "written_off" // given up
)

// Charge is what one household owes for its place in one pool.
type Charge struct {
	ID          ChargeID
	Round       pooling.RoundID
	Pool        PoolID
	Demand      pooling.DemandID
	Household   communities.HouseholdID
	Provider    ProviderID
	Share       money.Amount // exact part of the pool's cost, >= 0
	Subsidy     money.Amount // awards, 0 to Share
	Net         money.Amount // Share less Subsidy: what the household pays, with vouchers or money
	Voucher     money.Amount // of Net, what vouchers pay, 0 to Net
	Description string       // "Laboratorio di psicomotricità, 10 incontri"
	State       ChargeState
	Reference   Reference // RF…, unique per charge
	IssuedOn    time.Time // day of issue
	DueOn       time.Time // last day to pay, not before IssuedOn
}

// descriptionMax bounds Charge.Description, in characters: it is printed on one
// receipt line and sent to Stripe.
const descriptionMax = 250

// The refusals of a charge.
var (
	// ErrChargeAlreadyPaid says that nothing is left to pay. Args: net.
	ErrChargeAlreadyPaid = refusal.New(refusal.KindConflict, "charge_already_paid")
	// ErrChargeVoid says that the charge was taken back.
	ErrChargeVoid = refusal.New(refusal.KindConflict, "charge_void")
	// ErrChargeWrittenOff says that the charge was given up.
	ErrChargeWrittenOff = refusal.New(refusal.KindConflict, "charge_written_off")
	// ErrChargePartlyPaid says that a charge on which money came cannot be taken
	// back: refund the money first. Args: paid.
	ErrChargePartlyPaid = refusal.New(refusal.KindConflict, "charge_partly_paid")
	// ErrChargeVoucher says that vouchers would pay more of a charge than is due,
	// or nothing. Args: amount, due.
	ErrChargeVoucher = refusal.New(refusal.KindConflict, "charge_voucher")
	// ErrChargeAward says that a fund would pay more of a charge than is due, or
	// nothing. Args: amount, due.
	ErrChargeAward = refusal.New(refusal.KindConflict, "charge_award")
	// ErrPaymentNotPositive says that an amount received is zero or negative. Args: amount.
	ErrPaymentNotPositive = refusal.New(refusal.KindInvalid, "payment_not_positive")
	// ErrPaymentTooLarge says that an amount is beyond money.Max. Args: amount, max.
	ErrPaymentTooLarge = refusal.New(refusal.KindInvalid, "payment_too_large")
	// ErrPaymentNotExact says that an amount typed by hand is not what is due. Args: amount, due.
	ErrPaymentNotExact = refusal.New(refusal.KindInvalid, "payment_not_exact")
	// ErrChargeShare says that share and subsidy of a member cannot be: a
	// negative share, or a subsidy below zero or above the share. Args: demand,
	// share, subsidy.
	ErrChargeShare = refusal.New(refusal.KindInvalid, "charge_share_invalid")
	// ErrChargeTwice says that a household's demand or a charge id comes twice in
	// one pool. Args: demand.
	ErrChargeTwice = refusal.New(refusal.KindConflict, "charge_twice")
	// ErrChargeDates says that a charge is due before it is issued. Args: issued_on, due_on.
	ErrChargeDates = refusal.New(refusal.KindInvalid, "charge_dates_invalid")
	// ErrChargeDescription says that the description is empty or too long. Args: max.
	ErrChargeDescription = refusal.New(refusal.KindInvalid, "charge_description_invalid")
	// ErrChargeNobody says that a pool without members has nobody to charge.
	ErrChargeNobody = refusal.New(refusal.KindInvalid, "charge_nobody")
)

// Due is what is still to be paid when the payments so far sum to paid; never
// negative, and zero for a charge that is void or given up.
func (c Charge) Due(paid money.Amount) money.Amount {
	if c.State == ChargeVoid || c.State == ChargeWrittenOff || paid >= c.Net-c.Voucher {
		return 0
	}
	return c.Net - c.Voucher - paid
}

// Payable is nil when a household may start to pay; otherwise
// [ErrChargeAlreadyPaid], [ErrChargeVoid] or [ErrChargeWrittenOff].
func (c Charge) Payable() error {
	switch c.State {
	case ChargePaid:
		return ErrChargeAlreadyPaid.With("net", c.Net)
	case ChargeVoid:
		return ErrChargeVoid
	case ChargeWrittenOff:
		return ErrChargeWrittenOff
	}
	return nil
}

// Settlement says how a sum received was used.
type Settlement struct {
	Applied money.Amount // on the charge
	Excess  money.Amount // kept as the household's credit
}

// Receive takes money on a charge on which paid came before. The charge is
// paid when nothing is due any more. It returns what [Charge.Payable] returns,
// [ErrPaymentNotPositive] or [ErrPaymentTooLarge]. Money that has already come
// for a charge that is not payable is posted as credit by [OverpaymentCredited].
func (c Charge) Receive(amount, paid money.Amount) (Charge, Settlement, error) {
	if amount <= 0 {
		return c, Settlement{}, ErrPaymentNotPositive.With("amount", amount)
	}
	if amount > money.Max {
		return c, Settlement{}, ErrPaymentTooLarge.With("amount", amount, "max", money.Max)
	}
	if err := c.Payable(); err != nil {
		return c, Settlement{}, err
	}
	due := c.Due(paid)
	s := Settlement{Applied: min(amount, due)}
	s.Excess = amount - s.Applied
	if s.Applied == due {
		c.State = ChargePaid
	}
	return c, s, nil
}

// ReceiveExactly is [Charge.Receive] for an amount that a person types: it also
// returns [ErrPaymentNotExact] unless the amount is what is due.
func (c Charge) ReceiveExactly(amount, paid money.Amount) (Charge, Settlement, error) {
	after, s, err := c.Receive(amount, paid)
	if err == nil && amount != c.Due(paid) {
		return c, Settlement{}, ErrPaymentNotExact.With("amount", amount, "due", c.Due(paid))
	}
	return after, s, err
}

// TakeBack opens a paid charge again after a payment was taken back (a
// chargeback, a refused transfer) and the payments left sum to paid. A charge
// that stays covered, or that is void or given up, does not change.
func (c Charge) TakeBack(paid money.Amount) Charge {
	if c.State == ChargePaid && paid < c.Net-c.Voucher {
		c.State = ChargeOpen
	}
	return c
}

// UseVoucher lets vouchers pay an amount of an open charge on which paid came
// before. The charge is paid when nothing is due any more. It returns what
// [Charge.Payable] returns, or [ErrChargeVoucher] for nothing and for more than
// is due.
func (c Charge) UseVoucher(amount, paid money.Amount) (Charge, error) {
	if err := c.Payable(); err != nil {
		return c, err
	}
	due := c.Due(paid)
	if amount <= 0 || amount > due {
		return c, ErrChargeVoucher.With("amount", amount, "due", due)
	}
	c.Voucher += amount
	if amount == due {
		c.State = ChargePaid
	}
	return c, nil
}

// ReturnVoucher takes back what a voucher paid, when the payments sum to paid:
// a paid charge of which something is due again is open again. Of the amount,
// excess is what was paid too much before and pays for it now. It returns
// [ErrChargeVoid], [ErrChargeWrittenOff], or [ErrChargeVoucher] for nothing and
// for more than vouchers pay.
func (c Charge) ReturnVoucher(amount, paid money.Amount) (after Charge, excess money.Amount, err error) {
	switch {
	case c.State == ChargeVoid:
		return c, 0, ErrChargeVoid
	case c.State == ChargeWrittenOff:
		return c, 0, ErrChargeWrittenOff
	case amount <= 0 || amount > c.Voucher:
		return c, 0, ErrChargeVoucher.With("amount", amount, "due", c.Voucher)
	}
	excess = min(amount, max(0, paid-(c.Net-c.Voucher)))
	c.Voucher -= amount
	return c.TakeBack(paid), excess, nil
}

// Award lets a fund pay an amount of an open charge on which paid came before:
// the household owes less. The charge is paid when nothing is due any more. It
// returns what [Charge.Payable] returns, or [ErrChargeAward] for nothing and for
// more than is due.
func (c Charge) Award(amount, paid money.Amount) (Charge, error) {
	if err := c.Payable(); err != nil {
		return c, err
	}
	due := c.Due(paid)
	if amount <= 0 || amount > due {
		return c, ErrChargeAward.With("amount", amount, "due", due)
	}
	c.Subsidy += amount
	c.Net -= amount
	if amount == due {
		c.State = ChargePaid
	}
	return c, nil
}

// ReturnAward takes back what a fund paid, when the payments sum to paid: a paid
// charge of which something is due again is open again. Of the amount, excess is
// what was paid too much before and pays for it now. It returns [ErrChargeVoid],
// [ErrChargeWrittenOff], or [ErrChargeAward] for nothing and for more than funds
// pay.
func (c Charge) ReturnAward(amount, paid money.Amount) (after Charge, excess money.Amount, err error) {
	switch {
	case c.State == ChargeVoid:
		return c, 0, ErrChargeVoid
	case c.State == ChargeWrittenOff:
		return c, 0, ErrChargeWrittenOff
	case amount <= 0 || amount > c.Subsidy:
		return c, 0, ErrChargeAward.With("amount", amount, "due", c.Subsidy)
	}
	excess = min(amount, max(0, paid-(c.Net-c.Voucher)))
	c.Subsidy -= amount
	c.Net += amount
	return c.TakeBack(paid), excess, nil
}

// Void takes back an open charge on which nothing was paid, with a voucher
// neither. It returns
// [ErrChargePartlyPaid] or what [Charge.Payable] returns.
func (c Charge) Void(paid money.Amount) (Charge, error) {
	if err := c.Payable(); err != nil {
		return c, err
	}
	if paid+c.Voucher != 0 {
		return c, ErrChargePartlyPaid.With("paid", paid+c.Voucher)
	}
	c.State = ChargeVoid
	return c, nil
}

// WriteOff gives up what is still due on an open charge. It returns what
// [Charge.Payable] returns.
func (c Charge) WriteOff() (Charge, error) {
	if err := c.Payable(); err != nil {
		return c, err
	}
	c.State = ChargeWrittenOff
	return c, nil
}

// Overdue is true from the day after DueOn while something is owed. On is a day
// like the other dates of the package.
func (c Charge) Overdue(on time.Time) bool { return c.State == ChargeOpen && on.After(c.DueOn) }

// Number is a number within a year: of a receipt, of a charge. It starts at 1
// every year and has no gaps.
type Number struct {
	Year   int
	Serial int
}

// ErrNumber says that a text is no number like 2026-000123. Args: number.
var ErrNumber = refusal.New(refusal.KindInvalid, "number_invalid")

// String writes the number as printed: "2026-000123".
func (n Number) String() string {
	serial := strconv.Itoa(n.Serial)
	for len(serial) < 6 {
		serial = "0" + serial
	}
	return strconv.Itoa(n.Year) + "-" + serial
}

// Valid is true from 2000-000001 to 9999-999999999.
func (n Number) Valid() bool {
	return n.Year >= 2000 && n.Year <= 9999 && n.Serial >= 1 && n.Serial <= 999_999_999
}

// Next is the number that follows n for a document dated in a year: the next
// serial, or the first of the new year. It returns [ErrNumber] when the year is
// before that of n, because numbers follow dates.
func (n Number) Next(year int) (Number, error) {
	next := Number{year, 1}
	if year == n.Year {
		next.Serial = n.Serial + 1
	}
	if year < n.Year || !next.Valid() {
		return n, ErrNumber.With("number", n.String())
	}
	return next, nil
}

// ParseNumber reads what [Number.String] writes. It returns [ErrNumber].
func ParseNumber(s string) (Number, error) {
	bad := ErrNumber.With("number", cut(s, 40))
	if len(s) < 11 || len(s) > 14 || s[4] != '-' {
		return Number{}, bad
	}
	year, err1 := strconv.Atoi(s[:4])
	serial, err2 := strconv.Atoi(s[5:])
	n := Number{year, serial}
	if err1 != nil || err2 != nil || !n.Valid() || n.String() != s {
		return Number{}, bad
	}
	return n, nil
}
