package desk

import (
	"slices"
	"strings"
	"time"

	"colletta/money"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrFactNumber says that a text is no number for an input of a measure. Args:
	// none.
	ErrFactNumber = refusal.New(refusal.KindInvalid, "fact_number")
	// ErrFactWhole says that a text is no whole number. Args: none.
	ErrFactWhole = refusal.New(refusal.KindInvalid, "fact_whole")
	// ErrFactAmount says that a text is no amount of euro. Args: none.
	ErrFactAmount = refusal.New(refusal.KindInvalid, "fact_amount")
	// ErrFactYesNo says that neither yes nor no was chosen. Args: none.
	ErrFactYesNo = refusal.New(refusal.KindInvalid, "fact_yes_no")
	// ErrFactChoice says that a text is none of the words of a choice. Args: words.
	ErrFactChoice = refusal.New(refusal.KindInvalid, "fact_choice")
	// ErrFactLow says that a number is below the least that an input takes. Args: min.
	ErrFactLow = refusal.New(refusal.KindInvalid, "fact_low")
	// ErrFactHigh says that a number is above the most that an input takes. Args: max.
	ErrFactHigh = refusal.New(refusal.KindInvalid, "fact_high")
	// ErrFactDay says that a text is no day of the calendar. Args: value.
	ErrFactDay = refusal.New(refusal.KindInvalid, "fact_day")
	// ErrFactItems says that a list is too long. Args: max.
	ErrFactItems = refusal.New(refusal.KindInvalid, "fact_items")
)

// factRunesMax bounds what is typed for one input of a measure.
const factRunesMax = 10_000

// factField is the form field of an input of a measure.
func factField(name string) string { return "in_" + name }

// setFact reads what somebody typed for an input, as Italian writes it, into
// facts. Nothing typed is missing, where the measure allows that. Elements of a
// list stand apart by spaces or semicolons.
func setFact(f *subsidies.Facts, in *subsidies.Input, typed string) *refusal.Error {
	field := factField(in.Name)
	typed = strings.TrimSpace(typed)
	if e := textFault(typed, factRunesMax); e != nil {
		return e.At(field)
	}
	if typed == "" {
		if f.Missing(in.Name) != nil {
			return ErrRequired.At(field)
		}
		return nil
	}
	parts := []string{typed}
	if in.Type.IsList() {
		parts = strings.FieldsFunc(typed, func(r rune) bool { return r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
		if len(parts) > in.ItemsMax {
			return ErrFactItems.With("max", in.ItemsMax).At(field)
		}
	}
	for i := range parts {
		var e *refusal.Error
		if parts[i], e = factText(in, parts[i]); e != nil {
			return e.At(field)
		}
	}
	if f.Set(in.Name, parts...) != nil {
		return ErrFactNumber.At(field) // only numbers have limits that the input does not state
	}
	return nil
}

// factText turns what was typed into what [subsidies.Facts.Set] takes.
func factText(in *subsidies.Input, typed string) (string, *refusal.Error) {
	switch in.Type.Element() {
	case subsidies.InputMoney:
		a, err := money.ParseItalian(typed)
		if err != nil {
			return "", ErrFactAmount
		}
		return a.String(), factBound(in, subsidies.Euro(a))
	case subsidies.InputInteger, subsidies.InputNumber:
		text := strings.Replace(typed, ",", ".", 1)
		if whole, decimals, _ := strings.Cut(text, "."); len(decimals) == 3 && whole != "0" {
			if strings.Contains(typed, ".") {
				return "", ErrFactNumber // 17.000 may be seventeen thousand
			}
			text += "0"
		}
		n, err := subsidies.ParseNumber(text)
		if err != nil {
			return "", ErrFactNumber
		}
		if in.Type == subsidies.InputInteger && !n.IsWhole() {
			return "", ErrFactWhole
		}
		return text, factBound(in, n)
	case subsidies.InputYesNo:
		if typed == "sì" || typed == "si" { // of a list, which is typed
			typed = "yes"
		}
		if typed != "yes" && typed != "no" {
			return "", ErrFactYesNo
		}
	case subsidies.InputChoice:
		if !slices.Contains(in.Of, typed) {
			return "", ErrFactChoice.With("words", in.Of)
		}
	case subsidies.InputDate:
		day, e := factDay(typed)
		return day.Format(time.DateOnly), e
	}
	return typed, nil
}

// factDay reads a day, of a birth as well: 31/12/1980 or 1980-12-31.
func factDay(typed string) (time.Time, *refusal.Error) {
	for _, layout := range []string{time.DateOnly, "2/1/2006"} {
		if day, err := time.Parse(layout, typed); err == nil && day.Year() >= 1800 && day.Year() < 3000 {
			return day, nil
		}
	}
	return time.Time{}, ErrFactDay.With("value", typed)
}

// factBound refuses a number outside the bounds of its input.
func factBound(in *subsidies.Input, n subsidies.Number) *refusal.Error {
	if in.From != nil && n.Cmp(*in.From) < 0 {
		return ErrFactLow.With("min", FactNumber(in, *in.From))
	}
	if in.To != nil && n.Cmp(*in.To) > 0 {
		return ErrFactHigh.With("max", FactNumber(in, *in.To))
	}
	return nil
}

// FactNumber writes a number of an input for readers: "1.200,00 €", "2,04".
func FactNumber(in *subsidies.Input, n subsidies.Number) string {
	if in.Type.Element() == subsidies.InputMoney {
		return n.Italian(2) + "\u00a0€"
	}
	return n.Italian(0)
}

// typedFacts are facts as somebody would type them; empty for what is missing.
func typedFacts(m *subsidies.Measure, f *subsidies.Facts) map[string]string {
	typed := map[string]string{}
	for i := range m.Inputs {
		in := &m.Inputs[i]
		texts := f.Texts(i)
		switch in.Type.Element() {
		case subsidies.InputMoney, subsidies.InputNumber, subsidies.InputInteger:
			for j := range texts {
				texts[j] = strings.Replace(texts[j], ".", ",", 1)
			}
		}
		typed[in.Name] = strings.Join(texts, " ")
	}
	return typed
}
