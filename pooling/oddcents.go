package pooling

// OddCents says which demands of a formation pay an odd cent: a share one cent
// above its exact value rounded down. Their households pay the next one last
// (round schema, S3).
func OddCents(s *Snapshot, f *Formation) map[string]bool {
	offers := map[string]*Offer{}
	for i := range s.Offers {
		offers[s.Offers[i].ID] = &s.Offers[i]
	}
	demands := map[string]*Demand{}
	for i := range s.Demands {
		demands[s.Demands[i].ID] = &s.Demands[i]
	}
	odd := map[string]bool{}
	for _, p := range f.Pools {
		o := offers[p.Offer]
		t := tierAt(o.Tiers, len(p.Members))
		var sum int64
		for _, m := range p.Members {
			sum += splitWeight(o.Split, demands[m.Demand].Units, demands[m.Demand].Weight)
		}
		for _, m := range p.Members {
			d := demands[m.Demand]
			down, _ := fixedPart(t.Fixed, splitWeight(o.Split, d.Units, d.Weight), sum)
			if m.Share > costOf(Tier{PerMember: t.PerMember, PerUnit: t.PerUnit}, 1, d.Units)+down {
				odd[m.Demand] = true
			}
		}
	}
	return odd
}
