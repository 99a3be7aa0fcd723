package web

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"colletta/communities"
	"colletta/desk"
	"colletta/refusal"
	"colletta/subsidies"
)

func sampleCertificate(state subsidies.ISEEState) desk.CertificateISEEView {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	c := desk.CertificateISEEView{CountsToday: state == subsidies.ISEEVerified, ISEECertificate: subsidies.ISEECertificate{
		ID: "i1", Kind: subsidies.ISEEMinors, Calculation: subsidies.CalculationOrdinary, Value: 12_345_67, Protocol: "INPS-ISEE-2026-00000000A-00",
		DSUDate: day(1, 15), ValidFrom: day(1, 15), ValidTo: day(12, 31), Size: 3, Scale: 204, Source: subsidies.SourceFamily, State: state,
	}}
	if state == subsidies.ISEERefused {
		c.Kind, c.Supersedes, c.Calculation = subsidies.ISEECurrent, []subsidies.ISEEKind{subsidies.ISEEOrdinary, subsidies.ISEEMinors}, subsidies.CalculationFamily
		c.Reason, c.Notes = "Il valore non è quello dell’attestazione: ricopialo dalla prima pagina.", "Omissione: conto corrente estero"
		c.Warnings = refusal.List{subsidies.WarnISEENotes, subsidies.WarnISEEScale.With("least", "2,04")}
	}
	return c
}

func sampleMyISEE() desk.MyISEEView {
	return desk.MyISEEView{
		Certificates: []desk.CertificateISEEView{sampleCertificate(subsidies.ISEERefused), sampleCertificate(subsidies.ISEEDeclared), sampleCertificate(subsidies.ISEEVerified)},
		Readings: []desk.ReadingView{
			{LastAt: sampleNow, Purpose: "own", Who: "Giulia Brambilla", Own: true, Times: 2},
			{LastAt: sampleNow, Purpose: "verify", Who: "Elena Riva", Times: 2},
			{LastAt: sampleNow, Purpose: "form_round", Round: "Psicomotricità al nido San Gottardo", Times: 1},
			{LastAt: sampleNow, Purpose: "simulate", Who: "Elena Riva", Times: 1},
			{LastAt: sampleNow, Purpose: "close_round", Who: "Elena Riva", Round: "Psicomotricità al nido San Gottardo", Times: 1},
		},
	}
}

func sampleISEELines() []desk.ISEELineView {
	line := desk.ISEELineView{
		ID: "i1", Household: "Famiglia Brambilla", Kind: subsidies.ISEEMinors, Calculation: subsidies.CalculationOrdinary, Source: subsidies.SourceFamily,
		ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), State: subsidies.ISEEDeclared, RecordedAt: sampleNow,
	}
	other := line
	other.ID, other.Household, other.Kind, other.Calculation, other.State = "i2", "Famiglia Esposito", subsidies.ISEEResidences, subsidies.CalculationFamily, subsidies.ISEEVerified
	return []desk.ISEELineView{line, other}
}

// iseeSamples are the pages of certificates in every shape.
func iseeSamples(s *site, family, office func(title, here string) frame) map[string]samplePage {
	typed := desk.ISEEForm{Kind: "corrente", Supersedes: []string{"sociosanitario"}, Value: "tanto", Protocol: "INPS-ISEE-2026-00000000A-00"}
	errs := s.refusalsOf(refusal.List{subsidies.ErrISEEValue.With("max", "1").At("value"), subsidies.ErrISEEBase.At("supersedes"), subsidies.ErrISEEDay.With("value", "").At("dsu_on")}, iseeFields...)
	nobody := s.refusalsOf(refusal.List{desk.ErrTaxCodeUnknown.At("tax_code")}, append(iseeFields, "tax_code")...)
	faulty := desk.ISEEFilePreview{File: "isee.csv", Errors: []communities.CellError{
		{Row: 2, Column: "ISEE in euro", Value: "tanto", Code: subsidies.ErrISEEValue.Code, Args: map[string]any{"max": "1"}}, {Code: subsidies.ErrISEEFileMore.Code, Args: map[string]any{"count": 3}},
	}}
	home, desk1 := func() frame { return family("Il tuo ISEE", "/isee") }, func() frame { return office("Attestazioni ISEE", "/comune/isee") }
	open := func(state subsidies.ISEEState, reason string, errs refusals) iseeOpenPage {
		return s.newISEEOpenPage(desk1(), desk.OpenedISEEView{Household: "Famiglia Brambilla", RecordedAt: sampleNow, Certificate: sampleCertificate(state)}, reason, errs)
	}
	return map[string]samplePage{
		"isee":               {"isee", s.newISEEPage(home(), sampleMyISEE(), desk.ISEEForm{}, refusals{})},
		"isee-none":          {"isee", s.newISEEPage(home(), desk.MyISEEView{}, desk.ISEEForm{}, refusals{})},
		"isee-bad":           {"isee", s.newISEEPage(home(), sampleMyISEE(), typed, errs)},
		"isee-office":        {"isee_office", newISEEOfficePage(desk1(), desk.ISEEOfficeView{Waiting: sampleISEELines()[:1], TaxCode: "RSSMRA80A01F205X", Household: "Famiglia Esposito", Found: sampleISEELines(), CanAsk: true}, refusals{})},
		"isee-office-empty":  {"isee_office", newISEEOfficePage(desk1(), desk.ISEEOfficeView{}, nobody)},
		"isee-open":          {"isee_open", open(subsidies.ISEEDeclared, "", refusals{})},
		"isee-open-bad":      {"isee_open", open(subsidies.ISEEDeclared, "", s.refusalsOf(desk.ErrRequired.At("reason"), "reason"))},
		"isee-open-decided":  {"isee_open", open(subsidies.ISEERefused, "", refusals{})},
		"isee-new":           {"isee_new", iseeNewPage{desk1(), refusals{}, newISEEForm("/comune/isee/nuova", desk.ISEEForm{}, refusals{}, true), true}},
		"isee-new-operator":  {"isee_new", iseeNewPage{desk1(), nobody, newISEEForm("/comune/isee/nuova", typed, nobody, true), false}},
		"isee-import":        {"isee_import", s.newISEEImportPage(desk1(), nil, nil, refusals{})},
		"isee-import-good":   {"isee_import", s.newISEEImportPage(desk1(), &desk.ISEEFilePreview{File: "isee.csv", Rows: 12, New: 10, Unchanged: 2, Warnings: 1}, []byte("x"), refusals{})},
		"isee-import-errors": {"isee_import", s.newISEEImportPage(desk1(), &faulty, []byte("x"), refusals{})},
	}
}

// Every purpose of the audit log has words for the family, and none is left
// over; every kind, state and source too.
func TestEveryPurposeHasWords(t *testing.T) {
	text, err := os.ReadFile("../postgres/reading.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`Purpose = "([a-z_]+)"`).FindAllStringSubmatch(string(text), -1)
	if len(declared) < 10 || len(declared) != len(purposeWords) {
		t.Errorf("%d purposes are declared, %d have words", len(declared), len(purposeWords))
	}
	for _, m := range declared {
		if purposeWords[m[1]] == "" {
			t.Errorf("no words for %s", m[1])
		}
	}
	for _, k := range subsidies.ISEEKinds() {
		if iseeKindText(k) == "" {
			t.Errorf("no words for the kind %s", k)
		}
	}
	for _, state := range []subsidies.ISEEState{subsidies.ISEEDeclared, subsidies.ISEEVerified, subsidies.ISEERefused} {
		if iseeStateText(state) == "" || iseeStateTone(state) == "" {
			t.Errorf("no words for the state %s", state)
		}
	}
}

// A list that an officer scrolls through shows nobody's value.
func TestListsOfCertificatesShowNoValue(t *testing.T) {
	s, err := sampleSite(true)
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.html("isee_office", samplePages(s)["isee-office"].page)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "€") || strings.Contains(string(body), "INPS-ISEE") {
		t.Error("an amount or a protocol is in the list")
	}
}
