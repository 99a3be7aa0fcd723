package vouchers

import (
	"time"

	"colletta/money"
	"colletta/refusal"
)

// ID names a voucher (UUID text).
type ID string

// State is what an officer made of a voucher. The values are stored; their
// meaning is that of WeMi (BE constants/db/statiVoucher.js).
type State string

// The states. That a voucher is exhausted or expired is computed ([Status]).
const (
	StateImported State = "imported" // IMPORTATO: read from a file that nobody confirmed
	StateActive   State = "active"   // ATTIVO
	StateAnnulled State = "annulled" // ANNULLATO: may be restored
)

// Terms are what the Comune's file says of one voucher.
type Terms struct {
	Code       string // unique in the municipality, 1 to 255 characters
	Call       string // code of the call (bando) that granted it, 1 to 255 characters
	ValidFrom  time.Time
	ValidTo    time.Time // last day
	GivenName  string    // of the holder
	FamilyName string
	Holder     string       // tax code of the holder, capitals
	DataKind   string       // tipoDatoBando; empty unless Minor is there
	Minor      string       // tax code of the child it is for; empty for the whole household
	Amount     money.Amount // 0.01 to money.Max
	Email      string
	Phone      string
}

// Voucher is an entitlement and what became of it.
type Voucher struct {
	ID ID
	Terms
	State State
	Used  money.Amount // registered and accounted uses, 0 to Amount
}

// The refusals of a voucher.
var (
	// ErrVoucherImported says that a voucher's file was not confirmed yet. Args: code.
	ErrVoucherImported = refusal.New(refusal.KindConflict, "voucher_imported")
	// ErrVoucherAnnulled says that a voucher was annulled. Args: code.
	ErrVoucherAnnulled = refusal.New(refusal.KindConflict, "voucher_annulled")
	// ErrVoucherNotYet says that a voucher is not valid yet. Args: code, from_on.
	ErrVoucherNotYet = refusal.New(refusal.KindConflict, "voucher_not_yet")
	// ErrVoucherExpired says that a voucher is no longer valid. Args: code, to_on.
	ErrVoucherExpired = refusal.New(refusal.KindConflict, "voucher_expired")
	// ErrVoucherExhausted says that nothing is left on a voucher. Args: code.
	ErrVoucherExhausted = refusal.New(refusal.KindConflict, "voucher_exhausted")
	// ErrVoucherSpent says that another use was quicker and a voucher does not
	// hold what was asked of it.
	ErrVoucherSpent = refusal.New(refusal.KindConflict, "voucher_spent")
	// ErrCodesTaken says that meanwhile another file brought vouchers with codes
	// of this one.
	ErrCodesTaken = refusal.New(refusal.KindConflict, "voucher_codes_taken")
	// ErrVoucherInUse says that a voucher with registered uses cannot be annulled:
	// account or reverse them first. Args: code, registered.
	ErrVoucherInUse = refusal.New(refusal.KindConflict, "voucher_in_use")
)

// Residual is what can still be paid with the voucher: its amount less the uses
// that are registered or accounted.
func (v Voucher) Residual() money.Amount { return v.Amount - v.Used }

// Status is what a voucher is worth on a day.
type Status string

// The statuses, in the order in which [Voucher.Status] looks for them.
const (
	StatusImported  Status = "imported"
	StatusAnnulled  Status = "annulled"
	StatusExhausted Status = "exhausted"
	StatusExpired   Status = "expired"
	StatusNotYet    Status = "not_yet"
	StatusUsable    Status = "usable"
)

// Statuses lists every status in the order in which pages show them.
func Statuses() []Status {
	return []Status{StatusUsable, StatusNotYet, StatusExhausted, StatusExpired, StatusAnnulled, StatusImported}
}

// Status says what the voucher is worth on a day.
func (v Voucher) Status(day time.Time) Status {
	switch {
	case v.State == StateImported:
		return StatusImported
	case v.State != StateActive:
		return StatusAnnulled
	case v.Residual() <= 0:
		return StatusExhausted
	case !v.ValidTo.IsZero() && day.After(v.ValidTo):
		return StatusExpired
	case day.Before(v.ValidFrom):
		return StatusNotYet
	}
	return StatusUsable
}

// Pays is nil when the voucher may pay something on a day; otherwise the
// refusal of its status: [ErrVoucherImported], [ErrVoucherAnnulled],
// [ErrVoucherExhausted], [ErrVoucherExpired] or [ErrVoucherNotYet].
func (v Voucher) Pays(day time.Time) error {
	switch v.Status(day) {
	case StatusImported:
		return ErrVoucherImported.With("code", v.Code)
	case StatusAnnulled:
		return ErrVoucherAnnulled.With("code", v.Code)
	case StatusExhausted:
		return ErrVoucherExhausted.With("code", v.Code)
	case StatusExpired:
		return ErrVoucherExpired.With("code", v.Code, "to_on", v.ValidTo)
	case StatusNotYet:
		return ErrVoucherNotYet.With("code", v.Code, "from_on", v.ValidFrom)
	}
	return nil
}

// Annul takes a voucher out of use; again it changes nothing. Uses already
// accounted stay paid. It returns [ErrVoucherImported], or [ErrVoucherInUse]
// while uses are registered: the household has been told that they pay, and the
// provider counts on them.
func (v Voucher) Annul(registered money.Amount) (after Voucher, changed bool, err error) {
	switch {
	case v.State == StateAnnulled:
		return v, false, nil
	case v.State == StateImported:
		return v, false, ErrVoucherImported.With("code", v.Code)
	case registered > 0:
		return v, false, ErrVoucherInUse.With("code", v.Code, "registered", registered)
	}
	v.State = StateAnnulled
	return v, true, nil
}

// Restore makes an annulled voucher active again with what it had left; an
// active one does not change. It returns [ErrVoucherImported].
func (v Voucher) Restore() (after Voucher, changed bool, err error) {
	switch v.State {
	case StateActive:
		return v, false, nil
	case StateImported:
		return v, false, ErrVoucherImported.With("code", v.Code)
	}
	v.State = StateActive
	return v, true, nil
}
