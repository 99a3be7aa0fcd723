package pooling

// bound checks the bound that a formation states. With a certificate it must
// be no less than what the multipliers prove; without one it is taken as
// stated. Nothing can serve more than it.
func (c *checker) bound(b *Bound, workers int) {
	if b.Served < 0 || c.sums.served.exceeds(int64(b.Served)) {
		c.add("bound", "", "", "serves %s, more than the bound of %d", c.sums.served, b.Served)
	}
	if b.Certificate == nil {
		return
	}
	if b.Method != methodLagrangian {
		c.add("bound", "", "", "a bound by method %q has no certificate of multipliers", b.Method)
		return
	}
	proven, err := int64(0), b.Certificate.fits(c.s)
	if err == nil {
		proven, err = certifiedBy(c.register, b.Certificate, nil, workers)
	}
	switch {
	case err != nil:
		c.add("bound", "", "", "certificate: %v", err)
	case int64(b.Served) < proven/b.Certificate.Denominator:
		c.add("bound", "", "", "a bound of %d claims less than its multipliers prove, which is %d", b.Served, proven/b.Certificate.Denominator)
	}
}
