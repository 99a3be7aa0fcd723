package catalogue

import (
	"errors"
	"testing"
	"time"
)

func TestSlotIDsAndLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, label  string
		day        string
		start, end string
	}{
		{"tue-16", "martedì 16–17", "tue", "16:00", "17:00"},
		{"mon-08", "lunedì 8–9", "mon", "08:00", "09:00"},
		{"sat-1630-1800", "sabato 16:30–18", "sat", "16:30", "18:00"},
		{"sun-0930-1015", "domenica 9:30–10:15", "sun", "09:30", "10:15"},
		{"fri-2200-2400", "venerdì 22–24", "fri", "22:00", "24:00"},
	} {
		s, err := ParseSlot(c.id)
		if err != nil {
			t.Errorf("%s: %v", c.id, err)
			continue
		}
		if s.ID() != c.id || s.Label() != c.label || s.DayID() != c.day || s.Start() != c.start || s.End() != c.end {
			t.Errorf("%s: %s, %q, %s %s %s", c.id, s.ID(), s.Label(), s.DayID(), s.Start(), s.End())
		}
	}
	for _, id := range []string{"", "tue", "tue-24", "tue-16-17", "tue-1600-1700", "tue-1800-1700", "tue-1660-1800", "mar-16", "TUE-16", "tue-16 "} {
		if _, err := ParseSlot(id); !errors.Is(err, ErrSlotFormat) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if got := SlotLabel("whenever"); got != "whenever" {
		t.Errorf("label of no slot: %q", got)
	}
}

func TestWeekGridFitsOneRound(t *testing.T) {
	t.Parallel()
	grid := WeekGrid()
	if len(grid) == 0 || len(grid) > 64 {
		t.Fatalf("%d slots", len(grid))
	}
	for i, s := range grid {
		if again, err := ParseSlot(s.ID()); err != nil || again != s {
			t.Errorf("%s: %v", s.ID(), err)
		}
		if s.Day == time.Sunday {
			t.Errorf("%s is on a Sunday", s.ID())
		}
		for _, o := range grid[:i] {
			if s.Overlaps(o) {
				t.Errorf("%s overlaps %s", s.ID(), o.ID())
			}
		}
	}
}

func FuzzParseSlot(f *testing.F) {
	for _, s := range []string{"tue-16", "sat-1630-1800", "sun-2300-2400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s, err := ParseSlot(id)
		if err == nil && (s.ID() != id || s.StartMinute >= s.EndMinute || s.EndMinute > 1440) {
			t.Fatalf("%q gives %+v", id, s)
		}
	})
}
