package pooling

import (
	"sync"
	"sync/atomic"
)

// parallel does jobs 0..n-1 with several goroutines. Each makes its own worker,
// with memory of its own; which of them does a job must not matter to the
// result.
func parallel(workers, n int, newWorker func() func(job int)) {
	workers = max(1, min(workers, n))
	if workers == 1 {
		work := newWorker()
		for job := range n {
			work(job)
		}
		return
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Add(1)
		go func() {
			defer all.Done()
			work := newWorker()
			for job := int(next.Add(1)) - 1; job < n; job = int(next.Add(1)) - 1 {
				work(job)
			}
		}()
	}
	all.Wait()
}
