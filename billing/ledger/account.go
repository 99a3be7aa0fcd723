package ledger

import (
	"cmp"
	"slices"
	"strings"

	"colletta/money"
	"colletta/refusal"
)

// Currency is that of every account: the euro.
const Currency = "EUR"

// AccountKind says what an account counts. An account with a debit balance
// (positive) is something owed to us or held by us; with a credit balance
// (negative) something that we owe.
type AccountKind string

// The kinds of accounts. In brackets: what Subject names, and the usual sign of
// the balance.
const (
	AccountHouseholdReceivable AccountKind = "household_receivable" // (household, debit) what a family still has to pay
	AccountHouseholdCredit     AccountKind = "household_credit"     // (household, credit) what a family paid too much
	AccountProviderPayable     AccountKind = "provider_payable"     // (provider, credit) cost of pools not yet paid to the provider
	AccountFund                AccountKind = "fund"                 // (fund, debit) awards that the fund has not paid in yet
	AccountFundAppropriation   AccountKind = "fund_appropriation"   // (fund, debit) what the Comune set aside, less what it has paid
	AccountFundAvailable       AccountKind = "fund_available"       // (fund, credit) what nobody was promised
	AccountFundReserved        AccountKind = "fund_reserved"        // (fund, credit) what is kept for rounds and applications
	AccountFundCommitted       AccountKind = "fund_committed"       // (fund, credit) what was awarded and is not paid yet
	AccountVoucherRegistered   AccountKind = "voucher_registered"   // (voucher call, debit) what vouchers paid, until the Comune accounts it
	AccountVoucherAccounted    AccountKind = "voucher_accounted"    // (voucher call, debit) what the Comune has accounted to reimburse providers
	AccountStripeClearing      AccountKind = "stripe_clearing"      // (none, debit) card money held by Stripe
	AccountBankClearing        AccountKind = "bank_clearing"        // (none, debit) money on the collecting bank account
	AccountTill                AccountKind = "till"                 // (space, debit) cash and card money taken at a space, until it is paid in
	AccountUnallocated         AccountKind = "unallocated"          // (none, credit) money on the bank account that nobody is known to have paid
	AccountFees                AccountKind = "fees"                 // (none, debit) card fees, until the municipality refunds them
	AccountWriteOff            AccountKind = "write_off"            // (none, debit) charges given up
	AccountRounding            AccountKind = "rounding"             // (none) a cent on a foreign statement; our own divisions leave none
)

// accountKinds holds every kind: whether its Subject names somebody, on which side
// its balance stays, and its name in a journal.
var accountKinds = map[AccountKind]struct {
	named   bool
	side    int
	journal string
}{
	AccountHouseholdReceivable: {true, 1, "Assets:Households:Receivable"},
	AccountHouseholdCredit:     {true, -1, "Liabilities:Households:Credit"},
	AccountProviderPayable:     {true, -1, "Liabilities:Providers:Payable"},
	AccountFund:                {true, 1, "Assets:Funds:Awards"},
	AccountFundAppropriation:   {true, 1, "Assets:Funds:Appropriation"},
	AccountFundAvailable:       {true, -1, "Liabilities:Funds:Available"},
	AccountFundReserved:        {true, -1, "Liabilities:Funds:Reserved"},
	AccountFundCommitted:       {true, -1, "Liabilities:Funds:Committed"},
	AccountVoucherRegistered:   {true, 1, "Assets:Vouchers:Registered"},
	AccountVoucherAccounted:    {true, 1, "Assets:Vouchers:Accounted"},
	AccountStripeClearing:      {false, 0, "Assets:Clearing:Stripe"},
	AccountBankClearing:        {false, 0, "Assets:Clearing:Bank"},
	AccountTill:                {true, 0, "Assets:Tills"},
	AccountUnallocated:         {false, 0, "Liabilities:Unallocated"},
	AccountFees:                {false, 0, "Assets:Fees"},
	AccountWriteOff:            {false, 0, "Expenses:WriteOff"},
	AccountRounding:            {false, 0, "Expenses:Rounding"},
}

// Side says where the balance of an account of this kind stays: 1 never below
// zero, -1 never above zero, 0 on either side, because banks, Stripe and the
// Comune decide it and not we.
func (k AccountKind) Side() int { return accountKinds[k].side }

// AccountKinds lists every kind by name.
func AccountKinds() []AccountKind {
	kinds := make([]AccountKind, 0, len(accountKinds))
	for k := range accountKinds {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)
	return kinds
}

// AccountRef names one account of a municipality.
type AccountRef struct {
	Kind    AccountKind
	Subject string // id of the household, provider, fund or voucher call; empty for the municipality's own accounts
}

// Valid is true when the kind exists and has a subject exactly when it needs one.
func (a AccountRef) Valid() bool {
	kind, known := accountKinds[a.Kind]
	return known && kind.named == (a.Subject != "")
}

// JournalName is the account's name in a journal, by kind and then by the id of
// whom it is of: Assets:Households:Receivable:0193F2A0-... It stays the same when
// people and funds change their names.
func (a AccountRef) JournalName() string {
	name := accountKinds[a.Kind].journal
	if a.Subject == "" {
		return name
	}
	return name + ":" + strings.ToUpper(a.Subject)
}

// String writes the account as kind, or kind/subject.
func (a AccountRef) String() string {
	if a.Subject == "" {
		return string(a.Kind)
	}
	return string(a.Kind) + "/" + a.Subject
}

// ErrUnknownAccount says that a text names no account. Args: account.
var ErrUnknownAccount = refusal.New(refusal.KindInvalid, "ledger_account_unknown")

// ParseAccount reads what [AccountRef.String] writes. It returns
// [ErrUnknownAccount].
func ParseAccount(text string) (AccountRef, error) {
	kind, subject, _ := strings.Cut(text, "/")
	a := AccountRef{Kind: AccountKind(kind), Subject: subject}
	if !a.Valid() {
		return AccountRef{}, ErrUnknownAccount.With("account", text)
	}
	return a, nil
}

// Compare orders accounts by kind, then by subject.
func (a AccountRef) Compare(b AccountRef) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
}

// Balance is what an account holds after some transactions: the sum of its
// postings, debit positive.
type Balance struct {
	Account AccountRef
	Amount  money.Amount
}

// Balances sums the postings of transactions by account, in the order of
// [AccountRef.Compare]. Accounts that came to zero are in the list.
func Balances(transactions []Transaction) []Balance {
	sums := map[AccountRef]money.Amount{}
	for _, t := range transactions {
		for _, p := range t.Postings {
			sums[p.Account] += p.Amount
		}
	}
	balances := make([]Balance, 0, len(sums))
	for account, amount := range sums {
		balances = append(balances, Balance{account, amount})
	}
	slices.SortFunc(balances, func(a, b Balance) int { return a.Account.Compare(b.Account) })
	return balances
}
