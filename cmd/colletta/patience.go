package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// exitAborted is the status of a program that was interrupted, as shells use it.
const exitAborted exitCode = 130

// patience says when a search should end: after a time, or when somebody asks.
type patience struct {
	limit       time.Duration // 0: no limit
	begun       time.Time
	searching   atomic.Bool
	interrupted atomic.Bool
}

// begin starts the time.
func (p *patience) begin() {
	p.begun = time.Now()
	p.searching.Store(true)
}

func (p *patience) end() { p.searching.Store(false) }

func (p *patience) elapsed() time.Duration { return time.Since(p.begun) }

// spent is how many thousandths of the time are over, for [pooling.Options].
func (p *patience) spent() int {
	switch {
	case p.interrupted.Load():
		return 1000
	case p.limit == 0:
		return 0
	}
	return int(min(1000, p.elapsed()*1000/p.limit))
}

// heed waits for signals until stop is called. One during the search ends the
// search; any other calls abort, which should not return.
func (p *patience) heed(signals <-chan os.Signal, stderr io.Writer, abort func()) (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-signals:
				if !p.searching.Load() || p.interrupted.Swap(true) {
					abort()
					return
				}
				sayEnding(stderr)
			}
		}
	}()
	return func() { close(done) }
}

// sayEnding answers the first Ctrl-C. On a terminal it stands between the echo of
// the keys and a line that the bar may take.
func sayEnding(stderr io.Writer) {
	const words = "ending the search with the best so far; once more aborts\n"
	if isTerminal(stderr) {
		fmt.Fprint(stderr, "\n"+words+"\n")
		return
	}
	fmt.Fprint(stderr, words)
}

// usage is the CPU time and the most memory, in bytes, that this process has
// used so far; zero where the system does not say.
func usage() (cpu time.Duration, peak int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	peak = int64(u.Maxrss)
	if runtime.GOOS != "darwin" { // which counts bytes, the others kilobytes
		peak *= 1024
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), peak
}
