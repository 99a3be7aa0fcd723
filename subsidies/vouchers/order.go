package vouchers

import (
	"cmp"
	"slices"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/refusal"
)

// Purchase is what vouchers are asked to pay.
type Purchase struct {
	Day    time.Time            // on which they pay
	People []communities.Person // of the household that owes it
	Calls  []string             // accepted by its offer, or by the category of that
}

// The refusals of a voucher for one purchase.
var (
	// ErrVoucherHolder says that the holder of a voucher is not of the household.
	// Args: code.
	ErrVoucherHolder = refusal.New(refusal.KindForbidden, "voucher_holder")
	// ErrVoucherMinor says that the child a voucher is for is not of the
	// household. Args: code.
	ErrVoucherMinor = refusal.New(refusal.KindForbidden, "voucher_minor")
	// ErrVoucherCall says that what is bought does not accept the call of a
	// voucher. Args: code, call.
	ErrVoucherCall = refusal.New(refusal.KindConflict, "voucher_call_not_accepted")
)

// Admits is nil when a voucher may pay some of the purchase; otherwise
// [ErrVoucherHolder], [ErrVoucherMinor], what [Voucher.Pays] returns, or
// [ErrVoucherCall].
func (p Purchase) Admits(v Voucher) error {
	member := func(code string) bool {
		return slices.ContainsFunc(p.People, func(one communities.Person) bool { return one.HasTaxCode(code) })
	}
	if !slices.ContainsFunc(p.People, func(one communities.Person) bool { return one.TaxCode != "" && one.TaxCode == v.Holder }) {
		return ErrVoucherHolder.With("code", v.Code)
	}
	if v.Minor != "" && !member(v.Minor) {
		return ErrVoucherMinor.With("code", v.Code)
	}
	if err := v.Pays(p.Day); err != nil {
		return err
	}
	if !slices.Contains(p.Calls, v.Call) {
		return ErrVoucherCall.With("code", v.Code, "call", v.Call)
	}
	return nil
}

// Ordered sorts vouchers as they pay: those declared, as declared; then those of
// a minor, because nothing else of the household can be paid with them; then the
// one that expires first; then by code. It returns a new slice.
func Ordered(all []Voucher, declared []ID) []Voucher {
	place := map[ID]int{}
	for i, id := range slices.Backward(declared) { // of one declared twice the first counts
		place[id] = i
	}
	at := func(v Voucher) int {
		if i, ok := place[v.ID]; ok {
			return i
		}
		return len(declared)
	}
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b Voucher) int {
		return cmp.Or(cmp.Compare(at(a), at(b)), byUse(a, b))
	})
	return sorted
}

func byUse(a, b Voucher) int {
	minor := func(v Voucher) int {
		if v.Minor != "" {
			return 0
		}
		return 1
	}
	ends := func(v Voucher) int64 {
		if v.ValidTo.IsZero() {
			return 1<<63 - 1
		}
		return v.ValidTo.Unix()
	}
	return cmp.Or(cmp.Compare(minor(a), minor(b)), cmp.Compare(ends(a), ends(b)), cmp.Compare(a.Code, b.Code), cmp.Compare(a.ID, b.ID))
}

// Part is what one voucher pays.
type Part struct {
	Voucher Voucher      // before
	Amount  money.Amount // > 0, at most its residual
}

// Pay divides an amount among vouchers in their order: each pays what it has
// left, up to what is still open. The parts sum to the amount, or to all that
// the vouchers have left if that is less. Whether they may pay is
// [Purchase.Admits].
func Pay(amount money.Amount, ordered []Voucher) []Part {
	var parts []Part
	for _, v := range ordered {
		part := min(amount, v.Residual())
		if part <= 0 {
			continue
		}
		parts = append(parts, Part{v, part})
		amount -= part
	}
	return parts
}
