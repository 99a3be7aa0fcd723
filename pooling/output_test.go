package pooling

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// The structs below are the canonical form as encoding/json would write it:
// the yardstick of what is written by hand.

type referenceSnapshot struct {
	Schema      string               `json:"schema"`
	Round       headerJSON           `json:"round"`
	Slots       []slotJSON           `json:"slots"`
	Categories  []categoryJSON       `json:"categories"`
	Communities []communityJSON      `json:"communities"`
	Households  []referenceHousehold `json:"households"`
	Demands     []referenceDemand    `json:"demands"`
	Providers   []providerJSON       `json:"providers"`
	Offers      []offerJSON          `json:"offers"`
	Programmes  []programmeJSON      `json:"programmes"`
}

type referenceHousehold struct {
	ID       string        `json:"id"`
	ISEE     *money.Amount `json:"isee"`
	OddCents int           `json:"odd_cents,omitempty"`
}

type referenceDemand struct {
	ID           string       `json:"id"`
	Household    string       `json:"household"`
	Community    string       `json:"community"`
	Category     string       `json:"category"`
	Units        int64        `json:"units"`
	Weight       int64        `json:"weight,omitempty"`
	Slots        []string     `json:"slots"`
	MaxPrice     money.Amount `json:"max_price"`
	MaxDistanceM int64        `json:"max_distance_m,omitempty"`
	PostedOn     string       `json:"posted_on"`
}

func reference(s *Snapshot) any {
	return referenceSnapshot{
		Schema: fmt.Sprint(roundSchemaStem, s.Version), Round: headerJSON(s.Round),
		Slots:       mapped(s.Slots, func(x Slot) slotJSON { return slotJSON(x) }),
		Categories:  mapped(s.Categories, func(x Category) categoryJSON { return categoryJSON(x) }),
		Communities: mapped(s.Communities, func(x Community) communityJSON { return communityJSON(x) }),
		Households:  mapped(s.Households, func(x Household) referenceHousehold { return referenceHousehold(x) }),
		Demands: mapped(s.Demands, func(x Demand) referenceDemand {
			j := referenceDemand(x)
			j.Slots = append([]string{}, x.Slots...)
			if j.Weight == 1 {
				j.Weight = 0
			}
			return j
		}),
		Providers: mapped(s.Providers, fromProvider), Offers: mapped(s.Offers, fromOffer), Programmes: mapped(s.Programmes, fromProgramme),
	}
}

type referenceFormation struct {
	Schema string           `json:"schema"`
	Round  string           `json:"round"`
	Pools  []referencePool  `json:"pools"`
	Totals *referenceTotals `json:"totals,omitempty"`
	Bound  *referenceBound  `json:"bound,omitempty"`
}

type referencePool struct {
	ID      string            `json:"id"`
	Offer   string            `json:"offer"`
	Slot    *string           `json:"slot"`
	Host    string            `json:"host"`
	Cost    money.Amount      `json:"cost"`
	Members []referenceMember `json:"members"`
}

type referenceMember struct {
	Demand    string       `json:"demand"`
	Slots     []string     `json:"slots,omitempty"`
	Share     money.Amount `json:"share"`
	Subsidy   money.Amount `json:"subsidy"`
	Net       money.Amount `json:"net"`
	Programme *string      `json:"programme"`
}

type referenceTotals struct {
	Served    int          `json:"served"`
	Net       money.Amount `json:"net"`
	Subsidy   money.Amount `json:"subsidy"`
	Cost      money.Amount `json:"cost"`
	DistanceM int64        `json:"distance_m"`
}

type referenceBound struct {
	Served      int                   `json:"served"`
	Method      string                `json:"method"`
	Certificate *referenceCertificate `json:"certificate,omitempty"`
}

type referenceCertificate struct {
	Denominator int64    `json:"denominator"`
	Multipliers *[]int64 `json:"multipliers,omitempty"`
	Cases       any      `json:"cases,omitempty"`
}

type referenceLeaf struct {
	Multipliers []int64 `json:"multipliers"`
}

type referenceCase struct {
	Demand    string  `json:"demand"`
	Provider  string  `json:"provider"`
	Slot      *string `json:"slot"`
	Here      any     `json:"here"`
	Elsewhere any     `json:"elsewhere"`
}

func certificateReference(c *Certificate) *referenceCertificate {
	switch {
	case c == nil:
		return nil
	case c.Cases == nil:
		return &referenceCertificate{Denominator: c.Denominator, Multipliers: &c.Multipliers}
	}
	return &referenceCertificate{Denominator: c.Denominator, Cases: caseReference(c.Cases)}
}

func caseReference(c *Case) any {
	if c.isLeaf() {
		return referenceLeaf{c.Multipliers}
	}
	j := referenceCase{Demand: c.Demand, Provider: c.Provider, Here: caseReference(c.Here), Elsewhere: caseReference(c.Elsewhere)}
	if c.Slot != "" {
		j.Slot = &c.Slot
	}
	return j
}

func referenceOf(f *Formation) any {
	orNull := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	j := referenceFormation{Schema: fmt.Sprint(formationSchemaStem, f.Version), Round: f.Round, Totals: (*referenceTotals)(f.Totals)}
	j.Pools = mapped(f.Pools, func(p Pool) referencePool {
		return referencePool{p.ID, p.Offer, orNull(p.Slot), p.Host, p.Cost, mapped(p.Members, func(m Member) referenceMember {
			return referenceMember{m.Demand, m.Slots, m.Share, m.Subsidy, m.Net, orNull(m.Programme)}
		})}
	})
	if b := f.Bound; b != nil {
		j.Bound = &referenceBound{b.Served, b.Method, certificateReference(b.Certificate)}
	}
	return j
}

func encoded(t failer, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// failer is a test of testing or of rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func TestSnapshotIsWrittenAsEncodingJSONWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "") }
		s := city(draw, 1+draw(12), 1+draw(2))
		// Any text that a snapshot may hold, in the ids of what is written by hand.
		suffix := rapid.StringOf(rapid.SampledFrom([]rune("a<>&\"\\/'`é\u2028\u2029\u00a0😀\u200b"))).Draw(t, "suffix")
		rename := map[string]string{}
		for i := range s.Households {
			rename[s.Households[i].ID] = s.Households[i].ID + suffix
			s.Households[i].ID += suffix
		}
		for i := range s.Demands {
			s.Demands[i].Household = rename[s.Demands[i].Household]
		}
		got, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if want := encoded(t, reference(s)); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestGeneratedSnapshotIsWrittenAsEncodingJSONWould(t *testing.T) {
	t.Parallel()
	for _, o := range []GenerateOptions{{Demands: 20_000, Seed: 5}, {Demands: 300, Seed: 6, WeightShare: 50, RotaShare: 20}} {
		s := Generate(o)
		got, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, encoded(t, reference(s))) {
			t.Errorf("%+v: bytes differ", o)
		}
	}
}

func TestFormationIsWrittenAsEncodingJSONWould(t *testing.T) {
	t.Parallel()
	amount := rapid.Custom(func(t *rapid.T) money.Amount { return money.Amount(rapid.Int64().Draw(t, "cents")) })
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		f := &Formation{Version: 1 + rapid.IntRange(0, 1).Draw(t, "version"), Round: text.Draw(t, "round")}
		f.Pools = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Pool {
			return Pool{
				ID: text.Draw(t, "id"), Offer: text.Draw(t, "offer"), Slot: text.Draw(t, "slot"), Host: text.Draw(t, "host"), Cost: amount.Draw(t, "cost"),
				Members: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Member {
					return Member{
						Demand: text.Draw(t, "demand"), Slots: rapid.SliceOfN(text, 0, 3).Draw(t, "slots"), Programme: text.Draw(t, "programme"),
						Share: amount.Draw(t, "share"), Subsidy: amount.Draw(t, "subsidy"), Net: amount.Draw(t, "net"),
					}
				}), 0, 3).Draw(t, "members"),
			}
		}), 0, 3).Draw(t, "pools")
		if rapid.Bool().Draw(t, "with totals") {
			f.Totals = &Totals{rapid.Int().Draw(t, "served"), amount.Draw(t, "net"), amount.Draw(t, "subsidy"), amount.Draw(t, "cost"), rapid.Int64().Draw(t, "metres")}
		}
		if rapid.Bool().Draw(t, "with a bound") {
			f.Bound = &Bound{Served: rapid.Int().Draw(t, "bound"), Method: text.Draw(t, "method")}
			if rapid.Bool().Draw(t, "with a certificate") {
				f.Bound.Certificate = &Certificate{Denominator: rapid.Int64().Draw(t, "denominator")}
				if rapid.Bool().Draw(t, "by cases") {
					f.Bound.Certificate.Cases = anyCase(t, 3)
				} else {
					f.Bound.Certificate.Multipliers = rapid.SliceOf(rapid.Int64()).Draw(t, "multipliers")
				}
			}
		}
		got, err := f.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if want := encoded(t, referenceOf(f)); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestBigFormationSurvivesTheFile(t *testing.T) {
	t.Parallel()
	f := bigFormation(20_000)
	first, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadFormation(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("bytes differ")
	}
}

// full is a disk with room for so many bytes.
type full int

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > int(*f) {
		return 0, errFull
	}
	*f -= full(len(b))
	return len(b), nil
}

func TestWritingToAFullDiskFails(t *testing.T) {
	t.Parallel()
	s, f := Generate(GenerateOptions{Demands: 2000, Seed: 1}), bigFormation(5000)
	for _, room := range []full{0, 100_000, 200_000} {
		disk := room
		if err := s.WriteJSON(&disk); !errors.Is(err, errFull) {
			t.Errorf("snapshot, room for %d: got %v", room, err)
		}
		disk = room
		if err := f.WriteJSON(&disk); !errors.Is(err, errFull) {
			t.Errorf("formation, room for %d: got %v", room, err)
		}
	}
}
