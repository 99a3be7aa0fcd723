package desk

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"colletta/money"
	"colletta/refusal"
)

var (
	// ErrNumber says that a text is no whole number in range. Args: min, max.
	ErrNumber = refusal.New(refusal.KindInvalid, "number_out_of_range")
	// ErrPrice says that a text is no amount of euro in range. Args: max.
	ErrPrice = refusal.New(refusal.KindInvalid, "price_invalid")
	// ErrSlotUnknown says that a slot is not among those to choose from. Args: slot.
	ErrSlotUnknown = refusal.New(refusal.KindInvalid, "slot_unknown")
)

// field is a text as typed, with how long it may be.
type field struct {
	name, value string
	runesMax    int
}

// texts refuses required fields that are empty, too long or no text.
func texts(fields ...field) refusal.List {
	var refused refusal.List
	for _, f := range fields {
		if e := textFault(f.value, f.runesMax); e != nil {
			refused = append(refused, e.At(f.name))
		} else if strings.TrimSpace(f.value) == "" {
			refused = append(refused, ErrRequired.At(f.name))
		}
	}
	return refused
}

// textFault is what is wrong with a text that may be empty.
func textFault(s string, runesMax int) *refusal.Error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return ErrText
	case utf8.RuneCountInString(s) > runesMax:
		return ErrTooLong.With("max", runesMax)
	}
	return nil
}

// form reads typed fields and gathers the refusals.
type form struct{ refused refusal.List }

func (f *form) refuse(name string, e *refusal.Error) { f.refused = append(f.refused, e.At(name)) }

// whole reads a whole number from least to most; empty is ifEmpty.
func (f *form) whole(name, s string, least, most, ifEmpty int64) int64 {
	s = strings.TrimSpace(s)
	if s == "" && ifEmpty >= 0 {
		return ifEmpty
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most {
		f.refuse(name, ErrNumber.With("min", least, "max", most))
		return least
	}
	return n
}

// price reads an amount of euro from least on; empty is zero where that is
// allowed.
func (f *form) price(name, s string, least money.Amount) money.Amount {
	if strings.TrimSpace(s) == "" && least == 0 {
		return 0
	}
	a, err := money.ParseItalian(s)
	if err != nil || a < least || a > money.Max {
		f.refuse(name, ErrPrice.With("min", least, "max", money.Max))
		return least
	}
	return a
}
