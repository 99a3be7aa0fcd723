package pooling

import "fmt"

// proofCase reads a case of a proof, which so many questions lead to; leaves
// counts those read so far. Both are bounded, so that a file cannot nest beyond
// the limit.
func (in *input) proofCase(depth int, leaves *int) *Case {
	if depth > caseDepthMax {
		in.fail("", fmt.Sprintf("must be at most %d cases deep", caseDepthMax))
	}
	c, keys := &Case{}, 0
	in.object(nil, func(key string) bool {
		switch key {
		case "multipliers":
			c.Multipliers = in.multipliers()
			return true
		case "demand":
			c.Demand = in.id()
		case "provider":
			c.Provider = in.id()
		case "slot":
			if slot := optional(in, in.id); slot != nil {
				c.Slot = *slot
			}
		case "here":
			c.Here = in.proofCase(depth+1, leaves)
		case "elsewhere":
			c.Elsewhere = in.proofCase(depth+1, leaves)
		default:
			return false
		}
		keys++
		return true
	})
	leaf := c.Multipliers != nil && keys == 0
	if node := c.Demand != "" && c.Provider != "" && c.Here != nil && c.Elsewhere != nil; !leaf && (!node || c.Multipliers != nil) {
		in.fail("", "must have either multipliers, or demand, provider, slot, here and elsewhere")
	}
	if leaf {
		*leaves++
	}
	if *leaves > caseLeavesMax {
		in.fail("", fmt.Sprintf("must be one of at most %d cases with multipliers", caseLeavesMax))
	}
	return c
}

func (out *output) certificate(c *Certificate) {
	out.integer(`,"certificate":{"denominator":`, c.Denominator)
	if c.Cases == nil {
		out.multipliers(`,"multipliers":`, c.Multipliers)
	} else {
		out.raw(`,"cases":`)
		out.proofCase(c.Cases, 0)
	}
	out.raw("}")
}

// proofCase writes a case; its slot is null for the rotas of the provider.
// A proof that lacks a part, or is too deep to be read back, is an error.
func (out *output) proofCase(c *Case, depth int) {
	switch {
	case out.err != nil:
	case c == nil || depth > caseDepthMax:
		out.err = fmt.Errorf("write certificate: a case lacks one of its two parts, or is more than %d cases deep", caseDepthMax)
	case c.isLeaf():
		out.multipliers(`{"multipliers":`, c.Multipliers)
		out.raw("}")
	default:
		out.text(`{"demand":`, c.Demand)
		out.text(`,"provider":`, c.Provider)
		out.textOrNull(`,"slot":`, c.Slot)
		out.raw(`,"here":`)
		out.proofCase(c.Here, depth+1)
		out.raw(`,"elsewhere":`)
		out.proofCase(c.Elsewhere, depth+1)
		out.raw("}")
	}
}

func (out *output) multipliers(before string, list []int64) {
	array(out, before, list, func(m *int64) { out.integer("", *m) })
}
