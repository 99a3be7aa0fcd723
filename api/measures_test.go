package api

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"colletta/communities"
	"colletta/desk"
	"colletta/postgres"
	"colletta/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m, postgres.Migrate) }

// published serves a municipality in which a measure is in force.
func published(t *testing.T, file string) http.Handler {
	t.Helper()
	ctx := context.Background()
	db, err := postgres.Open(pgtest.New(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(db.Unlock(ctx, postgres.NewMaster()))
	var seen []byte
	d, err := desk.New(desk.Config{DB: db, Clock: stillClock{}, Gateway: refusingGateway{&seen}, PublicURL: "https://colletta.example", Municipality: 1})
	must(err)
	must(d.Found(ctx, "Lucca", desk.NewOfficer{GivenName: "Elena", FamilyName: "Riva", Email: "elena@comune.example"}))
	actor := func(email string) communities.Actor {
		t.Helper()
		a, err := db.ActorByEmail(ctx, email)
		must(err)
		return a
	}
	elena := actor("elena@comune.example")
	must(d.AppointOfficer(ctx, elena, desk.NewOfficer{GivenName: "Ada", FamilyName: "Neri", Email: "ada@comune.example"}))
	text, err := os.ReadFile("../subsidies/measures/examples/" + file)
	must(err)
	id, version, err := d.WriteMeasure(ctx, elena, desk.MeasureText{YAML: string(text)})
	must(err)
	must(d.PublishMeasure(ctx, actor("ada@comune.example"), desk.MeasureRelease{Measure: id, Version: version}))
	return New(Config{Desk: d, Ready: db.Ping})
}

// Goal: anybody reads the measures in force and reckons with them, to the cent,
// with a refusal at every fact that cannot be. Method: the tariff of the home care
// of Monopoli, whose cases are worked from its regulation.
func TestAMeasureInForceAnswersAnybody(t *testing.T) {
	t.Parallel()
	h := published(t, "monopoli_sad_2018.yaml")
	read := func(method, path, body string, into any) {
		t.Helper()
		w, _ := ask(t, h, method, path, body)
		if w.Code != 200 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var list struct{ Measures []MeasureSummary }
	read("GET", "/api/v1/measures", "", &list)
	if len(list.Measures) != 1 {
		t.Fatalf("%+v", list)
	}
	path := "/api/v1/measures/" + list.Measures[0].ID
	var m Measure
	read("GET", path, "", &m)
	if !strings.HasPrefix(m.YAML, "#") && !strings.Contains(m.YAML, "id: ") || len(m.Inputs) < 2 || len(m.Outputs) == 0 || m.Act == "" {
		t.Fatalf("%+v", m)
	}
	var a Answer
	read("POST", path+"/evaluation", `{"date": "2018-07-01", "facts": {"isee": 22345.67, "hours": 26}}`, &a)
	if a.Outcome != "due" || a.Results[0].Value != "5.96" || a.Results[1].Value != "154.96" || a.Results[1].Unit.IT != "€/mese" {
		t.Errorf("%+v", a)
	}
	if it := strings.Join(a.Trace.IT, "\n"); !strings.Contains(it, "22.345,67 × 8,00 / 30.000,00 = 5,9588…") || len(a.Trace.EN) == 0 {
		t.Errorf("trace %s", it)
	}
	read("POST", path+"/evaluation", `{"facts": {"isee": null, "hours": "26"}}`, &a)
	if a.Outcome != "not_in_force" || a.Date != "2026-11-23" {
		t.Errorf("%+v", a)
	}
	for _, c := range []struct {
		body   string
		status int
		fields []string
	}{
		{`{"facts": {"isee": "12.345,67", "hours": 1.5, "rooms": 3}}`, 422, []string{"facts.hours", "facts.isee", "facts.rooms"}},
		{`{"facts": {"isee": 5000}}`, 422, []string{"facts.hours"}},
		{`{"facts": {"isee": 5000, "hours": [1, 2]}, "date": "2018-02-30"}`, 422, nil},
		{`{"facts": {"isee": {"value": 1}, "hours": 1}}`, 422, nil},
		{`{"facts": {"isee": 5000`, 400, nil},
	} {
		w, p := ask(t, h, "POST", path+"/evaluation", c.body)
		if w.Code != c.status {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
		}
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Field)
		}
		if c.fields != nil && !slices.Equal(fields, c.fields) {
			t.Errorf("%s: %v %s", c.body, fields, w.Body)
		}
		for _, e := range p.Errors {
			if c.fields != nil && len(e.Args["detail"]) < 10 {
				t.Errorf("%s: %s does not say what is wrong: %s", c.body, e.Field, w.Body)
			}
		}
	}
	for _, path := range []string{"/api/v1/measures/none", "/api/v1/measures/none/evaluation"} {
		method, body := "GET", ""
		if strings.HasSuffix(path, "evaluation") {
			method, body = "POST", `{"facts": {}}`
		}
		if w, p := ask(t, h, method, path, body); w.Code != 404 || p.Code != "not_found" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
