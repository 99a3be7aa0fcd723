package web

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"colletta/communities"
	"colletta/desk"
	"colletta/money"
	"colletta/pooling"
)

const hostile = `"><script>alert('x')</script>&amp; {{.}} ` + "\u202e" + `Łódź`

// Goal: whatever people typed, pages stay pages. Method: put a hostile text
// into every string of every sample page and render it.
func TestPagesEscapeEverything(t *testing.T) {
	s, err := sampleSite(true)
	if err != nil {
		t.Fatal(err)
	}
	for name, sample := range samplePages(s) {
		page := reflect.New(reflect.TypeOf(sample.page)).Elem()
		page.Set(reflect.ValueOf(sample.page))
		poison(page, 0)
		body, err := s.html(sample.template, page.Interface().(framed))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(strings.ToLower(string(body)), "<script") {
			t.Errorf("%s: a script came through", name)
		}
	}
}

// poison replaces strings that are only shown, in place or in copies of slices.
func poison(v reflect.Value, depth int) {
	if depth > 8 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(hostile)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() || v.Type().Field(i).Anonymous {
				poison(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		for i := range c.Len() {
			poison(c.Index(i), depth+1)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		c := reflect.New(v.Type().Elem())
		c.Elem().Set(v.Elem())
		v.Set(c)
		poison(c.Elem(), depth+1)
	}
}

func TestChartsTakeAnyNumbers(t *testing.T) {
	for name, p := range map[string]desk.OfferPictureView{
		"nothing":        {},
		"one step":       {Ladder: sampleLadder(3, 3, 1000, 0, 0)},
		"free":           {Ladder: sampleLadder(2, 9, 0, 0, 0), Candidates: 4},
		"ten millions":   {Ladder: sampleLadder(1, 1000, money.Max, money.Max, 99), Candidates: 5000, MaxMembers: 1000, MinMembers: 1},
		"all subsidised": {Ladder: sampleLadder(2, 9, 1, 1, 100), Candidates: 1, MinMembers: 2, MaxMembers: 9},
		"negative":       {Candidates: -1, MinMembers: -5, MaxMembers: -9, Ladder: sampleLadder(1, 3, 300, 0, 0)},
	} {
		b := groupBar(p)
		for _, segment := range b.Segments {
			if segment.X < 0 || segment.Width < 0 || segment.X+segment.Width > barWidth {
				t.Errorf("%s: bar %+v", name, segment)
			}
		}
		c := newPriceChart(p)
		if c == nil {
			continue
		}
		for _, dot := range c.Dots {
			if dot.X < 0 || dot.X > chartWidth || dot.Y < 0 || dot.Y > chartHeight {
				t.Errorf("%s: a point outside: %+v", name, dot)
			}
		}
		if len(c.Rows) > chartTableRowsAtMost+1 {
			t.Errorf("%s: %d rows", name, len(c.Rows))
		}
	}
}

func TestBarsNeverLeaveTheirBox(t *testing.T) {
	b := amountBar("Fondo", 100, segment{Amount: 70}, segment{Amount: 90}, segment{Amount: -5})
	for _, segment := range b.Segments {
		if segment.Width < 0 && segment.Amount > 0 || segment.X+segment.Width > barWidth {
			t.Errorf("%+v", segment)
		}
	}
	if empty := amountBar("Fondo", 0, segment{Amount: 0}); empty.Segments[0].Width != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestMapPutsEveryCommunityOnTheSheet(t *testing.T) {
	m := newNeedsMap([]desk.NeedPoint{
		{Name: "San Gottardo", XM: 514000, YM: 5033000, Demands: 10, Served: 12}, {Name: "nowhere", Demands: 1},
		{Name: "far", XM: 1 << 40, YM: -(1 << 40), Demands: 1 << 30}, {Name: "none", XM: 514000, YM: 5033000},
	}, nil)
	if m == nil || len(m.Bubbles) != 3 || len(m.Districts) != 9 {
		t.Fatalf("%+v", m)
	}
	for _, b := range m.Bubbles {
		if b.X < 0 || b.X > m.Width || b.Y < 0 || b.Y > m.Height || b.Inner > b.R {
			t.Errorf("%+v", b)
		}
	}
}

// Every outcome has words that end with what it means for the purse.
func TestEveryOutcomeHasWords(t *testing.T) {
	for _, code := range pooling.OutcomeCodes()[1:] {
		w := outcomeOf(desk.OutcomeView{Outcome: pooling.Outcome{Code: code, Missing: 1, MembersNeeded: 9, MaxPrice: 4000, Unit: "hour"}})
		if len(w.Lines) < 2 || w.Lines[len(w.Lines)-1] != "Non paghi nulla." || w.Served {
			t.Errorf("%s: %+v", code, w)
		}
		if outcomeShort(code) == string(code) {
			t.Errorf("%s has no short words", code)
		}
	}
}

func TestItalianDatesNumbersAndPlurals(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{instantText(sampleNow), "lunedì 23\u00a0novembre 2026 alle 16:30"},
		{dateText(sampleCharge("open").DueOn), "5\u00a0dicembre 2026"},
		{thousands(1234567), "1.234.567"}, {thousands(-1520), "-1.520"}, {thousands(7), "7"},
		{plural(1, "famiglia", "famiglie"), "1\u00a0famiglia"}, {plural(0, "famiglia", "famiglie"), "0\u00a0famiglie"},
		{groupsOfFour("IT60X0542811101000000123456"), "IT60 X054 2811 1010 0000 0123 456"}, {groupsOfFour(""), ""},
		{kindText(communities.KindSchool), "Scuola"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// What a page says of a result is what was proven, rounded against the program.
func TestWordsOfACertificate(t *testing.T) {
	pass := func(viable, served int, c *desk.CertificateView) []desk.PassView {
		return []desk.PassView{{Number: 1, Demands: 900, Viable: viable, Served: served, Certificate: c}}
	}
	for _, c := range []struct {
		passes []desk.PassView
		want   []string
	}{
		{nil, nil},
		{pass(0, 0, nil), []string{"Nessuna richiesta poteva stare in un gruppo, nemmeno nel più grande."}},
		{pass(1, 1, nil), []string{"1\u00a0richiesta poteva stare in un gruppo: 1\u00a0ha trovato posto."}},
		{pass(2, 0, &desk.CertificateView{Bound: 2, GapPermille: -1}), []string{
			"2\u00a0richieste potevano stare in un gruppo: nessuna ha trovato posto.",
			"Nessun modo di formare i gruppi può servire più di 2\u00a0famiglie: è dimostrato."}},
		{pass(830, 806, &desk.CertificateView{Bound: 815, GapPermille: 12}), []string{
			"830\u00a0richieste potevano stare in un gruppo: 806\u00a0hanno trovato posto.",
			"Il risultato è al massimo a 1,2\u00a0% dal migliore possibile: è dimostrato che nessun modo di formare i gruppi può servire più di 815\u00a0famiglie."}},
		{pass(9, 9, &desk.CertificateView{Bound: 9}), []string{
			"9\u00a0richieste potevano stare in un gruppo: 9\u00a0hanno trovato posto.",
			"Nessun altro modo di formare i gruppi può servire più famiglie: è dimostrato."}},
	} {
		if got := passLines(c.passes); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	twice := passLines(samplePasses())
	if len(twice) != 4 || !strings.Contains(twice[2], "3\u00a0famiglie in più") || !strings.Contains(twice[1], "con i contributi di quel passaggio può servire più di 23") {
		t.Errorf("two passes: %q", twice)
	}
}

// A family reads how good a result is; the seed, the work and the files with
// the ISEE values are for an officer.
func TestOnlyAnOfficerSeesWhatASecondRunNeeds(t *testing.T) {
	s, err := sampleSite(true)
	if err != nil {
		t.Fatal(err)
	}
	pages := samplePages(s)
	for name, officer := range map[string]bool{"round-twice": false, "round-proven": false, "round-officer": true} {
		body, err := s.html("round", pages[name].page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(body), "Quanto è buono il risultato") || !strings.Contains(string(body), "è dimostrato") {
			t.Errorf("%s: nothing about how good the result is", name)
		}
		for _, secret := range []string{"733007751850", "fotografia.json", "esito.json", "Lavoro svolto"} {
			if strings.Contains(string(body), secret) != officer {
				t.Errorf("%s: %q is there: %v, want %v", name, secret, !officer, officer)
			}
		}
	}
	unproven, err := s.html("round", pages["round-unproven"].page)
	if err != nil || strings.Contains(string(unproven), "dimostrato") {
		t.Errorf("without a bound the page claims a proof (%v)", err)
	}
}

func TestLinkedMailOnlyLinksHere(t *testing.T) {
	pieces := linked("Apri http://localhost:8080/accedi/Ab-C_1. O http://evil.example/x", "http://localhost:8080")
	if len(pieces) != 3 || pieces[1].Href != "/accedi/Ab-C_1" || pieces[2].Href != "" || !strings.Contains(pieces[2].Text, "evil.example") {
		t.Errorf("%+v", pieces)
	}
}

func TestSeriesPreview(t *testing.T) {
	good := seriesForm{Name: "x", OpensOn: "0 8 1 * *", ClosesOn: "0 20 20 * *", StartsOn: "2026-12-01", Effort: "high", TimeLimit: "180"}
	request, dates, err := good.read(sampleNow)
	if err != nil || len(dates) != 3 || shortText(dates[0].Opens) != "01/12/2026 08:00" || shortText(dates[0].Closes) != "20/12/2026 20:00" || shortText(dates[2].Opens) != "01/02/2027 08:00" {
		t.Errorf("%v %v %v", request, dates, err)
	}
	for field, change := range map[string]func(*seriesForm){
		"opens_on":   func(f *seriesForm) { f.OpensOn = "x" },
		"closes_on":  func(f *seriesForm) { f.ClosesOn = "0 0 30 2 *" },
		"starts_on":  func(f *seriesForm) { f.StartsOn = "2026-02-30" },
		"effort":     func(f *seriesForm) { f.Effort = "furious" },
		"time_limit": func(f *seriesForm) { f.TimeLimit = "181" },
	} {
		form := good
		change(&form)
		_, _, err := form.read(sampleNow)
		list := refusalFields(err)
		if len(list) != 1 || list[0] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
