package pooling

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

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

// Each case breaks the first demand of e01 at one value; the error must tell
// its place, the value as found and the rule.
func TestBadValueIsRefusedWithPathValueAndRule(t *testing.T) {
	t.Parallel()
	const (
		whole, amount, text, control = "must be a whole number", `must be an amount like "45.00"`, "must be a string", "must not hold control characters"
		units, price, id, slots      = `"units":1,`, `"max_price":"30.00"`, `{"id":"d1"`, `"slots":["mon-16","wed-16"],"max_price"`
	)
	long := strings.Repeat("9", 400)
	nines := long[:60] + "…"
	tests := []struct{ name, old, new, path, value, rule string }{
		{"decimal point", units, `"units":1.0,`, "units", "1.0", whole},
		{"exponent", units, `"units":1e3,`, "units", "1e3", whole},
		{"minus zero", units, `"units":-0,`, "units", "-0", whole},
		{"beyond 64 bits", units, `"units":9223372036854775808,`, "units", "9223372036854775808", whole},
		{"400 digits", units, `"units":` + long + `,`, "units", nines, whole},
		{"text for a number", units, `"units":"1",`, "units", "1", whole},
		{"null for a number", units, `"units":null,`, "units", "null", whole},
		{"true for a number", units, `"units":true,`, "units", "true", whole},
		{"array for a number", units, `"units":[1],`, "units", "[", whole},
		{"object for a number", units, `"units":{},`, "units", "{", whole},
		{"units of zero", units, `"units":0,`, "units", "0", "must be from 1 to 1000"},
		{"negative units", units, `"units":-1,`, "units", "-1", "must be from 1 to 1000"},
		{"leading zeros", units, `"units":00,`, "", `0,"slots":["mon-16","wed`, "must be JSON: invalid character '0'"},
		{"leading plus", units, `"units":+1,`, "units", `+1,"slots":["mon-16","we`, "must be JSON: invalid character '+'"},
		{"NaN", units, `"units":NaN,`, "units", `NaN,"slots":["mon-16","w`, "must be JSON: invalid character 'N'"},
		{"no value", units, `"units":,`, "units", `"slots":["mon-16","wed-1`, "must be JSON: invalid character ','"},
		{"number for money", price, `"max_price":30`, "max_price", "30", text},
		{"null for money", price, `"max_price":null`, "max_price", "null", text},
		{"three decimals", price, `"max_price":"30.001"`, "max_price", "30.001", amount},
		{"comma", price, `"max_price":"30,00"`, "max_price", "30,00", amount},
		{"point alone", price, `"max_price":"30."`, "max_price", "30.", amount},
		{"no digit before the point", price, `"max_price":".50"`, "max_price", ".50", amount},
		{"two points", price, `"max_price":"3.0.0"`, "max_price", "3.0.0", amount},
		{"plus", price, `"max_price":"+30.00"`, "max_price", "+30.00", amount},
		{"amount with an exponent", price, `"max_price":"1e9"`, "max_price", "1e9", amount},
		{"blank", price, `"max_price":" 30.00"`, "max_price", " 30.00", amount},
		{"empty amount", price, `"max_price":""`, "max_price", "", amount},
		{"ten digits", price, `"max_price":"1000000000"`, "max_price", "1000000000", amount},
		{"200 digits", price, `"max_price":"` + long[:200] + `"`, "max_price", nines, amount},
		{"over the limit", price, `"max_price":"10000000.01"`, "max_price", "10000000.01", "must be at most 10000000.00"},
		{"price of zero", price, `"max_price":"0.00"`, "max_price", "0.00", "must be from 0.01 to 10000000.00"},
		{"negative price", price, `"max_price":"-1.00"`, "max_price", "-1.00", "must be from 0.01 to 10000000.00"},
		{"NUL escaped", id, `{"id":"d\u0000"`, "id", "d\x00", control},
		{"NUL", id, "{\"id\":\"d\x00\"", "id", "\"d\x00\",\"household\":\"h1\",\"c", "must be JSON: invalid character '\\x00'"},
		{"next line", id, `{"id":"d\u0085"`, "id", "d\u0085", control},
		{"replacement character", id, `{"id":"d\ufffd"`, "id", "d\ufffd", control},
		{"half a surrogate", id, `{"id":"d\ud800"`, "id", `"d\ud800","household":"h`, "must be JSON: invalid surrogate"},
		{"surrogates in the wrong order", id, `{"id":"d\udc00\ud800"`, "id", `"d\udc00\ud800","househo`, "must be JSON: invalid surrogate"},
		{"invalid UTF-8", id, "{\"id\":\"d\xff\"", "id", "\"d\ufffd\",\"household\":\"h1\",\"c", "must be JSON: invalid UTF-8"},
		{"overlong UTF-8", id, "{\"id\":\"d\xc0\x80\"", "id", "\"d\ufffd\",\"household\":\"h1\",\"", "must be JSON: invalid UTF-8"},
		{"unknown escape", id, `{"id":"d\x"`, "id", `"d\x","household":"h1","`, "must be JSON: invalid escape"},
		{"empty id", id, `{"id":""`, "id", "", idRule},
		{"id of 257 bytes", id, `{"id":"` + long[:257] + `"`, "id", nines, "must be at most 256 bytes"},
		{"number for an id", id, `{"id":1`, "id", "1", text},
		{"array for an id", id, `{"id":["d1"]`, "id", "[", text},
		{"id without end", id, `{"id":"` + strings.Repeat("x", 3<<20), "id", "", "must not hold a text, number or gap of over 1048576 bytes"},
		{"surrogate in a key", id, `{"\ud800":"d1"`, "", `"\ud800":"d1","household`, "must be JSON: invalid surrogate"},
		{"key without quotes", id, `{id:"d1"`, "", `id:"d1","household":"h1"`, "must be JSON: invalid character 'i'"},
		{"number for a key", id, `{1:"d1"`, "", `1:"d1","household":"h1",`, "must be JSON: object member name must be a string"},
		{"comment", id, `/* first */{"id":"d1"`, "", `/* first */{"id":"d1","h`, "must be JSON: invalid character '/'"},
		{"key repeated", units, `"units":1,"units":1,`, "units", "", "must not occur twice"},
		{"key repeated in escapes", units, `"units":1,"\u0075nits":1,`, "units", "", "must not occur twice"},
		{"unknown field", units, `"units":1,"colour":"red",`, "colour", "", "is not a field of this format"},
		{"unknown field of 400 bytes", units, `"units":1,"` + long + `":"red",`, nines, "", "is not a field of this format"},
		{"missing field", units, ``, "units", "", "is missing"},
		{"text for an array", slots, `"slots":"mon-16","max_price"`, "slots", "mon-16", "must be an array"},
		{"null for an array", slots, `"slots":null,"max_price"`, "slots", "null", "must be an array"},
		{"object for an array", slots, `"slots":{"0":"mon-16"},"max_price"`, "slots", "{", "must be an array"},
		{"number in an array", slots, `"slots":["mon-16",16],"max_price"`, "slots[1]", "16", text},
		{"array in an array", slots, `"slots":[["mon-16"]],"max_price"`, "slots[0]", "[", text},
		{"comma at the end", slots, `"slots":["mon-16",],"max_price"`, "slots[1]", `],"max_price":"30.00","m`, "must be JSON: invalid character ','"},
		{"unknown slot", slots, `"slots":["mon-16","sun-16"],"max_price"`, "slots[1]", "sun-16", "is unknown"},
		{"slot twice", slots, `"slots":["mon-16","mon-16"],"max_price"`, "slots[1]", "mon-16", "must not occur twice"},
		{"10 MB of brackets", slots, `"slots":` + strings.Repeat("[", 10_000_000), "slots[0]", "[", text},
		{"10 MB of braces", units, strings.Repeat(`{"units":`, 1_000_000), "", `{"units":{"units":{"unit`, "must be JSON: exceeded max depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fault := faultOf(t, "e01", tt.old, tt.new)
			path := "demands[0]"
			if tt.path != "" {
				path += "." + tt.path
			}
			if fault.Path != path || fault.Value != tt.value || !strings.HasPrefix(fault.Rule, tt.rule) {
				t.Errorf("got  %q %q %q\nwant %q %q %q", fault.Path, fault.Value, fault.Rule, path, tt.value, tt.rule)
			}
		})
	}
}

// faultOf breaks a file in one place and returns the error.
func faultOf(t *testing.T, file, old, new string) *InputError {
	t.Helper()
	b, err := os.ReadFile("testdata/rounds/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(b), old, new, 1)
	if bad == string(b) {
		t.Fatalf("%s is not in %s", old, file)
	}
	_, err = ReadSnapshot(strings.NewReader(bad))
	var fault *InputError
	if !errors.As(err, &fault) {
		t.Fatalf("got %v, want an InputError", err)
	}
	return fault
}

func TestWhatIsNoDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, path, value, rule string }{
		{"empty", "", "", "", "must not end in the middle (byte 0)"},
		{"blank", " \n\t", "", "", "must not end in the middle"},
		{"null", "null", "", "null", "must be an object"},
		{"array", "[]", "", "[", "must be an object"},
		{"text", `"round"`, "", "round", "must be an object"},
		{"not JSON", "round", "", "round", "must be JSON: invalid character 'r'"},
		{"byte order mark", "\ufeff{}", "", "\ufeff{}", "must be JSON: invalid character"},
		{"UTF-16", "\xff\xfe{\x00", "", "\ufffd{\x00", "must be JSON: invalid character"},
		{"NUL", "\x00", "", "\x00", "must be JSON: invalid character"},
		{"cut short", `{"schema":"colletta.ro`, "schema", "", "must not end in the middle"},
		{"cut after a key", `{"schema"`, "schema", "", "must not end in the middle"},
		{"cut after a bracket", `{"schema":`, "schema", "", "must not end in the middle"},
		{"nesting bomb", strings.Repeat("[", 10_000_000), "", "[", "must be an object"},
		{"gap without end", strings.Repeat(" ", 3<<20) + "{}", "", "", "must not hold a text, number or gap of over 1048576 bytes"},
		{"number without end", `{"schema":` + strings.Repeat("1", 3<<20), "schema", "", "must not hold a text, number or gap of over 1048576 bytes"},
		{"long schema", `{"schema":"` + strings.Repeat("x", 10_000) + `"}`, "schema", strings.Repeat("x", 60) + "…", "must be at most 256 bytes"},
	} {
		for kind, read := range map[string]func(string) error{
			"snapshot":  func(text string) error { _, err := ReadSnapshot(strings.NewReader(text)); return err },
			"formation": func(text string) error { _, err := ReadFormation(strings.NewReader(text)); return err },
		} {
			var fault *InputError
			if err := read(tt.text); !errors.As(err, &fault) {
				t.Errorf("%s: %s: got %v, want an InputError", tt.name, kind, err)
			} else if fault.Path != tt.path || fault.Value != tt.value || !strings.HasPrefix(fault.Rule, tt.rule) {
				t.Errorf("%s: %s: got %q %q %q", tt.name, kind, fault.Path, fault.Value, fault.Rule)
			}
		}
	}
}

func TestAnythingAfterTheDocumentIsRefused(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/rounds/e01.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{"x", "{}", "null", ",", "]", "\x00", "\xff"} {
		var fault *InputError
		if _, err := ReadSnapshot(strings.NewReader(string(b) + rest)); !errors.As(err, &fault) || fault.Rule != "must end after the document" {
			t.Errorf("%q: got %v", rest, err)
		}
	}
	if _, err := ReadSnapshot(strings.NewReader(string(b) + " \r\n\t")); err != nil {
		t.Errorf("blanks: %v", err)
	}
}

// Wherever a file is cut, the error says that it ends too early.
func TestFileCutAnywhereIsRefused(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/rounds/e11.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := len(bytes.TrimSpace(b))
	for n := range whole {
		var fault *InputError
		if _, err := ReadSnapshot(bytes.NewReader(b[:n])); !errors.As(err, &fault) || !strings.HasPrefix(fault.Rule, "must not end in the middle") {
			t.Fatalf("cut at %d of %d: got %v", n, whole, err)
		}
	}
}

// A reader that fails is a fault of the world, not of the file; one that gives
// a byte at a time is read like any other.
func TestFailingReaderIsNoFaultOfTheFile(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/rounds/e01.json")
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is broken")
	for _, n := range []int{0, 1, 500, len(b)} {
		_, err := ReadSnapshot(io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(broken)))
		var fault *InputError
		if !errors.Is(err, broken) || errors.As(err, &fault) {
			t.Errorf("after %d bytes: got %v", n, err)
		}
	}
	slow, err := ReadSnapshot(iotest.OneByteReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	fast, err := ReadSnapshot(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(slow, fast) {
		t.Error("the speed of a reader changes what is read")
	}
}

// endless are blanks without end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestInputWithoutEndIsRefusedAtItsLimit(t *testing.T) {
	t.Parallel()
	src := source{r: endless{}, left: 200_000}
	if _, err := io.ReadAll(&src); !errors.Is(err, errTooLong) {
		t.Errorf("got %v", err)
	}
	if src.left != -1 {
		t.Errorf("%d bytes beyond the limit were read", -src.left)
	}
}

// Amounts are read as money.Parse reads them, whatever the text.
func TestAmountsAreReadAsMoneyParses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringOf(rapid.SampledFrom([]rune("0123456789.-"))),
			rapid.StringMatching(`-?[0-9]{0,11}(\.[0-9]{0,3})?`),
			rapid.String(),
		).Draw(t, "text")
		want, err := money.Parse(text)
		got, ok := amountOf([]byte(text), moneyDigitsMax)
		switch {
		case errors.Is(err, money.ErrRange):
			if !ok || got <= money.Max && got >= -money.Max {
				t.Fatalf("%q: got %v %v, want out of range", text, got, ok)
			}
		case (err == nil) != ok || ok && got != want:
			t.Fatalf("%q: got %v %v, want %v %v", text, got, ok, want, err)
		}
	})
}

func TestDatesAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		date := rapid.OneOf(
			rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]`),
			rapid.StringMatching(`(2000|2023|2024|1900)-0[12]-(28|29|30|31)`),
			rapid.StringOf(rapid.SampledFrom([]rune("0123456789-/+ "))),
		).Draw(t, "date")
		_, err := time.Parse(time.DateOnly, date)
		if isDate(date) != (err == nil) {
			t.Fatalf("%q: isDate says %v, the calendar %v", date, isDate(date), err)
		}
	})
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
