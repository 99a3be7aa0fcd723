package subsidies

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"colletta/money"
	"colletta/refusal"
)

// FundingCase is a worked case of a fund: who is reached by a budget.
type FundingCase struct {
	Name       string
	Why        string
	Budget     money.Amount
	Applicants []Applicant
	Ranking    []string
	Granted    map[string]money.Amount
	Left       *money.Amount // nil if the case does not say
}

const applicantsOfCaseMax = 1000

// policies reads stacking and fund.
func (r reader) policies(f measureFile, m *Measure) error {
	var all faults
	if f.Stacking != nil {
		all.add(r.stacking(f.Stacking, m))
	} else {
		m.Stacking = Stacking{All: true, Basis: BasisCost, Conflict: ConflictRefuse}
	}
	switch {
	case f.Fund != nil && m.Kind == KindTariff:
		all.add(r.wrong("$.fund", "a tariff has no fund: it is what a family pays"))
	case f.Fund != nil:
		all.add(r.fund(f.Fund, m))
	case len(f.Rounds) > 0:
		all.add(r.wrong("$.funding_cases", "funding_cases need a fund, whose policy they try"))
	}
	return all.err()
}

func (r reader) stacking(f *stackingFile, m *Measure) error {
	s := Stacking{Without: f.Without, After: f.After, Basis: Basis(f.Basis), Conflict: Conflict(f.Conflict), Note: f.Note}
	if s.Basis == "" {
		s.Basis = BasisCost
	}
	if s.Conflict == "" {
		s.Conflict = ConflictRefuse
	}
	if !slices.Contains([]Basis{BasisCost, BasisRemainder}, s.Basis) {
		return r.wrong("$.stacking.basis", "basis is cost or remainder")
	}
	if !slices.Contains([]Conflict{ConflictRefuse, ConflictLargest, ConflictSmallest}, s.Conflict) {
		return r.wrong("$.stacking.conflict", "conflict is refuse, largest or smallest")
	}
	with := "all"
	if f.With != nil {
		if list, ok := f.With.node.(*ast.SequenceNode); ok {
			for _, one := range list.Values {
				id, _ := scalarText(one)
				s.With = append(s.With, id)
			}
			with = ""
		} else {
			with, _ = scalarText(f.With.node)
		}
	}
	switch with {
	case "all":
		s.All = true
	case "none", "":
	default:
		return r.wrong("$.stacking.with", "with is all, none, or a list of IDs of measures")
	}
	for _, id := range slices.Concat(s.With, s.Without, s.After) {
		if !measureID.MatchString(id) || id == m.ID {
			return r.wrong("$.stacking", "%q is no ID of another measure", id)
		}
	}
	for _, id := range s.Without {
		if !s.All {
			return r.wrong("$.stacking.without", "without takes some away from all: beside with: none or a list it has no meaning, since what the list does not name is not allowed")
		}
		if slices.Contains(s.After, id) {
			return r.wrong("$.stacking.without", "%s pays before this measure, and without does not allow it: keep one", id)
		}
	}
	for _, id := range s.After {
		if !s.All && !slices.Contains(s.With, id) {
			return r.wrong("$.stacking.after", "%s pays before this measure, but with does not allow it", id)
		}
	}
	m.Stacking = s
	return nil
}

func (r reader) fund(f *fundFile, m *Measure) error {
	p := &FundPolicy{Mode: FundMode(f.Mode), Partial: f.Partial == "allow", Skip: f.OnShortfall == "skip", ProRata: bool(f.ProRata), Note: f.Note}
	ranked := p.Mode == FundRanking || p.Mode == FundFirstCome
	switch {
	case p.Mode != FundEntitlement && !ranked:
		return r.wrong("$.fund", "mode is entitlement, first_come or ranking; a tariff has no fund")
	case !slices.Contains([]string{"", "allow", "forbid"}, f.Partial):
		return r.wrong("$.fund.partial", "partial is allow or forbid")
	case !slices.Contains([]string{"", "stop", "skip"}, f.OnShortfall):
		return r.wrong("$.fund.on_shortfall", "on_shortfall is stop or skip")
	case ranked && !p.ProRata && (f.Partial == "" || f.OnShortfall == ""):
		return r.wrong("$.fund", "say what happens when the money ends: partial (allow or forbid) and on_shortfall (stop or skip), or pro_rata: true")
	case p.ProRata && (f.Partial != "" || f.OnShortfall != "" || len(f.Reserve) > 0):
		return r.wrong("$.fund", "pro_rata cuts everybody alike: partial, on_shortfall and reserve have no meaning beside it")
	case p.Mode == FundRanking && len(f.Order) == 0:
		return r.wrong("$.fund", "a ranking needs an order, for example order: [{by: isee, dir: asc}]")
	}
	for i, o := range f.Order {
		path := fmt.Sprintf("$.fund.order[%d]", i)
		if !plainName.MatchString(o.By) || (o.Dir == "") == (o.First == nil) || o.Dir != "" && o.Dir != "asc" && o.Dir != "desc" {
			return r.wrong(path, "a key of the order is {by: isee, dir: asc}, or {by: a_mark, first: true} for those who have it first")
		}
		p.Order = append(p.Order, OrderKey{By: o.By, Descending: o.Dir == "desc" || o.First != nil && bool(*o.First)})
	}
	if p.Mode == FundFirstCome && len(p.Order) == 0 {
		p.Order = []OrderKey{{By: AppliedAt}}
	}
	total := Whole(0)
	for i, reserve := range f.Reserve {
		share, percent, err := parsePercent(reserve.Share.text)
		total = total.Add(share)
		if !percent || err != nil || share.Sign() <= 0 || total.Cmp(Whole(1)) > 0 || !plainName.MatchString(reserve.If) {
			return r.wrong(fmt.Sprintf("$.fund.reserve[%d]", i), "a reserve is {share: 10%%, if: a_mark}; all shares together are at most 100%%")
		}
		p.Reserve = append(p.Reserve, FundReserve{share, reserve.If})
	}
	m.Fund = p
	return nil
}

// proveFundings reads the worked cases of the fund and runs them.
func (r reader) proveFundings(f measureFile, m *Measure, unreadable, differing *faults) {
	for i, c := range f.Rounds {
		path := fmt.Sprintf("$.funding_cases[%d]", i)
		worked, err := r.fundingCase(path, c, m)
		if !unreadable.add(err) {
			sorted(r.proveFunding(path, i, worked, m), unreadable, differing)
		}
		m.Fundings = append(m.Fundings, worked)
	}
	if !unreadable.found {
		unreadable.add(r.marksNamed(m))
	}
}

func (r reader) fundingCase(path string, c roundCase, m *Measure) (FundingCase, error) {
	worked := FundingCase{Name: c.Name, Why: c.Why, Budget: money.Amount(c.Budget), Ranking: c.Expect.Ranking,
		Granted: map[string]money.Amount{}, Left: (*money.Amount)(c.Expect.Left)}
	var all faults
	if len(c.Applicants) == 0 || len(c.Applicants) > applicantsOfCaseMax {
		all.add(r.wrong(path, "applicants is needed: from 1 to %d", applicantsOfCaseMax))
	}
	for j, raw := range c.Applicants {
		a, err := r.applicant(fmt.Sprintf("%s.applicants[%d]", path, j), raw, m)
		all.add(err)
		worked.Applicants = append(worked.Applicants, a)
	}
	for j, id := range c.Expect.Granted.names {
		worked.Granted[id] = money.Amount(c.Expect.Granted.of[j])
	}
	return worked, all.err()
}

// marksNamed refuses a key of the order, or a mark of a reserve, that is no input
// of the measure and stands in none of its funding cases: a misspelt one would
// rank nobody.
func (r reader) marksNamed(m *Measure) error {
	if m.Fund == nil {
		return nil
	}
	named := func(key string) bool {
		if key == AppliedAt || key == iseeName || m.InputAt(key) >= 0 || m.OutputAt(key) >= 0 {
			return true
		}
		for _, c := range m.Fundings {
			for _, a := range c.Applicants {
				if _, ok := a.Keys[key]; ok {
					return true
				}
			}
		}
		return false
	}
	for i, o := range m.Fund.Order {
		if !named(o.By) {
			return r.wrong(fmt.Sprintf("$.fund.order[%d]", i), "%s is no input, and no applicant of a funding case has it: misspelt? Otherwise add a funding case with it", o.By)
		}
	}
	for i, reserve := range m.Fund.Reserve {
		if !named(reserve.If) {
			return r.wrong(fmt.Sprintf("$.fund.reserve[%d]", i), "%s is no input, and no applicant of a funding case has it: misspelt? Otherwise add a funding case with it", reserve.If)
		}
	}
	return nil
}

// AppliedAt is the key of an order that says when somebody applied.
const AppliedAt = "applied_at"

// checkKey refuses a key of an applicant by which nothing is decided, and one
// that would be compared as letters although it is a day or a mark.
func (r reader) checkKey(path, name, text string, m *Measure) error {
	ordered := slices.ContainsFunc(m.Fund.Order, func(o OrderKey) bool { return o.By == name })
	marked := slices.ContainsFunc(m.Fund.Reserve, func(o FundReserve) bool { return o.If == name })
	key := ParseKey(text)
	switch {
	case !ordered && !marked && m.InputAt(name) < 0 && m.OutputAt(name) < 0 && name != iseeName && name != AppliedAt:
		return r.wrong(path, "%s is no key of the order and no mark of a reserve: misspelt?", name)
	case marked && key.Text != "":
		return r.wrong(path, "%s is a mark: write yes or no", name)
	case name == AppliedAt && key.Text != "" && !instantText.MatchString(text):
		return r.wrong(path, "applied_at is 2026-05-02 or 2026-05-02T10:00, so that the earlier comes first")
	}
	return nil
}

var instantText = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?$`)

func (r reader) applicant(path string, raw *raw, m *Measure) (Applicant, error) {
	a := Applicant{Amount: -1, Keys: map[string]Key{}}
	var mapping ast.MapNode
	if raw != nil {
		mapping, _ = raw.node.(ast.MapNode)
	}
	if mapping == nil {
		return a, r.wrong(path, "an applicant is {id: A, amount: 100.00, isee: 9000.00}, with the keys of the order")
	}
	for walk := mapping.MapRange(); walk.Next(); {
		name := walk.Key().GetToken().Value
		text, isText := scalarText(walk.Value())
		switch name {
		case "id":
			a.ID = text
		case "in":
			if err := r.reckoned(path, walk.Value(), m, &a); err != nil {
				return a, err
			}
		case "amount":
			amount, err := money.Parse(text)
			if err != nil || amount < 0 {
				return a, r.wrong(path, "amount %q is no amount", text)
			}
			a.Amount = amount
		default:
			if _, null := walk.Value().(*ast.NullNode); null {
				continue
			}
			if !isText {
				return a, r.wrong(path, "%s is one value", name)
			}
			if err := r.checkKey(path, name, text, m); err != nil {
				return a, err
			}
			a.Keys[name] = ParseKey(text)
		}
	}
	if a.ID == "" || a.Amount < 0 {
		return a, r.wrong(path, "an applicant needs id, and amount or the facts of the measure: in: {...}")
	}
	for _, o := range m.Fund.Order {
		if _, given := a.Keys[o.By]; !given && !hasKey(mapping, o.By) {
			return a, r.wrong(path, "%s is needed: the order looks at it (null if it is missing)", o.By)
		}
	}
	return a, nil
}

// reckoned fills in what an applicant gets, and is ranked by, from the facts of the
// measure. What the file says beside them stands.
func (r reader) reckoned(path string, node ast.Node, m *Measure, a *Applicant) error {
	facts, err := r.facts(path, node, m)
	if err != nil {
		return err
	}
	result, err := m.Eval(facts, m.From)
	if err != nil {
		return r.wrong(path, "%s", detailOf(err))
	}
	if a.Amount < 0 {
		a.Amount = 0
		if at := m.AwardAt(); at >= 0 && result.Eligible {
			a.Amount = max(0, result.Amount(at))
		}
	}
	for key, value := range m.Keys(facts, result) {
		if _, said := a.Keys[key]; !said {
			a.Keys[key] = value
		}
	}
	return nil
}

func hasKey(mapping ast.MapNode, name string) bool {
	for walk := mapping.MapRange(); walk.Next(); {
		if walk.Key().GetToken().Value == name {
			return true
		}
	}
	return false
}

// ParseKey reads a key of an applicant: a number, yes or no, or a text such as an instant.
func ParseKey(text string) Key {
	switch text {
	case "true", "yes":
		return Key{Known: true, Number: Whole(1)}
	case "false", "no":
		return Key{Known: true}
	}
	if n, err := ParseNumber(text); err == nil {
		return Key{Known: true, Number: n}
	}
	return Key{Known: true, Text: text}
}

// proveFunding runs one case.
func (r reader) proveFunding(path string, i int, c FundingCase, m *Measure) error {
	got, err := m.Fund.Divide(c.Budget, c.Applicants)
	if err != nil {
		return r.wrong(path, "funding case %d: %v", i+1, refusal.All(err)[0].Args["detail"])
	}
	differs := func(what, got, expect any) error {
		return r.differs(path, i, c.Name, what, got, expect, nil)
	}
	if c.Ranking != nil && !slices.Equal(c.Ranking, got.Ranking) {
		return differs("ranking", fmt.Sprint(got.Ranking), fmt.Sprint(c.Ranking))
	}
	for j, id := range got.Ranking {
		if expect, ok := c.Granted[id]; ok && expect != got.Granted[j] {
			return differs(phrase("granted to %s", id), got.Granted[j], expect)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Granted)) {
		if !slices.Contains(got.Ranking, id) {
			return r.wrong(path, "%s is granted something and is no applicant", id)
		}
	}
	if c.Left != nil && *c.Left != got.Left {
		return differs("left", got.Left, *c.Left)
	}
	return nil
}
