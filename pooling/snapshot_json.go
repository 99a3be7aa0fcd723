package pooling

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"colletta/money"
)

// ReadSnapshot reads colletta.round/1 or /2, strictly: every unknown or
// repeated field, wrong type, unknown or repeated id, broken limit or rising
// tier is an [*InputError] with its path. Other errors are faults of r.
func ReadSnapshot(r io.Reader) (*Snapshot, error) {
	s := &Snapshot{}
	err := read(r, func(in *input) { in.snapshot(s) })
	if err != nil {
		return nil, err
	}
	if err := Validate(s); err != nil {
		return nil, err
	}
	return s, nil
}

func (in *input) snapshot(s *Snapshot) {
	var newer string // where something of version 2 was seen
	mark := func() {
		if newer == "" {
			newer = in.where()
		}
	}
	in.object([]string{"schema", "round", "slots", "categories", "communities", "households", "demands", "providers", "offers", "programmes"}, func(key string) bool {
		switch key {
		case "schema":
			s.Version = in.version(roundSchemaStem)
		case "round":
			in.header(&s.Round)
		case "slots":
			s.Slots = many(in, in.slot)
		case "categories":
			s.Categories = many(in, in.category)
		case "communities":
			s.Communities = many(in, in.community)
		case "households":
			s.Households = many(in, in.household)
		case "demands":
			s.Demands = many(in, in.demand)
		case "providers":
			s.Providers = many(in, in.provider)
		case "offers":
			s.Offers = many(in, func() Offer { return in.offer(mark) })
		case "programmes":
			s.Programmes = many(in, func() Programme { return in.programme(mark) })
		default:
			return false
		}
		return true
	})
	if s.Version == 1 && newer != "" {
		panic(&InputError{Path: newer, Rule: "needs " + roundSchemaStem + "2"})
	}
}

// many reads an array of objects; never nil. A long one is gathered in pieces
// and joined once, because growing it would copy it five times over.
func many[T any](in *input, one func() T) []T {
	const pieceMax = 1 << 13
	var pieces [][]T
	piece := []T{}
	in.array(func() {
		if len(piece) == pieceMax {
			pieces = append(pieces, piece)
			piece = make([]T, 0, pieceMax)
		}
		piece = append(piece, one())
	})
	if pieces == nil {
		return piece
	}
	return slices.Concat(append(pieces, piece)...)
}

// version reads "<stem>1" or "<stem>2".
func (in *input) version(stem string) int {
	switch t := in.text(); t {
	case stem + "1":
		return 1
	case stem + "2":
		return 2
	default:
		in.fail(t, "must be "+stem+"1 or "+stem+"2")
		return 0
	}
}

func (in *input) header(h *RoundHeader) {
	in.object([]string{"id", "date", "period", "currency"}, func(key string) bool {
		switch key {
		case "id":
			h.ID = in.text()
		case "date":
			h.Date = in.text()
		case "period":
			h.Period = in.text()
		case "currency":
			h.Currency = in.text()
		default:
			return false
		}
		return true
	})
}

func (in *input) slot() (s Slot) {
	in.object([]string{"id", "day", "start", "end"}, func(key string) bool {
		switch key {
		case "id":
			s.ID = in.text()
		case "day":
			s.Day = in.word()
		case "start":
			s.Start = in.word()
		case "end":
			s.End = in.word()
		default:
			return false
		}
		return true
	})
	return s
}

func (in *input) category() (c Category) {
	in.object([]string{"id", "unit"}, func(key string) bool {
		switch key {
		case "id":
			c.ID = in.text()
		case "unit":
			c.Unit = in.word()
		default:
			return false
		}
		return true
	})
	return c
}

func (in *input) community() (c Community) {
	in.object([]string{"id", "kind", "x_m", "y_m"}, func(key string) bool {
		switch key {
		case "id":
			c.ID = in.text()
		case "kind":
			c.Kind = in.word()
		case "x_m":
			c.XM = in.integer()
		case "y_m":
			c.YM = in.integer()
		default:
			return false
		}
		return true
	})
	return c
}

func (in *input) household() (h Household) {
	in.object([]string{"id", "isee"}, func(key string) bool {
		switch key {
		case "id":
			h.ID = in.text()
		case "isee":
			h.ISEE = optional(in, in.money)
		case "odd_cents":
			h.OddCents = int(in.integer())
		default:
			return false
		}
		return true
	})
	return h
}

func (in *input) demand() Demand {
	d := Demand{Weight: 1}
	in.object([]string{"id", "household", "community", "category", "units", "slots", "max_price", "posted_on"}, func(key string) bool {
		switch key {
		case "id":
			d.ID = in.text()
		case "household":
			d.Household = in.text()
		case "community":
			d.Community = in.word()
		case "category":
			d.Category = in.word()
		case "units":
			d.Units = in.integer()
		case "weight":
			d.Weight = in.integer()
		case "slots":
			d.Slots = in.wordList()
		case "max_price":
			d.MaxPrice = in.money()
		case "max_distance_m":
			d.MaxDistanceM = in.integer()
		case "posted_on":
			d.PostedOn = in.word()
		default:
			return false
		}
		return true
	})
	return d
}

func (in *input) provider() (p Provider) {
	in.object([]string{"id", "staff"}, func(key string) bool {
		switch key {
		case "id":
			p.ID = in.text()
		case "staff":
			p.Staff = map[string]int{}
			in.dict(func(slot string) { p.Staff[slot] = int(in.integer()) })
		default:
			return false
		}
		return true
	})
	return p
}

func (in *input) offer(newer func()) Offer {
	o := Offer{Mode: ModeTogether}
	in.object([]string{"id", "provider", "category", "slots", "area", "min_members", "max_members", "split", "tiers"}, func(key string) bool {
		switch key {
		case "id":
			o.ID = in.text()
		case "provider":
			o.Provider = in.text()
		case "category":
			o.Category = in.word()
		case "mode":
			newer()
			o.Mode = Mode(in.word())
		case "slots":
			o.Slots = in.wordList()
		case "area":
			in.area(&o.Area)
		case "mix_radius_m":
			o.MixRadiusM = in.integer()
		case "min_members":
			o.MinMembers = int(in.integer())
		case "max_members":
			o.MaxMembers = int(in.integer())
		case "min_units":
			o.MinUnits = in.integer()
		case "max_units":
			if u := optional(in, in.integer); u != nil {
				if *u < 1 {
					in.fail(fmt.Sprint(*u), "must be at least 1")
				}
				o.MaxUnits = *u
			}
		case "split":
			o.Split = SplitRule(in.word())
		case "tiers":
			o.Tiers = many(in, in.tier)
		default:
			return false
		}
		return true
	})
	return o
}

func (in *input) area(a *Area) {
	in.object(nil, func(key string) bool {
		switch key {
		case "communities":
			a.Communities = in.wordList()
		case "center":
			a.Center = &Point{}
			in.object([]string{"x_m", "y_m"}, func(key string) bool {
				switch key {
				case "x_m":
					a.Center.XM = in.integer()
				case "y_m":
					a.Center.YM = in.integer()
				default:
					return false
				}
				return true
			})
		case "radius_m":
			a.RadiusM = in.integer()
		default:
			return false
		}
		return true
	})
}

func (in *input) tier() (t Tier) {
	in.object([]string{"from_members", "fixed", "per_member", "per_unit"}, func(key string) bool {
		switch key {
		case "from_members":
			t.FromMembers = int(in.integer())
		case "fixed":
			t.Fixed = in.money()
		case "per_member":
			t.PerMember = in.money()
		case "per_unit":
			t.PerUnit = in.money()
		default:
			return false
		}
		return true
	})
	return t
}

func (in *input) programme(newer func()) (p Programme) {
	in.object([]string{"id", "rule", "budget"}, func(key string) bool {
		switch key {
		case "id":
			p.ID = in.text()
		case "categories":
			p.Categories = in.wordListOrNull()
		case "communities":
			p.Communities = in.wordListOrNull()
		case "rule":
			p.Rule = in.rule(newer)
		case "household_cap":
			p.HouseholdCap = optional(in, in.money)
		case "budget":
			p.Budget = in.money()
		default:
			return false
		}
		return true
	})
	return p
}

// rule reads any of the three rules: its type may come after its other fields,
// so fields are collected and compared with the type at the end.
func (in *input) rule(newer func()) Rule {
	var kind string
	var brackets Brackets
	var given Given
	var linear Linear
	fields := map[string]bool{}
	in.object([]string{"type"}, func(key string) bool {
		fields[key] = true
		switch key {
		case "type":
			kind = in.text()
		case "brackets":
			brackets = many(in, in.bracket)
		case "isee_from":
			linear.ISEEFrom = in.money()
		case "percent_from":
			linear.PercentFrom = in.percent()
		case "isee_to":
			linear.ISEETo = in.money()
		case "percent_to":
			linear.PercentTo = in.percent()
		case "grants":
			newer()
			given = Given{}
			in.dict(func(demand string) { given[demand] = in.grant() })
		default:
			return false
		}
		return true
	})
	switch kind {
	case "brackets":
		in.exactly(fields, "brackets")
		return brackets
	case "linear":
		in.exactly(fields, "isee_from", "percent_from", "isee_to", "percent_to")
		return linear
	case "given":
		in.exactly(fields, "grants")
		return given
	}
	in.push("type")
	in.fail(kind, "must be brackets, linear or given")
	return nil
}

// exactly fails unless the fields beside type are the named ones.
func (in *input) exactly(fields map[string]bool, names ...string) {
	for _, n := range names {
		if !fields[n] {
			in.push(n)
			in.fail("", "is missing")
		}
	}
	if len(fields) != len(names)+1 {
		in.fail("", "has fields of another type of rule")
	}
}

func (in *input) bracket() (b Bracket) {
	percent, amount := false, false
	in.object([]string{"isee_up_to"}, func(key string) bool {
		switch key {
		case "isee_up_to":
			b.ISEEUpTo = in.money()
		case "percent":
			percent, b.Percent = true, in.percent()
		case "amount":
			amount, b.Amount = true, in.money()
		default:
			return false
		}
		return true
	})
	if percent == amount {
		in.fail("", "needs exactly one of percent, amount")
	}
	return b
}

func (in *input) grant() (g Grant) {
	percent, amount := false, false
	in.object(nil, func(key string) bool {
		switch key {
		case "percent":
			percent, g.Percent = true, in.percent()
		case "amount":
			amount, g.Amount = true, in.money()
		case "cap":
			g.Cap = optional(in, in.money)
		default:
			return false
		}
		return true
	})
	if percent == amount {
		in.fail("", "needs exactly one of percent, amount")
	}
	return g
}

// The structs below are parts of colletta.round as it is written: field order
// is the order in the file, defaults are left out, so equal snapshots have equal
// bytes. Households and demands are written by hand: see [output].

type headerJSON struct {
	ID       string `json:"id"`
	Date     string `json:"date"`
	Period   string `json:"period"`
	Currency string `json:"currency"`
}

type slotJSON struct {
	ID    string `json:"id"`
	Day   string `json:"day"`
	Start string `json:"start"`
	End   string `json:"end"`
}

type categoryJSON struct {
	ID   string `json:"id"`
	Unit string `json:"unit"`
}

type communityJSON struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	XM   int64  `json:"x_m"`
	YM   int64  `json:"y_m"`
}

type providerJSON struct {
	ID    string         `json:"id"`
	Staff map[string]int `json:"staff"` // encoding/json sorts the keys
}

type offerJSON struct {
	ID         string     `json:"id"`
	Provider   string     `json:"provider"`
	Category   string     `json:"category"`
	Mode       Mode       `json:"mode,omitempty"`
	Slots      []string   `json:"slots"`
	Area       areaJSON   `json:"area"`
	MixRadiusM int64      `json:"mix_radius_m,omitempty"`
	MinMembers int        `json:"min_members"`
	MaxMembers int        `json:"max_members"`
	MinUnits   int64      `json:"min_units,omitempty"`
	MaxUnits   int64      `json:"max_units,omitempty"`
	Split      SplitRule  `json:"split"`
	Tiers      []tierJSON `json:"tiers"`
}

type areaJSON struct {
	Communities []string   `json:"communities,omitempty"`
	Center      *pointJSON `json:"center,omitempty"`
	RadiusM     *int64     `json:"radius_m,omitempty"` // always beside a center, 0 too
}

type pointJSON struct {
	XM int64 `json:"x_m"`
	YM int64 `json:"y_m"`
}

type tierJSON struct {
	FromMembers int          `json:"from_members"`
	Fixed       money.Amount `json:"fixed"`
	PerMember   money.Amount `json:"per_member"`
	PerUnit     money.Amount `json:"per_unit"`
}

type programmeJSON struct {
	ID           string        `json:"id"`
	Categories   *[]string     `json:"categories,omitempty"`
	Communities  *[]string     `json:"communities,omitempty"`
	Rule         ruleJSON      `json:"rule"`
	HouseholdCap *money.Amount `json:"household_cap,omitempty"`
	Budget       money.Amount  `json:"budget"`
}

type ruleJSON struct {
	Type        string                `json:"type"`
	Brackets    *[]bracketJSON        `json:"brackets,omitempty"`
	ISEEFrom    *money.Amount         `json:"isee_from,omitempty"`
	PercentFrom *money.Amount         `json:"percent_from,omitempty"`
	ISEETo      *money.Amount         `json:"isee_to,omitempty"`
	PercentTo   *money.Amount         `json:"percent_to,omitempty"`
	Grants      *map[string]grantJSON `json:"grants,omitempty"`
}

type bracketJSON struct {
	ISEEUpTo money.Amount  `json:"isee_up_to"`
	Percent  *money.Amount `json:"percent,omitempty"`
	Amount   *money.Amount `json:"amount,omitempty"`
}

type grantJSON struct {
	Percent *money.Amount `json:"percent,omitempty"`
	Amount  *money.Amount `json:"amount,omitempty"`
	Cap     *money.Amount `json:"cap,omitempty"`
}

// JSON returns what [Snapshot.WriteJSON] writes.
func (s *Snapshot) JSON() ([]byte, error) {
	var b bytes.Buffer
	if err := s.WriteJSON(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteJSON writes the snapshot in its canonical form: the bytes that are
// stored and hashed. Reading them gives the same snapshot, and writing that the
// same bytes. It returns the error of [Validate] for a snapshot that is not
// valid, before it writes anything; other errors are faults of w.
func (s *Snapshot) WriteJSON(w io.Writer) error {
	if err := Validate(s); err != nil {
		return err
	}
	out := newOutput(w)
	out.text(`{"schema":`, fmt.Sprint(roundSchemaStem, s.Version))
	out.raw(`,"round":`)
	out.value(headerJSON(s.Round))
	elements(out, `,"slots":`, s.Slots, func(x Slot) slotJSON { return slotJSON(x) })
	elements(out, `,"categories":`, s.Categories, func(x Category) categoryJSON { return categoryJSON(x) })
	elements(out, `,"communities":`, s.Communities, func(x Community) communityJSON { return communityJSON(x) })
	array(out, `,"households":`, s.Households, out.household)
	array(out, `,"demands":`, s.Demands, out.demand)
	elements(out, `,"providers":`, s.Providers, fromProvider)
	elements(out, `,"offers":`, s.Offers, fromOffer)
	elements(out, `,"programmes":`, s.Programmes, fromProgramme)
	out.raw("}")
	return out.end()
}

func (out *output) household(h *Household) {
	out.text(`{"id":`, h.ID)
	if h.ISEE == nil {
		out.raw(`,"isee":null`)
	} else {
		out.amount(`,"isee":`, *h.ISEE)
	}
	if h.OddCents != 0 {
		out.integer(`,"odd_cents":`, int64(h.OddCents))
	}
	out.raw("}")
}

func (out *output) demand(d *Demand) {
	out.text(`{"id":`, d.ID)
	out.text(`,"household":`, d.Household)
	out.text(`,"community":`, d.Community)
	out.text(`,"category":`, d.Category)
	out.integer(`,"units":`, d.Units)
	if d.Weight != 1 {
		out.integer(`,"weight":`, d.Weight)
	}
	out.texts(`,"slots":`, d.Slots)
	out.amount(`,"max_price":`, d.MaxPrice)
	if d.MaxDistanceM != 0 {
		out.integer(`,"max_distance_m":`, d.MaxDistanceM)
	}
	out.text(`,"posted_on":`, d.PostedOn)
	out.raw("}")
}

// mapped applies f to each element; never nil, so that JSON has [] and not null.
func mapped[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

func fromProvider(p Provider) providerJSON {
	if p.Staff == nil {
		p.Staff = map[string]int{}
	}
	return providerJSON(p)
}

func fromArea(a Area) areaJSON {
	out := areaJSON{Communities: a.Communities, Center: (*pointJSON)(a.Center)}
	if a.Center != nil || a.RadiusM != 0 {
		out.RadiusM = &a.RadiusM
	}
	return out
}

func fromOffer(o Offer) offerJSON {
	j := offerJSON{
		ID: o.ID, Provider: o.Provider, Category: o.Category,
		Slots:      mapped(o.Slots, func(id string) string { return id }),
		Area:       fromArea(o.Area),
		MixRadiusM: o.MixRadiusM,
		MinMembers: o.MinMembers, MaxMembers: o.MaxMembers,
		MinUnits: o.MinUnits, MaxUnits: o.MaxUnits,
		Split: o.Split,
		Tiers: mapped(o.Tiers, func(t Tier) tierJSON { return tierJSON(t) }),
	}
	if o.rota() {
		j.Mode = o.Mode
	}
	return j
}

func fromProgramme(p Programme) programmeJSON {
	j := programmeJSON{ID: p.ID, HouseholdCap: p.HouseholdCap, Budget: p.Budget}
	if p.Categories != nil {
		j.Categories = &p.Categories
	}
	if p.Communities != nil {
		j.Communities = &p.Communities
	}
	switch rule := p.Rule.(type) {
	case Brackets:
		list := mapped(rule, func(b Bracket) bracketJSON {
			percent, amount := eitherOf(b.Percent, b.Amount)
			return bracketJSON{b.ISEEUpTo, percent, amount}
		})
		j.Rule = ruleJSON{Type: "brackets", Brackets: &list}
	case Linear:
		from, to := money.Amount(rule.PercentFrom), money.Amount(rule.PercentTo)
		j.Rule = ruleJSON{Type: "linear", ISEEFrom: &rule.ISEEFrom, PercentFrom: &from, ISEETo: &rule.ISEETo, PercentTo: &to}
	case Given:
		grants := make(map[string]grantJSON, len(rule))
		for demand, g := range rule {
			percent, amount := eitherOf(g.Percent, g.Amount)
			grants[demand] = grantJSON{percent, amount, g.Cap}
		}
		j.Rule = ruleJSON{Type: "given", Grants: &grants}
	}
	return j
}

// eitherOf writes a percentage when there is one, else the amount. Basis
// points are written as cents are: two decimals.
func eitherOf(percent int64, amount money.Amount) (p, a *money.Amount) {
	if percent > 0 {
		bp := money.Amount(percent)
		return &bp, nil
	}
	return nil, &amount
}
