package subsidies

import (
	"slices"
	"strings"
	"testing"
)

// explain evaluates an example and gives its sentences, with plain spaces.
func explain(t *testing.T, id string, lang Lang, facts map[string]string) []string {
	t.Helper()
	m := loadFile(t, "measures/examples/"+id+".yaml")
	f := m.NewFacts()
	for name, value := range facts {
		if err := f.Set(name, strings.Fields(value)...); err != nil {
			t.Fatal(err)
		}
	}
	trace, err := m.Explain(f, m.From, lang)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(trace))
	for i, line := range trace {
		lines[i] = strings.ReplaceAll(line, "\u00a0", " ")
	}
	return lines
}

// Goal: a citizen can follow the cents. Method: whole sentences for one household
// of each kind of rule, worked by hand (domain reference, 2.3).
func TestTracesAreReadByCitizens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id    string
		lang  Lang
		facts map[string]string
		want  []string
	}{
		{"monopoli_sad_2018", Italian, map[string]string{"isee": "12345.67", "hours": "20"}, []string{
			"ISEE sociosanitario: 12.345,67 €.",
			"Tariffa oraria: ISEE 12.345,67 € è fra 7.500,01 € e 30.000,00 €: 12.345,67 × 8,00 / 30.000,00 = 3,2921…, arrotondato a 3,29 €/ora.",
			"Quota del mese: 3,29 × 20 = 65,80 €/mese.",
			"Risultato: Tariffa oraria 3,29 €/ora, Quota del mese 65,80 €/mese.",
		}},
		{"monopoli_sad_2018", English, map[string]string{"isee": "12345.67", "hours": "20"}, []string{
			"Hourly rate: ISEE €12,345.67 is between €7,500.01 and €30,000.00: 12,345.67 × 8.00 / 30,000.00 = 3.2921…, rounded to €3.29/hour.",
		}},
		{"monopoli_sad_2018", Italian, map[string]string{"hours": "20"}, []string{
			"Non risulta un ISEE sociosanitario valido.",
			"Tariffa oraria: ISEE non risulta: 13,80 €/ora.",
		}},
		{"inps_assegno_unico_2022", Italian, map[string]string{"isee": "20000.01", "minors": "1", "children_18_20": "0", "both_parents_work": "no"}, []string{
			"Scatti da 100 € sopra 15.000 € (ISEE 20.000,01 € supera 15.000,00 €): 51 scatti (51 è (20.000,01 − 15.000,00) / 100,00 = 50,0001, arrotondato per eccesso).",
			"Per ogni figlio da 18 a 20 anni: ISEE 20.000,01 € è fra 15.000,01 € e 40.000,00 €: 85,00 − 0,24 × 51 = 72,76, arrotondato a 72,80 €.",
			"Maggiorazione per il lavoro dei genitori: 0,00 €, perché entrambi i genitori lavorano: no.",
		}},
		{"inps_bonus_nido_2023", Italian, map[string]string{"isee": "18000", "rette": strings.Repeat("310.00 ", 11)}, []string{
			"Massimo dell'undicesima rata: 3.000,00 − 10 × 272,73 = 272,70 €.",
			"Contributo: 3.000,00 € (3.000,00 è la somma su «rette pagate»: mese 1–10: 10 × 272,73; mese 11: 272,70).",
		}},
		{"lombardia_bonus_assistenti_familiari_2023", Italian, map[string]string{"isee": "25000", "annual_salary_cost": "5000", "registered_assistant": "yes", "resident_5y": "yes"}, []string{
			"Contributo: 5.000,00 × 60 % = 3.000,00 €, ridotto al massimo di 2.400,00 €.",
		}},
		{"milano_baf_wemi_2017", Italian, map[string]string{
			"isee": "17000.01", "kind": "badante", "weekly_hours": "40", "person_age": "90", "in_residential_care": "no", "other_municipal_grant": "no", "documented_spend": "9000",
		}, []string{
			"Requisito mancante: ISEE fino a 17.000 €; invece ISEE 17.000,01 € supera 17.000,00 € (differenza 0,01 €). La misura non spetta.",
			"Risultato: Rimborso una tantum 0,00 €.",
		}},
		{"lombardia_buono_scuola_2024_25", English, map[string]string{"isee": "8000.01", "level": "primaria"}, []string{
			"Voucher: ISEE €8,000.01 is between €8,000.01 and €16,000.00, school level primaria: €600.00/year.",
		}},
		{"lucca_mensa_trasporto_2015_16", Italian, map[string]string{"isee": "9150", "resident": "yes", "child_order": "2"}, []string{
			"Tariffa per pasto (residente a Lucca: sì): ISEE 9.150,00 € è fra 4.000,00 € e 24.000,00 €: 2,00 + (9.150,00 − 4.000,00) × (5,00 − 2,00) / (24.000,00 − 4.000,00) = 2,7725 €/pasto.",
			"Pasto: dal secondo figlio (−10 %): 2,7725 × 90 % = 2,49525, arrotondato a 2,50 €/pasto.",
		}},
	} {
		lines := explain(t, c.id, c.lang, c.facts)
		for _, want := range c.want {
			if !slices.Contains(lines, want) {
				t.Errorf("%s: no line %q in\n%s", c.id, want, strings.Join(lines, "\n"))
			}
		}
	}
}

// A price rule speaks English too: every sentence of it.
func TestPriceRulesAreExplainedInEnglish(t *testing.T) {
	t.Parallel()
	m := measureOf(t, "contributo-laboratori-scuola-2026")
	for _, c := range []struct {
		isee, want string
	}{
		{"9200", "It falls in the bracket above €6,500.00 and up to €12,500.00: 60% of the share is due."},
		{"99000", "The ISEE is above the last bracket"},
		{"", "No valid ISEE (for minors) is on record: without one nothing is due."},
	} {
		f := m.NewFacts()
		if c.isee != "" {
			if err := f.Set("isee", c.isee); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Set("price", "50"); err != nil {
			t.Fatal(err)
		}
		trace, err := m.Explain(f, m.From, English)
		text := strings.Join(trace, "\n")
		if err != nil || !strings.Contains(text, c.want) {
			t.Errorf("no %q in\n%s (%v)", c.want, text, err)
		}
		for _, italian := range []string{"Il ", "contributo", "Nessun", "spetta", "quota", "scaglione"} {
			if strings.Contains(strings.TrimPrefix(text, trace[0]), italian) {
				t.Errorf("%q is Italian in\n%s", italian, text)
			}
		}
	}
	linear := Linear{1000_00, 2000_00, 50_00, 10_00}
	if got := linear.explain(&writer{lang: English}, 1500_00); got != "The percentage falls from 50% to 10% between an ISEE of €1,000.00 and €2,000.00: 30% of the share is due." {
		t.Error(got)
	}
}

// What decided is told: the reduction that lost, why a step counts, the months of
// a list, which ISEE counts.
func TestTracesSayWhatDecided(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id    string
		facts map[string]string
		want  string
	}{
		{"mensa-valfiorita-2026", map[string]string{"isee_ordinario": "18000", "resident": "yes", "child_order": "2", "disability": "yes", "meals": "1", "special_diet_days": "0"},
			"Pasto: disabilità (−25 %): 5,30 × 75 % = 3,975, arrotondato a 3,98 €/pasto (conta solo la riduzione maggiore, non anche secondo figlio (−15 %))."},
		{"mensa-valfiorita-2026", map[string]string{"isee_ordinario": "18000", "resident": "yes", "child_order": "1", "disability": "no", "meals": "1", "special_diet_days": "0"},
			"Come ISEE conta quello ordinario."},
		{"mensa-valfiorita-2026", map[string]string{"resident": "no", "child_order": "1", "disability": "no", "meals": "1", "special_diet_days": "0"},
			"Tariffa della fascia: 7,015 €/pasto, perché residente: no."},
		{"nido-roccachiara-2026", map[string]string{"isee": "10000", "resident": "yes", "part_time": "no", "siblings_at_nido": "0", "start": "2026-09-01", "month_start": "2026-10-01", "absences": "2026-10-01 2026-10-03 2026-11-02"},
			"Retta intera (residente: sì): 10.000,00 × 2,2 % = 220,00 €/mese."},
		{"nido-roccachiara-2026", map[string]string{"isee": "10000", "resident": "yes", "part_time": "no", "siblings_at_nido": "0", "start": "2026-09-01", "month_start": "2026-10-01", "absences": "2026-10-01 2026-10-03 2026-11-02"},
			"Assenze del mese: 1 giorni (1 di 3 in «giorni di assenza» contano: 01/10/2026)."},
		{"assegno-maternita-comuni", map[string]string{"isee": "1000", "resident": "yes", "born": "2025-01-31", "applied_on": "2025-07-31", "children_born": "1", "other_allowance": "0"},
			"Requisito mancante: domanda entro sei mesi dalla nascita; invece 6 è pari a 6 (6 mesi compiuti dal 31/01/2025 al 31/07/2025). La misura non spetta."},
		{"sad-valfiorita-2026", map[string]string{"isee_sociosanitario": "14000", "weeks": "4 4 10", "alone": "no"},
			"Somma delle settimane: 138,00 € (138,00 è la somma su «ore per settimana»: settimana 1–2: 2 × 34,00; settimana 3: 70,00)."},
	} {
		m := loadFile(t, "testdata/measures_written/"+c.id+".yaml")
		f := m.NewFacts()
		for name, value := range c.facts {
			if err := f.Set(name, strings.Fields(value)...); err != nil {
				t.Fatal(err)
			}
		}
		trace, err := m.Explain(f, m.From, Italian)
		text := strings.ReplaceAll(strings.Join(trace, "\n"), "\u00a0", " ")
		if err != nil || !slices.Contains(strings.Split(text, "\n"), c.want) {
			t.Errorf("no %q in\n%s (%v)", c.want, text, err)
		}
	}
}

func TestTraceSaysWhenTheMeasureIsNotInForce(t *testing.T) {
	t.Parallel()
	m := loadFile(t, "measures/examples/monopoli_sad_2018.yaml")
	trace, err := m.Explain(m.Worked[0].Facts, on(2019, 1, 1), Italian)
	if err != nil || len(trace) != 3 || trace[1] != "La tariffa vale dal 01/01/2018 al 31/12/2018: in questa data non è in vigore." ||
		trace[2] != "Risultato: nessuna tariffa è stabilita per questa data (non vuol dire gratis)." {
		t.Errorf("%v, %v", trace, err)
	}
}
