package pooling

import (
	"bytes"
	"fmt"
	"io"
)

const formationSchemaStem = "colletta.solution/"

// ReadFormation reads colletta.solution/1 or /2, strictly as to form: unknown
// or repeated fields and wrong types are an [*InputError]. Whether it obeys
// the rules of its snapshot is for [Check].
func ReadFormation(r io.Reader) (*Formation, error) {
	f := &Formation{}
	if err := read(r, func(in *input) { in.formation(f) }); err != nil {
		return nil, err
	}
	return f, nil
}

func (in *input) formation(f *Formation) {
	in.object([]string{"schema", "round", "pools"}, func(key string) bool {
		switch key {
		case "schema":
			f.Version = in.version(formationSchemaStem)
		case "round":
			f.Round = in.text()
		case "pools":
			f.Pools = many(in, in.pool)
		case "totals":
			f.Totals = &Totals{}
			in.totals(f.Totals)
		case "bound":
			f.Bound = &Bound{}
			in.bound(f.Bound)
		default:
			return false
		}
		return true
	})
}

func (in *input) pool() (p Pool) {
	in.object([]string{"id", "offer", "host", "cost", "members"}, func(key string) bool {
		switch key {
		case "id":
			p.ID = in.text()
		case "offer":
			p.Offer = in.text()
		case "slot":
			if slot := optional(in, in.id); slot != nil {
				p.Slot = *slot
			}
		case "host":
			p.Host = in.word()
		case "cost":
			p.Cost = in.sum()
		case "members":
			p.Members = many(in, in.member)
		default:
			return false
		}
		return true
	})
	return p
}

func (in *input) member() (m Member) {
	in.object([]string{"demand", "share", "subsidy", "net"}, func(key string) bool {
		switch key {
		case "demand":
			m.Demand = in.text()
		case "slots":
			m.Slots = in.wordListOrNull()
		case "share":
			m.Share = in.sum()
		case "subsidy":
			m.Subsidy = in.sum()
		case "net":
			m.Net = in.sum()
		case "programme":
			if programme := optional(in, in.id); programme != nil {
				m.Programme = *programme
			}
		default:
			return false
		}
		return true
	})
	return m
}

func (in *input) totals(t *Totals) {
	in.object([]string{"served", "net", "subsidy", "cost", "distance_m"}, func(key string) bool {
		switch key {
		case "served":
			t.Served = int(in.integer())
		case "net":
			t.Net = in.sum()
		case "subsidy":
			t.Subsidy = in.sum()
		case "cost":
			t.Cost = in.sum()
		case "distance_m":
			t.DistanceM = in.integer()
		default:
			return false
		}
		return true
	})
}

func (in *input) bound(b *Bound) {
	in.object([]string{"served", "method"}, func(key string) bool {
		switch key {
		case "served":
			b.Served = int(in.integer())
		case "method":
			b.Method = in.text()
		case "certificate":
			b.Certificate = &Certificate{}
			in.certificate(b.Certificate)
		default:
			return false
		}
		return true
	})
}

func (in *input) certificate(c *Certificate) {
	in.object([]string{"denominator"}, func(key string) bool {
		switch key {
		case "denominator":
			c.Denominator = in.integer()
		case "multipliers":
			c.Multipliers = in.multipliers()
		case "cases":
			leaves := 0
			c.Cases = in.proofCase(0, &leaves)
		default:
			return false
		}
		return true
	})
	if (c.Multipliers == nil) == (c.Cases == nil) {
		in.fail("", "must have either multipliers or cases")
	}
}

func (in *input) multipliers() []int64 {
	list := []int64{}
	in.array(func() { list = append(list, in.integer()) })
	return list
}

// JSON returns what [Formation.WriteJSON] writes.
func (f *Formation) JSON() ([]byte, error) {
	var b bytes.Buffer
	if err := f.WriteJSON(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteJSON writes the formation in its canonical form; reading it gives the
// same formation.
func (f *Formation) WriteJSON(w io.Writer) error {
	if f.Version != 1 && f.Version != 2 {
		return fmt.Errorf("write formation: unknown version %d", f.Version)
	}
	out := newOutput(w)
	out.text(`{"schema":`, fmt.Sprint(formationSchemaStem, f.Version))
	out.text(`,"round":`, f.Round)
	array(out, `,"pools":`, f.Pools, out.pool)
	if f.Totals != nil {
		out.totals(f.Totals)
	}
	if f.Bound != nil {
		out.bound(f.Bound)
	}
	out.raw("}")
	return out.end()
}

// pool writes a group; its slot is null for a rota.
func (out *output) pool(p *Pool) {
	out.text(`{"id":`, p.ID)
	out.text(`,"offer":`, p.Offer)
	out.textOrNull(`,"slot":`, p.Slot)
	out.text(`,"host":`, p.Host)
	out.amount(`,"cost":`, p.Cost)
	array(out, `,"members":`, p.Members, out.member)
	out.raw("}")
}

// member writes one demand of a group; its programme is null without a voucher.
func (out *output) member(m *Member) {
	out.text(`{"demand":`, m.Demand)
	if len(m.Slots) > 0 {
		out.texts(`,"slots":`, m.Slots)
	}
	out.amount(`,"share":`, m.Share)
	out.amount(`,"subsidy":`, m.Subsidy)
	out.amount(`,"net":`, m.Net)
	out.textOrNull(`,"programme":`, m.Programme)
	out.raw("}")
}

func (out *output) totals(t *Totals) {
	out.integer(`,"totals":{"served":`, int64(t.Served))
	out.amount(`,"net":`, t.Net)
	out.amount(`,"subsidy":`, t.Subsidy)
	out.amount(`,"cost":`, t.Cost)
	out.integer(`,"distance_m":`, t.DistanceM)
	out.raw("}")
}

func (out *output) bound(b *Bound) {
	out.integer(`,"bound":{"served":`, int64(b.Served))
	out.text(`,"method":`, b.Method)
	if c := b.Certificate; c != nil {
		out.certificate(c)
	}
	out.raw("}")
}
