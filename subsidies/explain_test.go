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

func TestTraceSaysWhenTheMeasureIsNotInForce(t *testing.T) {
	t.Parallel()
	m := loadFile(t, "measures/examples/monopoli_sad_2018.yaml")
	trace, err := m.Explain(m.Worked[0].Facts, on(2019, 1, 1), Italian)
	if err != nil || len(trace) != 3 || trace[1] != "La tariffa vale dal 01/01/2018 al 31/12/2018: in questa data non è in vigore." ||
		trace[2] != "Risultato: nessuna tariffa è stabilita per questa data (non vuol dire gratis)." {
		t.Errorf("%v, %v", trace, err)
	}
}
