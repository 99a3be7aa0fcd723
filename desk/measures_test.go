package desk

import (
	"errors"
	"strings"
	"testing"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// Goal: a measure needs two people, of whom the second never wrote any of what
// is new in it. Method: two officers write and publish in every order.
func TestWhoWroteAMeasureCannotPublishIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	giorgio := w.actor("giorgio@comune.example")
	const id = "contributo-laboratori-scuola-2026"
	text, _ := subsidies.MeasureFile(id)
	changed := func(note string) string { return strings.Replace(string(text), "Misura dimostrativa.", note, 1) }
	write := func(a communities.Actor, note string) int {
		t.Helper()
		_, version, err := w.desk.WriteMeasure(w.ctx, a, MeasureText{YAML: changed(note), Note: note})
		w.must(err)
		return version
	}
	publish := func(a communities.Actor, version int, want *refusal.Error) {
		t.Helper()
		err := w.desk.PublishMeasure(w.ctx, a, MeasureRelease{Measure: id, Version: version})
		if want == nil && err != nil || want != nil && !errors.Is(err, want) {
			t.Fatalf("version %d: %v, want %v", version, err, want)
		}
	}

	if _, _, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: string(text)}); !errors.Is(err, ErrMeasureSame) {
		t.Fatalf("the same text again: %v", err)
	}
	publish(giorgio, 1, ErrMeasureOvertaken) // in force already
	if v := write(w.officer, "Seconda."); v != 2 {
		t.Fatalf("version %d after the first", v)
	}
	publish(w.officer, 2, postgres.ErrMeasureTwoHands)
	write(giorgio, "Terza, con una correzione di Giorgio.")
	publish(giorgio, 3, postgres.ErrMeasureTwoHands)
	publish(w.officer, 3, postgres.ErrMeasureTwoHands) // the second, which is part of it, was hers
	publish(giorgio, 2, ErrMeasureOvertaken)
	publish(giorgio, 4, postgres.ErrNotFound)

	w.must(w.desk.AppointOfficer(w.ctx, w.officer, NewOfficer{GivenName: "Ada", FamilyName: "Neri", Email: "ada@comune.example"}))
	publish(w.actor("ada@comune.example"), 3, nil)
	view, err := w.desk.Measure(w.ctx, w.officer, id)
	w.must(err)
	if len(view.Versions) != 3 || !view.Versions[0].Current || view.Versions[0].PublisherName != "Ada Neri" || !view.Versions[1].Draft() || view.Versions[2].Current {
		t.Fatalf("history %+v", view.Versions)
	}
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	if funds[0].Yaml != changed("Terza, con una correzione di Giorgio.") {
		t.Fatal("the version in force is not what rounds read")
	}
	write(giorgio, "Quarta.")
	publish(w.officer, 4, nil) // what she wrote is in force since Ada published it
}

func TestMeasureIsForOfficersAndItsCasesMustHold(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	text, _ := subsidies.MeasureFile("contributo-laboratori-scuola-2026")
	if _, _, err := w.desk.WriteMeasure(w.ctx, w.parent, MeasureText{YAML: string(text)}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Fatalf("a delegate writes a measure: %v", err)
	}
	if err := w.desk.PublishMeasure(w.ctx, w.parent, MeasureRelease{Measure: "contributo-laboratori-scuola-2026", Version: 1}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Fatalf("a delegate publishes a measure: %v", err)
	}
	_, _, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: strings.Replace(string(text), "expect: 24.00", "expect: 24.01", 1)})
	var r *refusal.Error
	if !errors.As(err, &r) || r.Code != subsidies.ErrCase.Code || r.Field != "yaml" {
		t.Fatalf("a measure whose case fails: %v", err)
	}
	view, err := w.desk.Measure(w.ctx, w.officer, "contributo-laboratori-scuola-2026")
	w.must(err)
	if len(view.Versions) != 1 {
		t.Fatalf("a refused text left %d versions", len(view.Versions))
	}
}

// Goal: whoever writes a measure on the page reads at once all that is wrong with
// it. Method: a text with two faults.
func TestAllFaultsOfAMeasureStandBesideItsText(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	text, _ := subsidies.MeasureFile("contributo-laboratori-scuola-2026")
	broken := string(text)
	for from, to := range map[string]string{"\nisee: ": "\nisee: minori #", "missing_isee: not_eligible": "missing_isee: {percent: 300}"} {
		if !strings.Contains(broken, from) {
			t.Fatalf("the measure no longer has %q", from)
		}
		broken = strings.Replace(broken, from, to, 1)
	}
	_, _, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: broken})
	list := refusal.All(err)
	if len(list) < 2 {
		t.Fatalf("%v", err)
	}
	for _, e := range list {
		if e.Field != "yaml" {
			t.Errorf("%v is beside %q", e, e.Field)
		}
	}
}
