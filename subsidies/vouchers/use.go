package vouchers

import (
	"colletta/money"
	"colletta/refusal"
)

// UseID names a use (UUID text).
type UseID string

// UseState says what became of a use. The values are stored; their meaning is
// that of WeMi (BE constants/db/statiTransazioneVoucher.js).
type UseState string

// The states of a use. Registered and accounted uses are paid by the voucher;
// the others gave their amount back to it.
const (
	UseRegistered   UseState = "registered"    // REGISTRATA: it pays the charge
	UseReversed     UseState = "reversed"      // STORNATA
	UseAccounted    UseState = "accounted"     // CONTABILIZZATA: the Comune reimburses the provider
	UsePaymentError UseState = "payment_error" // ERRORE_PAGAMENTO: the payment it belonged to failed
)

// UseStates lists every state of a use.
func UseStates() []UseState {
	return []UseState{UseRegistered, UseAccounted, UseReversed, UsePaymentError}
}

// Use is what one voucher paid of one charge.
type Use struct {
	ID     UseID
	Amount money.Amount // > 0
	State  UseState
}

// The refusals of a use.
var (
	// ErrUseAccounted says that an accounted use cannot be reversed: the provider
	// is being reimbursed.
	ErrUseAccounted = refusal.New(refusal.KindConflict, "voucher_use_accounted")
	// ErrUseReversed says that a use was reversed, or its payment failed, and pays
	// nothing any more.
	ErrUseReversed = refusal.New(refusal.KindConflict, "voucher_use_reversed")
	// ErrUseState says that a text names no state that a use can be brought to.
	// Args: state.
	ErrUseState = refusal.New(refusal.KindInvalid, "voucher_use_state")
)

// Counts tells whether the use is paid by its voucher.
func (u Use) Counts() bool { return u.State == UseRegistered || u.State == UseAccounted }

// Move brings a registered use to another state; where it already is, nothing
// changes. It returns [ErrUseAccounted], [ErrUseReversed] or [ErrUseState].
func (u Use) Move(to UseState) (after Use, changed bool, err error) {
	switch to {
	case UseReversed, UseAccounted, UsePaymentError:
	default:
		return u, false, ErrUseState.With("state", string(to))
	}
	switch u.State {
	case to:
		return u, false, nil
	case UseRegistered:
		u.State = to
		return u, true, nil
	case UseAccounted:
		return u, false, ErrUseAccounted
	}
	return u, false, ErrUseReversed
}
