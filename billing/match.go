package billing

import (
	"cmp"
	"slices"
	"strings"

	"colletta/money"
)

// Claim is a charge that money may be meant for.
type Claim struct {
	Charge    ChargeID
	Number    string // "2026-000123"
	Reference Reference
	Due       money.Amount
	Names     []string // of the household and of its holder
}

// MatchReason says why money may be meant for a charge.
type MatchReason string

// The reasons, the strongest first.
const (
	MatchReference MatchReason = "reference" // the movement names its reference
	MatchMistyped  MatchReason = "mistyped"  // the movement names its reference with one mistake
	MatchNumber    MatchReason = "number"    // the text holds its number
	MatchName      MatchReason = "name"      // who paid is called like the household or its holder
	MatchAmount    MatchReason = "amount"    // the amount is what is due
)

var matchWeight = map[MatchReason]int{MatchReference: 400, MatchMistyped: 200, MatchNumber: 100, MatchName: 40, MatchAmount: 30}

// Suggestion is a charge that a movement may pay, and why. It is never applied
// without a person.
type Suggestion struct {
	Charge  ChargeID
	Reasons []MatchReason // strongest first, at least one
	Weight  int           // more is likelier
}

// suggestionsMax is how many suggestions are worth a look.
const suggestionsMax = 8

// Suggest ranks the charges that a movement may pay: the likeliest first, equal
// ones by charge number; at most eight. An amount alone is enough to be listed.
func Suggest(m Movement, claims []Claim) []Suggestion {
	right, near := m.Sought()
	for _, r := range right { // one that reads well may be that of no charge
		near = append(near, string(r))
	}
	text := onlyAlphanumeric(m.Text)
	var found []Suggestion
	number := map[ChargeID]string{}
	for _, c := range claims {
		number[c.Charge] = c.Number
		s := Suggestion{Charge: c.Charge}
		add := func(r MatchReason) { s.Reasons, s.Weight = append(s.Reasons, r), s.Weight+matchWeight[r] }
		if slices.Contains(right, c.Reference) {
			add(MatchReference)
		} else if slices.ContainsFunc(near, c.Reference.Resembles) {
			add(MatchMistyped)
		}
		if c.Number != "" && strings.Contains(text, onlyAlphanumeric(c.Number)) {
			add(MatchNumber)
		}
		if slices.ContainsFunc(c.Names, func(name string) bool { return sameName(m.Name, name) }) {
			add(MatchName)
		}
		if c.Due > 0 && m.Amount == c.Due {
			add(MatchAmount)
		}
		if s.Weight > 0 {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(number[a.Charge], number[b.Charge]), cmp.Compare(a.Charge, b.Charge))
	})
	return found[:min(len(found), suggestionsMax)]
}

// nameWordsLeast is how long a word of a name must be to tell people apart.
const nameWordsLeast = 3

// NameWords are the words of a name by which it can be found: in capitals,
// without accents, three letters or more, without "famiglia".
func NameWords(name string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(plainLetters(name), func(r rune) bool { return r < 'A' || r > 'Z' }) {
		if len(w) >= nameWordsLeast && w != "FAMIGLIA" && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return words
}

// sameName is true when every word of the shorter name is in the other, in any
// order: "ROSSI MARIO O BIANCHI ANNA" is "Mario Rossi", and "Famiglia Rossi".
func sameName(a, b string) bool {
	x, y := NameWords(a), NameWords(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) > 0 && !slices.ContainsFunc(x, func(w string) bool { return !slices.Contains(y, w) })
}

// plainLetters makes capitals and drops the accents of Italian names.
func plainLetters(s string) string {
	return strings.NewReplacer(
		"À", "A", "Á", "A", "Â", "A", "Ä", "A", "È", "E", "É", "E", "Ê", "E", "Ë", "E", "Ì", "I", "Í", "I", "Ï", "I",
		"Ò", "O", "Ó", "O", "Ô", "O", "Ö", "O", "Ù", "U", "Ú", "U", "Ü", "U", "Ç", "C", "Ñ", "N", "'", "", "’", "",
	).Replace(strings.ToUpper(s))
}
