package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// figures are everything that one run measured: docs/engine-figures.json.
type figures struct {
	Seed         uint64     `json:"seed"`
	Runs         int        `json:"runs"` // each figure is the median of so many
	Cores        int        `json:"cores"`
	Workers      int        `json:"workers,omitempty"` // of the engine; 0 when it chose
	Go           string     `json:"go"`
	System       string     `json:"system"`
	HighsSeconds int        `json:"highs_seconds"` // CPU seconds that HiGHS may take for one round
	Curve        []solved   `json:"curve"`
	Compared     []compared `json:"compared"`
}

// solved is one round solved by the engine at one effort.
type solved struct {
	Demands     int     `json:"demands"`
	Effort      string  `json:"effort"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	WallSeconds float64 `json:"wall_seconds"`
	PeakMB      float64 `json:"peak_mb"` // 10^6 bytes, resident
	Served      int     `json:"served"`
	Net         string  `json:"net"`             // euro
	Bound       int     `json:"bound,omitempty"` // certified; 0 when the solution carries none
	Summary     string  `json:"summary"`         // what the program itself said
}

// gap is by how many per cent of those served the optimum can be larger at most;
// ok is false without a certificate.
func (s solved) gap() (percent float64, ok bool) {
	if s.Bound == 0 || s.Served == 0 {
		return 0, false
	}
	return 100 * float64(s.Bound-s.Served) / float64(s.Served), true
}

// compared is one round decided by HiGHS, with the engine beside it.
type compared struct {
	Demands int      `json:"demands"`
	Seed    uint64   `json:"seed"`
	Highs   optimum  `json:"highs"`
	Engine  []solved `json:"engine"` // one per effort
}

// optimum is what the yardstick prints. Times are CPU seconds of the two stages
// alone: building the model and starting the interpreter are left out.
type optimum struct {
	Served           int      `json:"served"`
	Net              string   `json:"net"` // euro
	Proven           []string `json:"proven"`
	Solver           string   `json:"solver"`
	ServedSeconds    float64  `json:"served_seconds"`
	NetSeconds       float64  `json:"net_seconds"`
	Columns          int      `json:"columns"`
	Components       int      `json:"components"`
	ServedUpperBound int      `json:"served_upper_bound"`
}

// seconds are the CPU seconds of both stages.
func (o optimum) seconds() float64 { return o.ServedSeconds + o.NetSeconds }

const figuresName = "engine-figures.json"

func readFigures(docs string) (figures, error) {
	var f figures
	b, err := os.ReadFile(filepath.Join(docs, figuresName))
	if err != nil {
		return f, err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return f, fmt.Errorf("%s: %w", figuresName, err)
	}
	return f, nil
}

func writeFigures(docs string, f figures) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, figuresName), append(b, '\n'), 0o644)
}
