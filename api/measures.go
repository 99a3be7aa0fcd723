package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"colletta/desk"
	"colletta/subsidies"
)

// factsBytesMax bounds the body of a question to a measure.
const factsBytesMax = 256 << 10

func (s server) registerMeasures(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "measures", Method: http.MethodGet, Path: "/api/v1/measures", Summary: "Measures in force",
		Description: "Every subsidy and tariff of the municipality that was published, with the act that decided it.",
	}, s.measures)
	huma.Register(api, huma.Operation{
		OperationID: "measure", Method: http.MethodGet, Path: "/api/v1/measures/{id}", Summary: "A measure in force",
		Description: "With its inputs, its results, and its text as data (docs/measures.md).",
		Errors:      []int{http.StatusNotFound},
	}, s.measure)
	huma.Register(api, huma.Operation{
		OperationID: "ask-measure", Method: http.MethodPost, Path: "/api/v1/measures/{id}/evaluation", Summary: "What a measure gives to some facts",
		Description:  "Reckons exactly, and explains every line in Italian and English. Nothing is stored, nobody's data are looked at, and the answer grants nothing.",
		MaxBodyBytes: factsBytesMax, DefaultStatus: http.StatusOK, Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge},
	}, s.askMeasure)
}

// Text is a text in both languages.
type Text struct {
	IT string `json:"it"`
	EN string `json:"en"`
}

// MeasureSummary is a measure in a list.
type MeasureSummary struct {
	ID          string    `json:"id" example:"mensa-2026"`
	Name        Text      `json:"name"`
	Kind        string    `json:"kind" enum:"benefit,tariff" doc:"benefit: what a household gets; tariff: what it pays"`
	ValidFrom   string    `json:"valid_from" format:"date"`
	ValidTo     string    `json:"valid_to" format:"date" doc:"Included"`
	Act         string    `json:"act" doc:"The act that decided it"`
	URL         string    `json:"url,omitempty"`
	Protocol    string    `json:"protocol,omitempty"`
	PublishedAt time.Time `json:"published_at"`
}

// Measure is a measure with what it asks and what it gives.
type Measure struct {
	MeasureSummary
	Note    string          `json:"note,omitempty" doc:"What a reader must know first, in Italian"`
	ISEE    []string        `json:"isee" doc:"The kinds of ISEE that it looks at, the first that a household has counts; none if it looks at none"`
	Inputs  []MeasureInput  `json:"inputs"`
	Outputs []MeasureOutput `json:"outputs"`
	YAML    string          `json:"yaml" doc:"The measure as data, with its worked cases"`
}

// MeasureInput is one fact that a measure asks for.
type MeasureInput struct {
	Name     string   `json:"name"`
	Type     string   `json:"type" doc:"money, integer, number, yes_no, choice, date, or list_of_ one of them"`
	Label    Text     `json:"label"`
	Unit     Text     `json:"unit"`
	Optional bool     `json:"optional" doc:"It may be null or left out"`
	Words    []string `json:"words,omitempty" doc:"Of a choice"`
	From     string   `json:"from,omitempty" doc:"Least, included"`
	To       string   `json:"to,omitempty" doc:"Most, included"`
	ItemsMax int      `json:"items_max,omitempty" doc:"Of a list"`
}

// MeasureOutput is one result of a measure.
type MeasureOutput struct {
	Name  string `json:"name"`
	Label Text   `json:"label"`
	Unit  Text   `json:"unit"`
}

type measuresOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Measures []MeasureSummary `json:"measures"`
	}
}

func (s server) measures(ctx context.Context, _ *struct{}) (*measuresOutput, error) {
	all, err := s.Desk.MeasuresInForce(ctx, nobody)
	if err != nil {
		return nil, problemOf(ctx, err)
	}
	out := &measuresOutput{CacheControl: "no-store"}
	out.Body.Measures = []MeasureSummary{}
	for _, m := range all {
		out.Body.Measures = append(out.Body.Measures, summaryOf(m))
	}
	return out, nil
}

func summaryOf(in desk.MeasureInForce) MeasureSummary {
	m := in.Measure
	return MeasureSummary{
		ID: m.ID, Name: Text(m.Name), Kind: string(m.Kind), ValidFrom: m.From.Format(time.DateOnly), ValidTo: m.To.Format(time.DateOnly),
		Act: m.Source.Act, URL: m.Source.URL, Protocol: m.Source.Protocol, PublishedAt: in.PublishedAt.UTC(),
	}
}

type measureInput struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the measure"`
}

type measureOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Measure
}

func (s server) measure(ctx context.Context, in *measureInput) (*measureOutput, error) {
	found, err := s.Desk.MeasureInForce(ctx, nobody, in.ID)
	if err != nil {
		return nil, problemOf(ctx, err)
	}
	m := found.Measure
	body := Measure{MeasureSummary: summaryOf(found), Note: m.Note, ISEE: []string{}, Inputs: []MeasureInput{}, YAML: found.YAML, Outputs: outputsOf(m)}
	for _, k := range m.ISEEKinds {
		body.ISEE = append(body.ISEE, string(k))
	}
	for _, i := range m.Inputs {
		one := MeasureInput{Name: i.Name, Type: string(i.Type), Label: Text(i.Label), Unit: Text(i.Unit), Optional: i.Optional, Words: slices.Clone(i.Of)}
		if i.From != nil {
			one.From = i.From.String()
		}
		if i.To != nil {
			one.To = i.To.String()
		}
		if i.Type.IsList() {
			one.ItemsMax = i.ItemsMax
		}
		body.Inputs = append(body.Inputs, one)
	}
	return &measureOutput{CacheControl: "no-store", Body: body}, nil
}

func outputsOf(m *subsidies.Measure) []MeasureOutput {
	outputs := []MeasureOutput{}
	for _, o := range m.Outputs {
		outputs = append(outputs, MeasureOutput{o.Name, Text(o.Label), Text(o.Unit)})
	}
	return outputs
}

type askInput struct {
	ID   string `path:"id" maxLength:"64" doc:"Id of the measure"`
	Body Question
}

// Question are facts for a measure.
type Question struct {
	Date  string          `json:"date,omitempty" format:"date" doc:"Day of the evaluation; today if left out"`
	Facts map[string]Fact `json:"facts" doc:"By the name of the input"`
}

// Fact is a value for an input: a text, a number, true, false, null for what is
// missing, or a list. Numbers keep their text, so that no binary fraction comes
// between.
type Fact []string

// errFact says what a fact may be.
var errFact = errors.New("a text, a number, true, false, null or a list of them is expected")

// UnmarshalJSON reads a fact.
func (f *Fact) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return err
	}
	if value == nil {
		*f = nil
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	texts := make(Fact, len(list)) // never nil: an empty list is there
	for i, v := range list {
		switch v := v.(type) {
		case string:
			texts[i] = v
		case json.Number:
			texts[i] = v.String()
		case bool:
			texts[i] = fmt.Sprint(v)
		default:
			return errFact
		}
	}
	*f = texts
	return nil
}

// Schema is what a fact looks like in the description of the API.
func (Fact) Schema(huma.Registry) *huma.Schema {
	one := func() []*huma.Schema {
		return []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}, {Type: huma.TypeBoolean}}
	}
	return &huma.Schema{
		Description: "A text (\"8250.00\", \"2026-09-01\"), a number, true or false, null for what is missing, or a list of them",
		AnyOf:       append(one(), &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{AnyOf: one()}}, &huma.Schema{Type: "null"}),
	}
}

type askOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Answer
}

// Answer is what a measure gives to some facts.
type Answer struct {
	Measure string   `json:"measure"`
	Date    string   `json:"date" format:"date"`
	Outcome string   `json:"outcome" enum:"due,not_in_force,not_eligible" doc:"Of a tariff, anything but due means that no price is set, not that it is free"`
	Results []Amount `json:"results"`
	Trace   Trace    `json:"trace"`
}

// Amount is one result: an amount in euro with two decimals where its unit begins
// with €, a number otherwise.
type Amount struct {
	MeasureOutput
	Value string `json:"value" example:"3.29"`
}

// Trace is how the result was reckoned, line by line, for citizens.
type Trace struct {
	IT []string `json:"it"`
	EN []string `json:"en"`
}

func (s server) askMeasure(ctx context.Context, in *askInput) (*askOutput, error) {
	q := desk.MeasureQuestion{Measure: in.ID, On: in.Body.Date, Facts: map[string][]string{}}
	for name, fact := range in.Body.Facts {
		q.Facts[name] = fact
	}
	a, err := s.Desk.AskMeasure(ctx, nobody, q)
	if err != nil {
		return nil, problemOf(ctx, err)
	}
	body := Answer{
		Measure: a.Measure.ID, Date: a.On.Format(time.DateOnly), Outcome: string(a.Result.Outcome()), Results: []Amount{},
		Trace: Trace{IT: a.Italian, EN: a.English},
	}
	for i, o := range outputsOf(a.Measure) {
		value := a.Result.Values[i].Text(0)
		if a.Measure.Outputs[i].Euro {
			value = a.Result.Values[i].Text(2)
		}
		body.Results = append(body.Results, Amount{o, value})
	}
	return &askOutput{CacheControl: "no-store", Body: body}, nil
}
