package billing

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"colletta/billing/ledger"
	"colletta/money"
)

// ErrPosting says that a transaction was asked for that would not describe what
// happened (a bug of the caller, not a refusal).
var ErrPosting = errors.New("billing: event that cannot be posted")

// Posted names a transaction to be built: its id, and when its business event
// took effect (UTC).
type Posted struct {
	ID ledger.TransactionID
	At time.Time
}

// FundPart is what one fund owes for the awards of one pool.
type FundPart struct {
	Fund   FundID
	Amount money.Amount // > 0
}

// PoolCharged posts the cost of a pool: the provider is owed all shares, the
// funds owe the subsidies, each household owes its net.
//
// The charges are those of one pool, all open or paid from the start, and
// fundParts sum to their subsidies; otherwise [ErrPosting]. A pool of which
// nothing is owed posts nothing and is refused as well.
func PoolCharged(p Posted, charges []Charge, fundParts []FundPart) (ledger.Transaction, error) {
	if len(charges) == 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: pool without charges", ErrPosting)
	}
	first := charges[0]
	b := begin(p, ledger.KindPoolCharged, string(first.Pool), first.Description)
	var cost, subsidies money.Amount
	for _, c := range charges {
		if c.Pool != first.Pool || c.Provider != first.Provider || c.Share != c.Subsidy+c.Net || c.Voucher != 0 {
			return ledger.Transaction{}, fmt.Errorf("%w: charge %s in pool %s", ErrPosting, c.ID, first.Pool)
		}
		cost += c.Share
		subsidies += c.Subsidy
		b.post(ledger.AccountHouseholdReceivable, string(c.Household), c.Net)
	}
	for _, f := range fundParts {
		subsidies -= f.Amount
		b.post(ledger.AccountFund, string(f.Fund), f.Amount)
	}
	if subsidies != 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: funds of pool %s are off by %s", ErrPosting, first.Pool, subsidies)
	}
	b.post(ledger.AccountProviderPayable, string(first.Provider), -cost)
	return b.done()
}

// PaymentReceived posts a payment that is not more than what is due: the
// clearing account of its method gets the money, the household owes less.
func PaymentReceived(p Posted, payment Payment) (ledger.Transaction, error) {
	return received(p, payment, payment.Amount)
}

// OverpaymentCredited posts a payment of more than what is due on its charge
// (0 when the charge was paid or closed in the meantime): the excess becomes
// credit of the household. The source is the payment, as in [PaymentReceived],
// so that a payment is posted once, one way or the other.
func OverpaymentCredited(p Posted, payment Payment, due money.Amount) (ledger.Transaction, error) {
	if due < 0 || due >= payment.Amount {
		return ledger.Transaction{}, fmt.Errorf("%w: payment %s of %s on %s due is no overpayment", ErrPosting, payment.ID, payment.Amount, due)
	}
	return received(p, payment, due)
}

func received(p Posted, payment Payment, applied money.Amount) (ledger.Transaction, error) {
	clearing, err := sourceOf(payment)
	if err != nil || payment.Amount <= 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: payment %s by %q of %s", ErrPosting, payment.ID, payment.Method, payment.Amount)
	}
	b := begin(p, ledger.KindPaymentReceived, string(payment.ID), "Payment of charge "+string(payment.Charge))
	b.post(clearing.Kind, clearing.Subject, payment.Amount)
	b.post(ledger.AccountHouseholdReceivable, string(payment.Household), -applied)
	b.post(ledger.AccountHouseholdCredit, string(payment.Household), applied-payment.Amount)
	return b.done()
}

// PaymentTakenBack posts that money that had come for a charge was taken back:
// the household owes again, and what was not owed comes off its credit. Owed is
// by how much less is paid of the charge, 0 to the payment's amount: less than
// the amount where other money came for the same charge.
func PaymentTakenBack(p Posted, payment Payment, owed money.Amount) (ledger.Transaction, error) {
	from, err := sourceOf(payment)
	if err != nil || payment.Amount <= 0 || owed < 0 || owed > payment.Amount {
		return ledger.Transaction{}, fmt.Errorf("%w: payment %s of %s taken back for %s", ErrPosting, payment.ID, payment.Amount, owed)
	}
	b := begin(p, ledger.KindPaymentTakenBack, string(payment.ID), "Payment of charge "+string(payment.Charge)+" taken back")
	b.post(ledger.AccountHouseholdReceivable, string(payment.Household), owed)
	b.post(ledger.AccountHouseholdCredit, string(payment.Household), payment.Amount-owed)
	b.post(from.Kind, from.Subject, -payment.Amount)
	return b.done()
}

// BankEntry posts a movement of a bank statement: money that came (positive) or
// left the collecting account, which nobody is known to have paid yet.
func BankEntry(p Posted, entry string, amount money.Amount) (ledger.Transaction, error) {
	b := begin(p, ledger.KindBankEntry, entry, "Movement of a bank statement")
	b.post(ledger.AccountBankClearing, "", amount)
	b.post(ledger.AccountUnallocated, "", -amount)
	return b.done()
}

// TransferRecognised posts that a transfer which a person had recorded is a
// movement of a statement: it is on the bank account once, not twice. Source is
// the payment.
func TransferRecognised(p Posted, payment Payment) (ledger.Transaction, error) {
	if payment.Method != MethodTransfer {
		return ledger.Transaction{}, fmt.Errorf("%w: payment %s by %q is no transfer", ErrPosting, payment.ID, payment.Method)
	}
	return moved(p, ledger.KindTransferRecognised, string(payment.ID), payment.Amount,
		ledger.AccountRef{Kind: ledger.AccountUnallocated}, ledger.AccountRef{Kind: ledger.AccountBankClearing})
}

// VoucherUsed posts that a voucher paid some of a charge: the Comune owes it in
// the household's place, under the call of the voucher. Use names the use; undo
// it with [ledger.Reverse].
func VoucherUsed(p Posted, c Charge, use string, call VoucherCallID, amount money.Amount) (ledger.Transaction, error) {
	if amount <= 0 || amount > c.Net {
		return ledger.Transaction{}, fmt.Errorf("%w: voucher use %s of %s on charge %s", ErrPosting, use, amount, c.ID)
	}
	b := begin(p, ledger.KindVoucherUsed, use, c.Description)
	b.post(ledger.AccountVoucherRegistered, string(call), amount)
	b.post(ledger.AccountHouseholdReceivable, string(c.Household), -amount)
	return b.done()
}

// VoucherPart is what the uses of one call sum to in a statement.
type VoucherPart struct {
	Call   VoucherCallID
	Amount money.Amount // > 0
}

// VouchersAccounted posts that the Comune accounted registered uses in a
// statement, to reimburse the providers. That money moved is another event.
func VouchersAccounted(p Posted, statement string, parts []VoucherPart) (ledger.Transaction, error) {
	b := begin(p, ledger.KindVouchersCounted, statement, "Vouchers accounted in statement "+statement)
	for _, part := range parts {
		if part.Amount <= 0 {
			return ledger.Transaction{}, fmt.Errorf("%w: %s of call %s in statement %s", ErrPosting, part.Amount, part.Call, statement)
		}
		b.post(ledger.AccountVoucherAccounted, string(part.Call), part.Amount)
		b.post(ledger.AccountVoucherRegistered, string(part.Call), -part.Amount)
	}
	return b.done()
}

// CreditApplied posts that a household's credit paid some of a charge. Source
// names the charge, or the reversed use of a voucher whose part it pays now.
func CreditApplied(p Posted, c Charge, source string, amount money.Amount) (ledger.Transaction, error) {
	if amount <= 0 || amount > c.Net {
		return ledger.Transaction{}, fmt.Errorf("%w: credit of %s on charge %s", ErrPosting, amount, c.ID)
	}
	b := begin(p, ledger.KindCreditApplied, source, c.Description)
	b.post(ledger.AccountHouseholdCredit, string(c.Household), amount)
	b.post(ledger.AccountHouseholdReceivable, string(c.Household), -amount)
	return b.done()
}

// Refunded posts that a household's credit went back the way it came. A payment
// that a bank or Stripe takes back is not a refund: undo its transaction with
// [ledger.Reverse], and the debt opens again.
func Refunded(p Posted, r Refund) (ledger.Transaction, error) {
	clearing, err := clearingOf(r.Method)
	if err != nil || r.Amount <= 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: refund %s by %q of %s", ErrPosting, r.ID, r.Method, r.Amount)
	}
	b := begin(p, ledger.KindRefunded, string(r.ID), "Refund of payment "+string(r.Payment))
	b.post(ledger.AccountHouseholdCredit, string(r.Household), r.Amount)
	b.post(clearing, "", -r.Amount)
	return b.done()
}

// ChargeVoided posts that one household's part of a pool is taken back: the
// provider is owed its share less, the funds their parts, the household its net.
func ChargeVoided(p Posted, c Charge, fundParts []FundPart) (ledger.Transaction, error) {
	b := begin(p, ledger.KindChargeVoided, string(c.ID), c.Description)
	left := c.Subsidy
	for _, f := range fundParts {
		left -= f.Amount
		b.post(ledger.AccountFund, string(f.Fund), -f.Amount)
	}
	if left != 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: funds of charge %s are off by %s", ErrPosting, c.ID, left)
	}
	b.post(ledger.AccountHouseholdReceivable, string(c.Household), -c.Net)
	b.post(ledger.AccountProviderPayable, string(c.Provider), c.Share)
	return b.done()
}

// ChargeWrittenOffPosted posts that what is still due on a charge is given up.
func ChargeWrittenOffPosted(p Posted, c Charge, due money.Amount) (ledger.Transaction, error) {
	if due <= 0 || due > c.Net {
		return ledger.Transaction{}, fmt.Errorf("%w: %s given up on charge %s", ErrPosting, due, c.ID)
	}
	b := begin(p, ledger.KindChargeWrittenOff, string(c.ID), c.Description)
	b.post(ledger.AccountWriteOff, "", due)
	b.post(ledger.AccountHouseholdReceivable, string(c.Household), -due)
	return b.done()
}

// FundPaid posts that a fund paid awards in, by bank. Source names the line of
// the bank statement.
func FundPaid(p Posted, source string, fund FundID, amount money.Amount) (ledger.Transaction, error) {
	return moved(p, ledger.KindFundPaid, source, amount,
		ledger.AccountRef{Kind: ledger.AccountBankClearing}, ledger.AccountRef{Kind: ledger.AccountFund, Subject: string(fund)})
}

// FundMove is what happens to money of a fund. The values are stored.
type FundMove string

// The moves. In brackets: which counters change.
const (
	FundAllocate FundMove = "allocate" // (allocated, up or down) the Comune sets money aside, or takes it back
	FundReserve  FundMove = "reserve"  // (available to reserved) for a round or an application
	FundCommit   FundMove = "commit"   // (reserved to committed) awarded to a household
	FundPay      FundMove = "pay"      // (committed to paid) the Comune paid it in
	FundRelease  FundMove = "release"  // (reserved to available) not needed
	FundExpire   FundMove = "expire"   // (reserved to available) not used in time
	FundReturn   FundMove = "return"   // (committed to available) an award was given back
)

// fundMoves holds for each move the event in the ledger, and where the money
// comes from (credited less: a debit) and goes to (a credit).
var fundMoves = map[FundMove]struct {
	kind     ledger.Kind
	from, to ledger.AccountKind
}{
	FundAllocate: {ledger.KindFundAllocated, ledger.AccountFundAppropriation, ledger.AccountFundAvailable},
	FundReserve:  {ledger.KindFundReserved, ledger.AccountFundAvailable, ledger.AccountFundReserved},
	FundCommit:   {ledger.KindFundCommitted, ledger.AccountFundReserved, ledger.AccountFundCommitted},
	FundPay:      {ledger.KindFundSpent, ledger.AccountFundCommitted, ledger.AccountFundAppropriation},
	FundRelease:  {ledger.KindFundReleased, ledger.AccountFundReserved, ledger.AccountFundAvailable},
	FundExpire:   {ledger.KindFundExpired, ledger.AccountFundReserved, ledger.AccountFundAvailable},
	FundReturn:   {ledger.KindFundReturned, ledger.AccountFundCommitted, ledger.AccountFundAvailable},
}

// FundMoved posts a move of a fund's money. Source names its first movement.
// The amount is positive, except that an allocation may take money back.
func FundMoved(p Posted, move FundMove, source string, fund FundID, amount money.Amount) (ledger.Transaction, error) {
	m, ok := fundMoves[move]
	if !ok || amount == 0 || amount < 0 && move != FundAllocate {
		return ledger.Transaction{}, fmt.Errorf("%w: %s of %s in fund %s", ErrPosting, move, amount, fund)
	}
	b := begin(p, m.kind, source, string(m.kind)+" "+source)
	b.post(m.from, string(fund), amount)
	b.post(m.to, string(fund), -amount)
	return b.done()
}

// AwardAdded posts that a fund pays some of a charge that was issued before: it
// owes it in the household's place. Source names the hold that it came from.
func AwardAdded(p Posted, c Charge, source string, fund FundID, amount money.Amount) (ledger.Transaction, error) {
	if amount > c.Net {
		return ledger.Transaction{}, fmt.Errorf("%w: award of %s on charge %s", ErrPosting, amount, c.ID)
	}
	return moved(p, ledger.KindAwardAdded, source, amount,
		ledger.AccountRef{Kind: ledger.AccountFund, Subject: string(fund)}, ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: string(c.Household)})
}

// AwardReturned posts that an award that was added to a charge is taken back:
// the household owes it again. Source names the application.
func AwardReturned(p Posted, c Charge, source string, fund FundID, amount money.Amount) (ledger.Transaction, error) {
	if amount > c.Subsidy {
		return ledger.Transaction{}, fmt.Errorf("%w: award of %s taken back on charge %s", ErrPosting, amount, c.ID)
	}
	return moved(p, ledger.KindAwardReturned, source, amount,
		ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: string(c.Household)}, ledger.AccountRef{Kind: ledger.AccountFund, Subject: string(fund)})
}

// FeesCovered posts that the municipality paid card fees, by bank. Source names
// the line of the bank statement.
func FeesCovered(p Posted, source string, amount money.Amount) (ledger.Transaction, error) {
	return moved(p, ledger.KindFeesCovered, source, amount,
		ledger.AccountRef{Kind: ledger.AccountBankClearing}, ledger.AccountRef{Kind: ledger.AccountFees})
}

// ProviderPaid posts that a provider got some of what it is owed, by bank.
// Source names the payout.
func ProviderPaid(p Posted, source string, provider ProviderID, amount money.Amount) (ledger.Transaction, error) {
	return moved(p, ledger.KindProviderPaid, source, amount,
		ledger.AccountRef{Kind: ledger.AccountProviderPayable, Subject: string(provider)}, ledger.AccountRef{Kind: ledger.AccountBankClearing})
}

// StripePaidOut posts that Stripe moved card money (gross) to the bank, less
// its fee (0 to gross). Source names Stripe's payout.
func StripePaidOut(p Posted, source string, gross, fee money.Amount) (ledger.Transaction, error) {
	if gross <= 0 || fee < 0 || fee > gross {
		return ledger.Transaction{}, fmt.Errorf("%w: payout %s of %s less %s", ErrPosting, source, gross, fee)
	}
	b := begin(p, ledger.KindStripePaidOut, source, "Stripe payout "+source)
	b.post(ledger.AccountBankClearing, "", gross-fee)
	b.post(ledger.AccountFees, "", fee)
	b.post(ledger.AccountStripeClearing, "", -gross)
	return b.done()
}

// moved posts one amount from an account (credit) to another (debit).
func moved(p Posted, kind ledger.Kind, source string, amount money.Amount, to, from ledger.AccountRef) (ledger.Transaction, error) {
	if amount <= 0 {
		return ledger.Transaction{}, fmt.Errorf("%w: %s of %s", ErrPosting, kind, amount)
	}
	b := begin(p, kind, source, string(kind)+" "+source)
	b.post(to.Kind, to.Subject, amount)
	b.post(from.Kind, from.Subject, -amount)
	return b.done()
}

// sourceOf is where the money of a payment is: the clearing account of its
// method, the till of a space, the unallocated money of a bank statement, or the
// household's credit.
func sourceOf(p Payment) (ledger.AccountRef, error) {
	switch {
	case p.Method.AtSpace() && p.Space == "":
		return ledger.AccountRef{}, ErrMethod
	case p.Method.AtSpace():
		return ledger.AccountRef{Kind: ledger.AccountTill, Subject: p.Space}, nil
	case p.Method == MethodCredit:
		return ledger.AccountRef{Kind: ledger.AccountHouseholdCredit, Subject: string(p.Household)}, nil
	case p.Entry != "" && p.Method == MethodTransfer:
		return ledger.AccountRef{Kind: ledger.AccountUnallocated}, nil
	}
	kind, err := clearingOf(p.Method)
	return ledger.AccountRef{Kind: kind}, err
}

func clearingOf(m Method) (ledger.AccountKind, error) {
	switch m {
	case MethodCard:
		return ledger.AccountStripeClearing, nil
	case MethodTransfer:
		return ledger.AccountBankClearing, nil
	}
	return "", ErrMethod
}

// builder gathers postings: one per account, none of zero, in a fixed order.
type builder struct{ t ledger.Transaction }

func begin(p Posted, kind ledger.Kind, source, description string) *builder {
	return &builder{ledger.Transaction{ID: p.ID, Kind: kind, SourceID: source, Description: description, At: p.At.UTC()}}
}

func (b *builder) post(kind ledger.AccountKind, subject string, amount money.Amount) {
	account := ledger.AccountRef{Kind: kind, Subject: subject}
	for i := range b.t.Postings {
		if b.t.Postings[i].Account == account {
			b.t.Postings[i].Amount += amount
			return
		}
	}
	b.t.Postings = append(b.t.Postings, ledger.Posting{Account: account, Amount: amount})
}

func (b *builder) done() (ledger.Transaction, error) {
	b.t.Postings = slices.DeleteFunc(b.t.Postings, func(p ledger.Posting) bool { return p.Amount == 0 })
	slices.SortFunc(b.t.Postings, func(x, y ledger.Posting) int { return x.Account.Compare(y.Account) })
	if err := ledger.Check(b.t); err != nil {
		return ledger.Transaction{}, err
	}
	return b.t, nil
}
