package catalogue

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"colletta/refusal"
)

// Slot is a weekly block of time (fascia), on the wall clock of Europe/Rome.
type Slot struct {
	Day         time.Weekday
	StartMinute int // minutes after midnight, 0..1439
	EndMinute   int // minutes after midnight, above StartMinute, up to 1440
}

// ErrSlotFormat says that a text is no slot. Args: slot.
var ErrSlotFormat = refusal.New(refusal.KindInvalid, "slot_format")

var (
	dayIDs   = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	dayNames = [...]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"}
	slotID   = regexp.MustCompile(`^([a-z]{3})-([0-9]{2})(?:([0-9]{2})-([0-9]{2})([0-9]{2}))?$`)
)

// ParseSlot reads the ID of a slot: "tue-16" is Tuesday from 16 to 17,
// "tue-1630-1800" from 16:30 to 18:00. It returns [ErrSlotFormat].
func ParseSlot(id string) (Slot, error) {
	parts := slotID.FindStringSubmatch(id)
	if parts == nil {
		return Slot{}, ErrSlotFormat.With("slot", id)
	}
	s := Slot{Day: -1}
	for day, name := range dayIDs {
		if name == parts[1] {
			s.Day = time.Weekday(day)
		}
	}
	minutes := make([]int, 4)
	for i, text := range parts[2:] {
		minutes[i], _ = strconv.Atoi(text)
	}
	s.StartMinute = minutes[0]*60 + minutes[1]
	s.EndMinute = minutes[2]*60 + minutes[3]
	if parts[3] == "" {
		s.EndMinute = s.StartMinute + 60
	}
	if s.Day < 0 || minutes[1] > 59 || minutes[3] > 59 || s.StartMinute >= s.EndMinute || s.EndMinute > 24*60 || s.ID() != id {
		return Slot{}, ErrSlotFormat.With("slot", id)
	}
	return s, nil
}

// ID is the text that [ParseSlot] reads; it names the slot in offers, demands
// and snapshots.
func (s Slot) ID() string {
	if s.StartMinute%60 == 0 && s.EndMinute == s.StartMinute+60 {
		return fmt.Sprintf("%s-%02d", dayIDs[s.Day], s.StartMinute/60)
	}
	return fmt.Sprintf("%s-%02d%02d-%02d%02d", dayIDs[s.Day],
		s.StartMinute/60, s.StartMinute%60, s.EndMinute/60, s.EndMinute%60)
}

// DayID is the day as in the round schema: "mon" to "sun".
func (s Slot) DayID() string { return dayIDs[s.Day] }

// Start is the beginning as in the round schema: "16:00".
func (s Slot) Start() string { return clock(s.StartMinute) }

// End is the end as in the round schema: "17:00".
func (s Slot) End() string { return clock(s.EndMinute) }

// Overlaps tells whether two slots share a minute of the week.
func (s Slot) Overlaps(o Slot) bool {
	return s.Day == o.Day && s.StartMinute < o.EndMinute && o.StartMinute < s.EndMinute
}

// Label is the slot for readers: "martedì 16–17", "martedì 16:30–18".
func (s Slot) Label() string {
	return fmt.Sprintf("%s %s–%s", dayNames[s.Day], hour(s.StartMinute), hour(s.EndMinute))
}

// WeekGrid lists the slots that forms offer: one hour each, Monday to Friday
// from 8 to 19 and Saturday from 8 to 13, in the order of the week. They are 60,
// within the 64 of one round (round schema, slots[]).
func WeekGrid() []Slot {
	var grid []Slot
	for day := time.Monday; day <= time.Saturday; day++ {
		last := 19
		if day == time.Saturday {
			last = 13
		}
		for h := 8; h < last; h++ {
			grid = append(grid, Slot{day, h * 60, h*60 + 60})
		}
	}
	return grid
}

// SlotLabel is the label of the slot with an ID, or the ID itself when it is
// no slot of this package.
func SlotLabel(id string) string {
	s, err := ParseSlot(id)
	if err != nil {
		return id
	}
	return s.Label()
}

func clock(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

func hour(minutes int) string {
	if minutes%60 == 0 {
		return strconv.Itoa(minutes / 60)
	}
	return strings.TrimPrefix(clock(minutes), "0")
}
