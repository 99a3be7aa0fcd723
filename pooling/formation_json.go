package pooling

import (
	"fmt"
	"io"

	"colletta/money"
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
			if slot := optional(in, in.idOf); slot != nil {
				p.Slot = *slot
			}
		case "host":
			p.Host = in.text()
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
			m.Slots = in.textsOrNull()
		case "share":
			m.Share = in.sum()
		case "subsidy":
			m.Subsidy = in.sum()
		case "net":
			m.Net = in.sum()
		case "programme":
			if programme := optional(in, in.idOf); programme != nil {
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
	in.object([]string{"denominator", "multipliers"}, func(key string) bool {
		switch key {
		case "denominator":
			c.Denominator = in.integer()
		case "multipliers":
			c.Multipliers = []int64{}
			in.array(func() { c.Multipliers = append(c.Multipliers, in.integer()) })
		default:
			return false
		}
		return true
	})
}

// The structs below are colletta.solution as it is written.

type formationJSON struct {
	Schema string      `json:"schema"`
	Round  string      `json:"round"`
	Pools  []poolJSON  `json:"pools"`
	Totals *totalsJSON `json:"totals,omitempty"`
	Bound  *boundJSON  `json:"bound,omitempty"`
}

type poolJSON struct {
	ID      string       `json:"id"`
	Offer   string       `json:"offer"`
	Slot    *string      `json:"slot"` // null for a rota
	Host    string       `json:"host"`
	Cost    money.Amount `json:"cost"`
	Members []memberJSON `json:"members"`
}

type memberJSON struct {
	Demand    string       `json:"demand"`
	Slots     []string     `json:"slots,omitempty"`
	Share     money.Amount `json:"share"`
	Subsidy   money.Amount `json:"subsidy"`
	Net       money.Amount `json:"net"`
	Programme *string      `json:"programme"` // null without a voucher
}

type totalsJSON struct {
	Served    int          `json:"served"`
	Net       money.Amount `json:"net"`
	Subsidy   money.Amount `json:"subsidy"`
	Cost      money.Amount `json:"cost"`
	DistanceM int64        `json:"distance_m"`
}

type boundJSON struct {
	Served      int              `json:"served"`
	Method      string           `json:"method"`
	Certificate *certificateJSON `json:"certificate,omitempty"`
}

type certificateJSON struct {
	Denominator int64   `json:"denominator"`
	Multipliers []int64 `json:"multipliers"`
}

func fromBound(b *Bound) *boundJSON {
	if b == nil {
		return nil
	}
	return &boundJSON{b.Served, b.Method, (*certificateJSON)(b.Certificate)}
}

// JSON writes the formation in its canonical form; reading it gives the same
// formation.
func (f *Formation) JSON() ([]byte, error) {
	if f.Version != 1 && f.Version != 2 {
		return nil, fmt.Errorf("write formation: unknown version %d", f.Version)
	}
	return encode(formationJSON{
		Schema: fmt.Sprint(formationSchemaStem, f.Version),
		Round:  f.Round,
		Pools: mapped(f.Pools, func(p Pool) poolJSON {
			return poolJSON{p.ID, p.Offer, orNull(p.Slot), p.Host, p.Cost, mapped(p.Members, fromMember)}
		}),
		Totals: (*totalsJSON)(f.Totals),
		Bound:  fromBound(f.Bound),
	})
}

func fromMember(m Member) memberJSON {
	return memberJSON{m.Demand, m.Slots, m.Share, m.Subsidy, m.Net, orNull(m.Programme)}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
