package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// demoClock is the clock of the demo: the machine's time plus an offset that
// the clock page and the loading of the city can change. It is safe for
// concurrent use. The offset is kept in a small file, so that a restart goes on
// from the same day.
type demoClock struct {
	path string

	mu    sync.RWMutex
	state demoClockState
}

// demoClockState is the file of the clock.
type demoClockState struct {
	Offset time.Duration `json:"offset_ns"`      // added to the machine's time
	Load   *demoLoad     `json:"load,omitempty"` // nil when no city was ever loaded
}

// demoLoad remembers a loading of the city, so that one that was killed goes on
// with the same dates.
type demoLoad struct {
	From    time.Time `json:"from"`    // the machine's time when it began: the present of the city
	Reached time.Time `json:"reached"` // no act so far is later than this
	Done    bool      `json:"done"`
}

// newDemoClock reads the file of a clock; without one, the clock shows the
// machine's time. An empty path keeps nothing.
func newDemoClock(path string) (*demoClock, error) {
	c := &demoClock{path: path}
	if path == "" {
		return c, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("demo clock: %w", err)
	}
	if err := json.Unmarshal(data, &c.state); err != nil {
		return nil, fmt.Errorf("demo clock: %s is damaged, delete it to go back to the real time: %w", path, err)
	}
	return c, nil
}

// Now is the machine's time plus the offset, in UTC.
func (c *demoClock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return time.Now().Add(c.state.Offset).UTC()
}

// Set moves the clock to t; from there it runs on. When the offset cannot be
// kept the clock moves all the same, until the next restart.
func (c *demoClock) Set(t time.Time) {
	c.change(func(s *demoClockState) { s.Offset = time.Until(t) })
}

// Reset puts the clock back to the machine's time.
func (c *demoClock) Reset() {
	c.change(func(s *demoClockState) { s.Offset = 0 })
}

// load is what is known of the loading of the city.
func (c *demoClock) load() (demoLoad, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.state.Load == nil {
		return demoLoad{}, false
	}
	return *c.state.Load, true
}

// move moves the clock like [demoClock.Set] and keeps nothing: a loading moves
// it hundreds of times and keeps how far it may have come.
func (c *demoClock) move(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state.Offset = time.Until(t)
}

// reach keeps how far a loading may have come.
func (c *demoClock) reach(l demoLoad) {
	c.change(func(s *demoClockState) { s.Load = &l })
}

// arrive ends a loading: the clock shows the machine's time again.
func (c *demoClock) arrive(l demoLoad) {
	l.Done = true
	c.change(func(s *demoClockState) { s.Offset, s.Load = 0, &l })
}

func (c *demoClock) change(f func(*demoClockState)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.state)
	if err := c.keep(); err != nil {
		slog.Warn("the demo's clock cannot be kept", "error", err)
	}
}

// keep replaces the file in one step, so that a kill leaves the old one or the
// new one.
func (c *demoClock) keep() error {
	if c.path == "" {
		return nil
	}
	data, err := json.Marshal(c.state)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(c.path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(c.path+".new", c.path)
}
