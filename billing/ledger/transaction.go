package ledger

import (
	"errors"
	"fmt"
	"time"

	"colletta/money"
)

// TransactionID names a transaction (UUID text).
type TransactionID string

// Kind says which business event a transaction records. The values are stored.
type Kind string

// The kinds of transactions. In brackets: what SourceID names.
const (
	KindPoolCharged        Kind = "pool_charged"        // (pool) the cost of a pool is owed by families and fund
	KindPaymentReceived    Kind = "payment_received"    // (payment) a family's money came
	KindPaymentTakenBack   Kind = "payment_taken_back"  // (payment) the bank took a family's money back
	KindBankEntry          Kind = "bank_entry"          // (bank entry) money came to or left the collecting account
	KindTransferRecognised Kind = "transfer_recognised" // (payment) a transfer recorded by hand is on a statement
	KindCreditApplied      Kind = "credit_applied"      // (charge, or use of a voucher that was reversed) a family's credit paid a charge
	KindRefunded           Kind = "refunded"            // (refund) a family's credit went back to it
	KindChargeVoided       Kind = "charge_voided"       // (charge) one family's part of a pool is taken back
	KindChargeWrittenOff   Kind = "charge_written_off"  // (charge) what is still owed is given up
	KindVoucherUsed        Kind = "voucher_used"        // (use) a voucher paid some of a charge
	KindVouchersCounted    Kind = "vouchers_accounted"  // (statement) the Comune accounted uses, to reimburse providers
	KindFundPaid           Kind = "fund_paid"           // (bank line) a fund paid its awards in
	KindAwardAdded         Kind = "award_added"         // (hold) a fund pays some of a charge that was issued before
	KindAwardReturned      Kind = "award_returned"      // (application) what a fund paid of a charge is the family's to pay again
	KindFundOpening        Kind = "fund_opening"        // (fund) a fund as it was before its movements were kept
	KindFundAllocated      Kind = "fund_allocated"      // (movement) the Comune set money aside, or took it back
	KindFundReserved       Kind = "fund_reserved"       // (movement) money is kept for a round or an application
	KindFundCommitted      Kind = "fund_committed"      // (movement) kept money was awarded
	KindFundSpent          Kind = "fund_spent"          // (movement) awarded money was paid in
	KindFundReleased       Kind = "fund_released"       // (movement) kept money is free again
	KindFundExpired        Kind = "fund_expired"        // (movement) kept money is free again, because nobody used it in time
	KindFundReturned       Kind = "fund_returned"       // (movement) awarded money is free again
	KindStripePaidOut      Kind = "stripe_paid_out"     // (payout) Stripe moved card money to the bank, less its fees
	KindFeesCovered        Kind = "fees_covered"        // (bank line) the municipality paid the card fees
	KindProviderPaid       Kind = "provider_paid"       // (payout) the provider got its money
	KindReversal           Kind = "reversal"            // (transaction) the opposite of an earlier transaction
)

// Kinds lists every kind of transaction.
func Kinds() []Kind {
	return []Kind{
		KindPoolCharged, KindPaymentReceived, KindCreditApplied, KindRefunded, KindChargeVoided,
		KindChargeWrittenOff, KindVoucherUsed, KindVouchersCounted, KindFundPaid, KindAwardAdded,
		KindAwardReturned, KindFundOpening, KindFundAllocated, KindFundReserved, KindFundCommitted,
		KindFundSpent, KindFundReleased, KindFundExpired, KindFundReturned, KindStripePaidOut,
		KindFeesCovered, KindProviderPaid, KindReversal,
	}
}

// PostingMax is the largest absolute amount of one posting: one billion euro,
// as the database also checks.
const PostingMax money.Amount = 100_000_000_000

// postingsMax bounds one transaction; the largest pool has two postings a
// family and a few more.
const postingsMax = 10_000

// Posting puts an amount on an account. Debit is positive, credit is negative:
// a family that is charged 48.00 gets +48.00 on its receivable, and −48.00 when
// it pays.
type Posting struct {
	Account AccountRef
	Amount  money.Amount
}

// Transaction is one business event in double entry.
type Transaction struct {
	ID          TransactionID
	Kind        Kind
	SourceID    string // id of the business event; unique with Kind
	Reverses    TransactionID
	Description string
	At          time.Time // when the event took effect, UTC
	Postings    []Posting
}

// What [Check] finds. They are bugs of a builder or of a caller, not refusals.
var (
	ErrIncomplete = errors.New("ledger: transaction without id, kind, source or time")
	ErrPostings   = errors.New("ledger: transaction with too few or too many postings")
	ErrAccount    = errors.New("ledger: posting on an account that cannot be")
	ErrZero       = errors.New("ledger: posting of zero")
	ErrBounds     = errors.New("ledger: posting out of bounds")
	ErrUnbalanced = errors.New("ledger: postings do not sum to zero")
	ErrReversal   = errors.New("ledger: only a reversal reverses, and it reverses one transaction")
)

// Check returns nil for a transaction that may be stored: it has an id, a kind,
// a source and a time; 2 to 10,000 postings on accounts that exist, none zero,
// each within ±[PostingMax]; and they sum to zero.
func Check(t Transaction) error {
	if t.ID == "" || t.Kind == "" || t.SourceID == "" || t.At.IsZero() {
		return fmt.Errorf("%w: %s %s", ErrIncomplete, t.Kind, t.SourceID)
	}
	if (t.Kind == KindReversal) != (t.Reverses != "") || t.Reverses == t.ID {
		return fmt.Errorf("%w: %s", ErrReversal, t.ID)
	}
	if len(t.Postings) < 2 || len(t.Postings) > postingsMax {
		return fmt.Errorf("%w: %s has %d", ErrPostings, t.ID, len(t.Postings))
	}
	var sum money.Amount // at most 10,000 postings of at most 10^11: no overflow
	for _, p := range t.Postings {
		switch {
		case !p.Account.Valid():
			return fmt.Errorf("%w: %s posts on %q of %q", ErrAccount, t.ID, p.Account.Kind, p.Account.Subject)
		case p.Amount == 0:
			return fmt.Errorf("%w: %s on %s", ErrZero, t.ID, p.Account.Kind)
		case p.Amount > PostingMax || p.Amount < -PostingMax:
			return fmt.Errorf("%w: %s on %s", ErrBounds, t.ID, p.Account.Kind)
		}
		sum += p.Amount
	}
	if sum != 0 {
		return fmt.Errorf("%w: %s is off by %s", ErrUnbalanced, t.ID, sum)
	}
	return nil
}

// Reverse returns the exact opposite of a transaction, to undo it. Its source
// is the id of what it undoes, so a transaction is undone at most once.
// Description says why.
func Reverse(t Transaction, id TransactionID, description string, at time.Time) (Transaction, error) {
	if t.Kind == KindReversal {
		return Transaction{}, fmt.Errorf("%w: %s is itself a reversal", ErrReversal, t.ID)
	}
	r := Transaction{
		ID: id, Kind: KindReversal, SourceID: string(t.ID), Reverses: t.ID, Description: description, At: at,
		Postings: make([]Posting, len(t.Postings)),
	}
	for i, p := range t.Postings {
		r.Postings[i] = Posting{p.Account, -p.Amount}
	}
	return r, Check(r)
}
