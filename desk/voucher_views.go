package desk

import (
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

// VoucherView is a voucher as its household and officers see it. Days are at
// midnight UTC; zero is an open end.
type VoucherView struct {
	ID                 vouchers.ID
	Code, Call         string
	HolderName         string
	Holder             string // tax code
	Minor              string // tax code of the child it is for; may be empty
	DataKind           string
	Amount             money.Amount
	Used, Residual     money.Amount
	Registered         money.Amount // of Used, not accounted yet
	ValidFrom, ValidTo time.Time
	Status             vouchers.Status
	StateAt            time.Time
	StateReason        string
	Email, Phone       string // contacts in the file; for officers only
	Pays               []VoucherPayment
}

// VoucherPayment is what a voucher pays, or would pay, of one charge.
type VoucherPayment struct {
	Charge      billing.ChargeID
	Number      string
	Description string
	Amount      money.Amount
}

// VoucherUseView is one use.
type VoucherUseView struct {
	ID                        vouchers.UseID
	Voucher                   vouchers.ID
	Code, Call                string
	Charge                    billing.ChargeID
	ChargeNumber, Description string
	Provider, Household       string
	Amount                    money.Amount
	State                     vouchers.UseState
	UsedAt, EndedAt           time.Time // EndedAt is zero while registered
	Reason, Statement         string    // Statement is its number
}

// MyVouchersView is what a household finds about its vouchers.
type MyVouchersView struct {
	Vouchers []VoucherView // usable ones first, in the order in which they pay; Pays is what each would pay of the open charges
	Uses     []VoucherUseView
	Left     money.Amount // that can be used today
	Open     []ChargeView // charges still to pay, the first due first
}

// ChargeVouchersView is what vouchers can pay of one charge.
type ChargeVouchersView struct {
	Vouchers []ChargeVoucher // in the order in which they pay
	Pays     money.Amount    // together
	Uses     []VoucherUseView
	Declared bool // the order was chosen for this pool
	// CanUse and CanOrder tell what the reader may do.
	CanUse, CanOrder bool
}

// ChargeVoucher is one voucher before a charge.
type ChargeVoucher struct {
	VoucherView
	Part money.Amount   // what it would pay
	Why  *refusal.Error // why it may pay nothing; nil when it may
}

// UseVouchersRequest pays a charge with vouchers. The server computes what each
// pays.
type UseVouchersRequest struct {
	Charge   billing.ChargeID
	Vouchers []vouchers.ID // which; none: all that may pay
	Amount   string        // [amount] Italian form; empty: all that is due, as far as they reach
	Due      string        // [amount] what was due when the form was shown; empty: not compared
}

// VoucherFile is a file of vouchers as sent.
type VoucherFile struct {
	Name string
	Data []byte
}

// VoucherPreview is what a file would do. When there are vouchers to add they are
// stored as imported, under Batch, and count for nothing until confirmed.
type VoucherPreview struct {
	File    string
	SHA256  string
	Rows    int
	Total   money.Amount // of every row
	Errors  []communities.CellError
	Plan    vouchers.Plan
	Batch   string   // to confirm; empty when nothing is new
	Unknown []string // calls that nothing accepts yet
}

// VoucherBatchView is a file that was confirmed.
type VoucherBatchView struct {
	ID          string
	File        string
	ConfirmedAt time.Time
	Vouchers    int
	Total       money.Amount
}

// VoucherListRequest chooses vouchers. Fields as typed.
type VoucherListRequest struct {
	Text        string // [code] part of a code
	TaxCode     string // [tax_code] of the holder or the minor
	Status      string // [status]
	Call        string // [call]
	ResidualMin string // [residual_min] Italian form
	ResidualMax string // [residual_max]
	EndsFrom    string // [ends_from] YYYY-MM-DD
	EndsTo      string // [ends_to]
	Page        string // from 1
}

// VoucherListView is a page of vouchers with the sums of all that were chosen.
type VoucherListView struct {
	Vouchers                 []VoucherView
	Count                    int
	Amount, Used, Registered money.Amount
	Usable                   money.Amount // left on those that can be used
	Calls                    []VoucherCallView
	Batches                  []VoucherBatchView
	Page, Pages              int
}

// VoucherDetailView is one voucher with its uses.
type VoucherDetailView struct {
	Voucher VoucherView
	Uses    []VoucherUseView
}

// VoucherCallView is a call and where its vouchers may pay.
type VoucherCallView struct {
	ID           billing.VoucherCallID
	Code         string
	Vouchers     int
	Amount, Used money.Amount
	Categories   []string // ids
	Offers       []string // ids
}

// VoucherCallsView is what the page of calls shows.
type VoucherCallsView struct {
	Calls      []VoucherCallView
	Categories []CategoryChoice
	Offers     []OfferSummary
}

// CategoryChoice is a category that carries services.
type CategoryChoice struct{ ID, Name string }

// CallPlacesRequest says where vouchers of a call may pay.
type CallPlacesRequest struct {
	Call       billing.VoucherCallID
	Categories []string // [categories]
	Offers     []string // [offers]
}

// AccountVouchersRequest accounts registered uses.
type AccountVouchersRequest struct {
	Key      string                // of the form; the same key makes one statement
	Provider billing.ProviderID    // empty: every one
	Call     billing.VoucherCallID // empty: every one
	UpTo     string                // [up_to] last day of use, YYYY-MM-DD; empty: today
}

// VoucherAccountsView is what is to be accounted, and what was.
type VoucherAccountsView struct {
	Key        string // for the next form
	Open       []AccountLine
	Total      money.Amount
	Uses       int
	Statements []VoucherStatementView
}

// AccountLine sums the registered uses of a provider in a call.
type AccountLine struct {
	Provider     billing.ProviderID
	ProviderName string
	IBAN         string
	Call         billing.VoucherCallID
	CallCode     string
	Uses         int
	Amount       money.Amount
}

// VoucherStatementView is one statement.
type VoucherStatementView struct {
	ID        vouchers.StatementID
	Number    string
	MadeAt    time.Time
	Uses      int
	Total     money.Amount
	Providers []StatementProviderView
}

// StatementProviderView is whom a statement reimburses.
type StatementProviderView struct {
	Provider   billing.ProviderID
	Name, IBAN string
	Uses       int
	Total      money.Amount
}

// Download is a file to be saved.
type Download struct {
	Name string
	Data []byte
}
