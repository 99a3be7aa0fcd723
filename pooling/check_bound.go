package pooling

// bound checks the bound that a formation states. With a certificate it must
// be no less than what its multipliers or cases prove; without one it is taken as
// stated. Nothing can serve more than it.
func (c *checker) bound(b *Bound, workers int) {
	if b.Served < 0 || c.sums.served.exceeds(int64(b.Served)) {
		c.add("bound", "", "", "serves %s, more than the bound of %d", c.sums.served, b.Served)
	}
	if b.Certificate == nil {
		return
	}
	method, what := methodLagrangian, "multipliers"
	if b.Certificate.Cases != nil {
		method, what = methodBranching, "cases"
	}
	if b.Method != method {
		c.add("bound", "", "", "a bound by method %q has no certificate of %s", b.Method, what)
		return
	}
	proven, err := c.certified(b.Certificate, workers)
	switch {
	case err != nil:
		c.add("bound", "", "", "certificate: %v", err)
	case int64(b.Served) < proven/b.Certificate.Denominator:
		c.add("bound", "", "", "a bound of %d claims less than its %s prove, which is %d", b.Served, what, proven/b.Certificate.Denominator)
	}
}
