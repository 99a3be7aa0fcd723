package pooling

import (
	"errors"
	"os"
	"strings"
	"testing"

	"colletta/money"
)

// Each case breaks e01 (or e11) in one place; the error must name the place.
func TestReadSnapshotNamesThePlaceOfAFault(t *testing.T) {
	tests := []struct{ name, file, old, new, path string }{
		{"unknown field", "e01", `"units":1,`, `"units":1,"colour":"red",`, "demands[0].colour"},
		{"field in other case", "e01", `"units":1,`, `"Units":1,`, "demands[0].Units"},
		{"key twice", "e01", `"units":1,`, `"units":1,"units":2,`, "demands[0].units"},
		{"id twice", "e01", `{"id":"d2"`, `{"id":"d1"`, "demands[1].id"},
		{"missing field", "e01", `"units":1,`, ``, "demands[0].units"},
		{"unknown household", "e01", `"household":"h1"`, `"household":"h99"`, "demands[0].household"},
		{"unknown slot", "e01", `"slots":["mon-16","wed-16"],"max_price"`, `"slots":["sun-16"],"max_price"`, "demands[0].slots[0]"},
		{"slot twice", "e01", `"slots":["mon-16","wed-16"],"max_price"`, `"slots":["mon-16","mon-16"],"max_price"`, "demands[0].slots[1]"},
		{"rising tier", "e01", `"fixed":"94.00"`, `"fixed":"100.01"`, "offers[0].tiers[1].fixed"},
		{"first tier", "e01", `"from_members":1,"fixed":"100.00"`, `"from_members":2,"fixed":"100.00"`, "offers[0].tiers[0].from_members"},
		{"number for money", "e01", `"max_price":"30.00"`, `"max_price":30.00`, "demands[0].max_price"},
		{"three decimals", "e01", `"max_price":"30.00"`, `"max_price":"30.001"`, "demands[0].max_price"},
		{"exponent", "e01", `"max_price":"30.00"`, `"max_price":"1e9"`, "demands[0].max_price"},
		{"NaN", "e01", `"max_price":"30.00"`, `"max_price":"NaN"`, "demands[0].max_price"},
		{"negative price", "e01", `"max_price":"30.00"`, `"max_price":"-1.00"`, "demands[0].max_price"},
		{"price of zero", "e01", `"max_price":"30.00"`, `"max_price":"0.00"`, "demands[0].max_price"},
		{"price beyond the limit", "e01", `"max_price":"30.00"`, `"max_price":"10000000.01"`, "demands[0].max_price"},
		{"float units", "e01", `"units":1,`, `"units":1.0,`, "demands[0].units"},
		{"units beyond the limit", "e01", `"units":1,`, `"units":1001,`, "demands[0].units"},
		{"string units", "e01", `"units":1,`, `"units":"1",`, "demands[0].units"},
		{"array for object", "e01", `{"id":"c`, `[{"id":"c`, "communities"},
		{"overlapping slots", "e01", `"day":"wed","start":"16:00"`, `"day":"mon","start":"16:00"`, "slots[3]"},
		{"hour 25", "e01", `"end":"09:00"`, `"end":"25:00"`, "slots[0].end"},
		{"31 February", "e01", `"posted_on":"2026-09-01"`, `"posted_on":"2026-02-31"`, "demands[0].posted_on"},
		{"NUL in an id", "e01", `{"id":"d1"`, `{"id":"d\u0000"`, "demands[0].id"},
		{"half a surrogate", "e01", `{"id":"d1"`, `{"id":"\ud800"`, "demands[0].id"},
		{"100 percent without a cap", "e01", `"percent":"40"},{"isee_up_to":"20000.00","amount":"6.00"}]},"household_cap":"40.00"`, `"percent":"100"}]}`, "programmes[0].rule.brackets[0]"},
		{"percent and amount", "e01", `"percent":"40"`, `"percent":"40","amount":"1.00"`, "programmes[0].rule.brackets[0]"},
		{"rule of two kinds", "e01", `{"type":"linear",`, `{"type":"linear","brackets":[],`, "programmes[1].rule"},
		{"mode in version 1", "e01", `"category":"homework_help","slots":["mon-16","wed-16"],"area"`, `"category":"homework_help","mode":"together","slots":["mon-16","wed-16"],"area"`, "offers[0].mode"},
		{"unknown mode", "e11", `"mode": "rota"`, `"mode": "relay"`, "offers[0].mode"},
		{"max below min", "e11", `"max_members": 8`, `"max_members": 3`, "offers[0].max_members"},
		{"currency", "e01", `"currency": "EUR"`, `"currency": "USD"`, "round.currency"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := os.ReadFile("testdata/rounds/" + tt.file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if tt.name == "array for object" {
				tt.old, tt.new = `"communities":[`, `"communities":{"a":[],"b":[`
			}
			bad := strings.Replace(string(b), tt.old, tt.new, 1)
			if bad == string(b) {
				t.Fatalf("%s is not in %s", tt.old, tt.file)
			}
			_, err = ReadSnapshot(strings.NewReader(bad))
			var fault *InputError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v, want an InputError at %s", err, tt.path)
			}
			if fault.Path != tt.path {
				t.Errorf("path %s, want %s (%v)", fault.Path, tt.path, err)
			}
		})
	}
}

func TestReadSnapshotRefusesWhatIsNoDocument(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"null":          "null",
		"not JSON":      "round",
		"not UTF-8":     "{\"schema\":\"\xff\"}",
		"cut short":     `{"schema":"colletta.round/1","slots":[`,
		"two documents": "{}{}",
		"nesting bomb":  strings.Repeat("[", 1_000_000),
		"nested rounds": strings.Repeat(`{"round":`, 100_000),
		"other schema":  `{"schema":"colletta.round/3"}`,
		"long id":       `{"schema":"` + strings.Repeat("x", 10_000) + `"}`,
	} {
		var fault *InputError
		if _, err := ReadSnapshot(strings.NewReader(text)); !errors.As(err, &fault) {
			t.Errorf("%s: got %v, want an InputError", name, err)
		}
		if _, err := ReadFormation(strings.NewReader(text)); !errors.As(err, &fault) {
			t.Errorf("%s: formation: got %v, want an InputError", name, err)
		}
	}
}

func TestValidateOfferNamesEachField(t *testing.T) {
	good := Offer{
		ID: "o", Provider: "p", Category: "c", Mode: ModeTogether, Slots: []string{"t"}, Area: Area{Communities: []string{"c"}},
		MinMembers: 3, MaxMembers: 8, Split: SplitEqual, Tiers: []Tier{{1, 100_00, 0, 0}, {5, 90_00, 0, 0}},
	}
	if list := ValidateOffer(good); len(list) > 0 {
		t.Fatalf("a good offer is refused: %v", list)
	}
	tests := []struct {
		code, field string
		spoil       func(*Offer)
	}{
		{"offer_members_order", "max_members", func(o *Offer) { o.MaxMembers = 2; o.Tiers = o.Tiers[:1] }},
		{"offer_members_range", "min_members", func(o *Offer) { o.MinMembers = 0 }},
		{"offer_members_range", "max_members", func(o *Offer) { o.MaxMembers = 1001 }},
		{"offer_units_order", "max_units", func(o *Offer) { o.MinUnits, o.MaxUnits = 5, 4 }},
		{"offer_units_range", "min_units", func(o *Offer) { o.MinUnits = -1 }},
		{"offer_split_unknown", "split", func(o *Offer) { o.Split = "fair" }},
		{"offer_mode_unknown", "mode", func(o *Offer) { o.Mode = "relay" }},
		{"offer_radius_range", "mix_radius_m", func(o *Offer) { o.MixRadiusM = -1 }},
		{"offer_tiers_missing", "tiers", func(o *Offer) { o.Tiers = nil }},
		{"offer_tier_first", "tiers[0].from_members", func(o *Offer) { o.Tiers = []Tier{{2, 1, 0, 0}} }},
		{"offer_tier_order", "tiers[1].from_members", func(o *Offer) { o.Tiers = []Tier{{1, 2, 0, 0}, {1, 1, 0, 0}} }},
		{"offer_tier_rises", "tiers[1].fixed", func(o *Offer) { o.Tiers = []Tier{{1, 1, 0, 0}, {4, 2, 0, 0}} }},
		{"offer_tier_unreachable", "tiers[1].from_members", func(o *Offer) { o.Tiers = []Tier{{1, 2, 0, 0}, {9, 1, 0, 0}} }},
		{"offer_price_range", "tiers[0].per_unit", func(o *Offer) { o.Tiers = []Tier{{1, 2, 0, -1}} }},
		{"offer_price_range", "tiers[0].fixed", func(o *Offer) { o.Tiers = []Tier{{1, money.Max + 1, 0, 0}} }},
		{"offer_price_missing", "tiers[0].fixed", func(o *Offer) { o.Tiers = []Tier{{1, 0, 0, 0}} }},
		{"offer_slots_missing", "slots", func(o *Offer) { o.Slots = nil }},
		{"offer_area_missing", "area", func(o *Offer) { o.Area = Area{} }},
	}
	for _, tt := range tests {
		o := good
		tt.spoil(&o)
		list := ValidateOffer(o)
		if len(list) != 1 || list[0].Code != tt.code || list[0].Field != tt.field {
			t.Errorf("got %v, want %s at %s", list, tt.code, tt.field)
		}
	}
}
