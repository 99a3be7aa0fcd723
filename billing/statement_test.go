package billing

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/money"
	"colletta/refusal"
)

func statementFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/statements/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// line writes what matters of a movement.
func (m Movement) line() string {
	right, wrong := m.Sought()
	flags := ""
	for _, f := range []struct {
		on   bool
		word string
	}{{m.Reversal, " reversal"}, {m.Pending, " pending"}, {m.Fee, " fee"}} {
		if f.on {
			flags += f.word
		}
	}
	return fmt.Sprintf("%s%s|%s|%s|%s|%v%v|%s", m.Amount, flags, m.BankRef, m.EndToEndID, m.Name, right, wrong, m.Text)
}

// What is in the files, read by hand: 1250.50 + 46.92 + 20.00 + 336.58 + 10.00 -
// 10.00 - 5.50 = 1648.50; the batch is 46.92 + 91.16 + 200.00 less 1.50.
func TestReadStatements(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"giornaliero-02.xml": {
			"05428-20261130-123456 231 IT60X0542811101000000123456 1250.50 2026-11-30 1648.50 2026-11-30",
			"46.92|2611300000000001||BRAMBILLA GIULIA|[RF57AB12CD34EF56GH78][]|",
			"20.00|2611300000000002|E2E-7|D'AMICO NICOLÒ|[RF57AB12CD34EF56GH78][]|BONIFICO DA DE** **** 3000 PER rf57 ab12 cd34 ef56 gh78 acconto laboratorio",
			"46.92|2611300000000003|B1|UNO|[RF230123456789ABCDEF][]|RF230123456789ABCDEF",
			"91.16|2611300000000003|B2|DUE|[][]|",
			"200.00|2611300000000003|B3|TRE|[][]|",
			"-1.50 fee|2611300000000003|||[][]|",
			"10.00|2611300000000004|ERR-1|QUATTRO|[][]|",
			"-10.00 reversal|2611300000000004|ERR-1|QUATTRO|[][]|",
			"-5.50||||[][]|IMPOSTA DI BOLLO",
			"46.92 pending|2611300000000009||CINQUE|[RF76ZZZZ000011112222][]|RF76ZZZZ000011112222",
		},
		"mensile-08.xml": {
			"NOV  IT60X0542811101000000123456 0.00 2026-11-01 140.76 2026-11-30",
			"46.92|T1|RF57AB12CD34EF56GH78|Ànna Rossi|[RF57AB12CD34EF56GH78][]|",
			"93.84|T2||Verdi|[RF230123456789ABCDEF RF76ZZZZ000011112222][]|RF23-0123-4567-89AB-CDEF e RF76/ZZZZ/0000/1111/2222",
			"DIC  IT60X0542811101000000123456 140.76 2026-12-01 -9.24 2026-12-01",
			"-150.00|||Cooperativa Il Girotondo|[][]|Versamento novembre",
		},
	} {
		statements, err := ReadStatements(statementFile(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		keys := map[string]bool{}
		for _, s := range statements {
			got = append(got, strings.Join([]string{s.ID, s.Number, string(s.Account), s.Opening.String(), s.OpeningOn.Format(time.DateOnly), s.Closing.String(), s.ClosingOn.Format(time.DateOnly)}, " "))
			for _, m := range s.Movements {
				got = append(got, m.line())
				if keys[m.Key] {
					t.Errorf("%s: %s has the key of another", name, m.line())
				}
				keys[m.Key] = true
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// Every refusal names its line, and what follows from one change of a good file.
func TestStatementsAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	good := string(statementFile(t, "giornaliero-02.xml"))
	deep := "<a>" + strings.Repeat("<b>", 60) + strings.Repeat("</b>", 60) + "</a>"
	for name, c := range map[string]struct {
		old, new string
		want     *refusal.Error
		line     int
	}{
		"empty":            {good, " \n", ErrStatementEmpty, 0},
		"no statement":     {good, `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt/></Document>`, ErrStatementEmpty, 0},
		"another document": {"camt.053.001.02", "camt.052.001.02", ErrStatementVersion, 5},
		"another version":  {"camt.053.001.02", "camt.053.001.13", ErrStatementVersion, 5},
		"a spreadsheet":    {good, "IBAN;importo\n", ErrStatementEmpty, 0},
		"HTML":             {good, "<html></html>", ErrStatementVersion, 1},
		"document type":    {"<Document", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\n<Document", ErrStatementXML, 5},
		"unknown entity":   {"IMPOSTA DI BOLLO", "&bollo;", ErrStatementXML, 66},
		"cut off":          {"</Stmt>\n  </BkToCstmrStmt>\n</Document>", "", ErrStatementXML, 75},
		"too deep":         {"<FrToDt>", deep + "<FrToDt>", ErrStatementXML, 13},
		"dollars":          {`<Amt Ccy="EUR">20.00`, `<Amt Ccy="USD">20.00`, ErrStatementCurrency, 30},
		"no currency":      {`<Amt Ccy="EUR">20.00`, `<Amt>20.00`, ErrStatementCurrency, 30},
		"account in pound": {"<Ccy>EUR</Ccy>", "<Ccy>GBP</Ccy>", ErrStatementCurrency, 14},
		"zero":             {`>20.00<`, `>0.00<`, ErrStatementAmount, 30},
		"negative":         {`>20.00<`, `>-20.00<`, ErrStatementAmount, 30},
		"a fraction":       {`>20.00<`, `>20.001<`, ErrStatementAmount, 30},
		"a comma":          {`>20.00<`, `>20,00<`, ErrStatementAmount, 30},
		"exponent":         {`>20.00<`, `>2e1<`, ErrStatementAmount, 30},
		"too large":        {`>20.00<`, `>1000000000.01<`, ErrStatementAmount, 30},
		"huge":             {`>20.00<`, `>99999999999999999999<`, ErrStatementAmount, 30},
		"sums":             {`>20.00<`, `>20.01<`, ErrStatementBalance, 8},
		"batch":            {`>91.16<`, `>91.17<`, ErrStatementBatch, 39},
		"no opening":       {"OPBD", "OPAV", ErrStatementMissing, 8},
		"no closing":       {"CLBD", "ITBD", ErrStatementMissing, 8},
		"wrong account":    {"IT60X0542811101000000123456", "IT61X0542811101000000123456", ErrStatementValue, 14},
		"no account":       {"<IBAN>IT60X0542811101000000123456</IBAN>", "<Othr><Id>1</Id></Othr>", ErrStatementMissing, 8},
		"no day":           {"<BookgDt><Dt>2026-11-30</Dt></BookgDt>", "", ErrStatementMissing, 18},
		"30 February":      {"<BookgDt><Dt>2026-11-30</Dt></BookgDt>", "<BookgDt><Dt>2026-02-30</Dt></BookgDt>", ErrStatementValue, 20},
		"direction":        {"<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>", "<CdtDbtInd>X</CdtDbtInd><RvslInd>", ErrStatementValue, 57},
		"state":            {"<Sts>PDNG</Sts>", "<Sts>MAYBE</Sts>", ErrStatementValue, 69},
		"reversal":         {"<RvslInd>true", "<RvslInd>yes", ErrStatementValue, 57},
	} {
		_, err := ReadStatements([]byte(strings.Replace(good, c.old, c.new, 1)))
		var r *refusal.Error
		if !errors.As(err, &r) || r.Code != c.want.Code {
			t.Errorf("%s: %v, want %s", name, err, c.want.Code)
			continue
		}
		if line, _ := r.Args["line"].(int); line != c.line {
			t.Errorf("%s: at line %d, want %d (%v)", name, line, c.line, r)
		}
	}
	if _, err := ReadStatements(make([]byte, StatementBytesMax+1)); !errors.Is(err, ErrStatementTooLarge) {
		t.Errorf("too large: %v", err)
	}
	entry := `<Ntry><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-30</Dt></BookgDt></Ntry>`
	if _, err := ReadStatements([]byte(strings.Replace(good, "<Ntry>", strings.Repeat(entry, StatementMovementsMax+1)+"<Ntry>", 1))); !errors.Is(err, ErrStatementTooMany) {
		t.Errorf("too many: %v", err)
	}
}

// A movement has the same key in a daily file and in a longer one, whatever
// stands before it; equal ones of a day are told apart.
func TestAMovementHasOneKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
		one := rapid.Custom(func(t *rapid.T) Movement {
			return Movement{
				Amount: money.Amount(rapid.Int64Range(1, 3).Draw(t, "cents")), Text: rapid.SampledFrom([]string{"", "a"}).Draw(t, "text"),
				BankRef: rapid.SampledFrom([]string{"", "", "R1", "R2"}).Draw(t, "ref"), BookedOn: day.AddDate(0, 0, rapid.IntRange(0, 2).Draw(t, "day")),
			}
		})
		all := rapid.SliceOfN(one, 0, 12).Draw(t, "movements")
		slices.SortStableFunc(all, func(a, b Movement) int { return a.BookedOn.Compare(b.BookedOn) })
		for i := range all { // a bank uses a reference on one day
			if all[i].BankRef != "" {
				all[i].BankRef += all[i].BookedOn.Format(time.DateOnly)
			}
		}
		whole := Statement{Movements: slices.Clone(all)}
		whole.statementKeys()
		seen := map[string]bool{}
		for _, m := range whole.Movements {
			if seen[m.Key] {
				t.Fatalf("two movements with one key: %+v", m)
			}
			seen[m.Key] = true
		}
		for d := range 3 {
			var part Statement
			var want []string
			for _, m := range whole.Movements {
				if m.BookedOn.Equal(day.AddDate(0, 0, d)) {
					want = append(want, m.Key)
					m.Key = ""
					part.Movements = append(part.Movements, m)
				}
			}
			part.statementKeys()
			for i, m := range part.Movements {
				if m.Key != want[i] {
					t.Fatalf("day %d: other keys than in the whole file", d)
				}
			}
		}
	})
}

// One mistake in a reference is seen, and never reads as that reference. Check
// digits tell nearly all of them; where a letter and a digit are taken for each
// other (3X counts as 333, and so does X3), the text may read as a reference of no
// charge.
func TestAMistakeInAReferenceIsSeen(t *testing.T) {
	t.Parallel()
	const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.StringOfN(rapid.SampledFrom([]rune(letters)), 16, 16, -1).Draw(t, "seed")
		r, err := NewReference(seed)
		if err != nil {
			t.Fatal(err)
		}
		s := string(r)
		i := rapid.IntRange(2, len(s)-1).Draw(t, "at")
		alphabet := letters
		if i < 4 {
			alphabet = letters[:10]
		}
		c := string(rapid.SampledFrom([]rune(alphabet)).Draw(t, "character"))
		var typed string
		switch kind := rapid.IntRange(0, 3).Draw(t, "mistake"); kind {
		case 0:
			typed = s[:i] + c + s[i+1:]
		case 1:
			typed = s[:i] + s[i+1:]
		case 2:
			typed = s[:i] + c + s[i:]
		case 3:
			i = min(i, len(s)-2)
			typed = s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
		}
		if typed == s {
			return
		}
		if !r.Resembles(typed) {
			t.Fatalf("%s is not seen in %s", r, typed)
		}
		if len(typed) != len(s) || i < 4 && (typed[2] > '9' || typed[3] > '9') {
			return // it is read otherwise: with what follows, or not at all
		}
		right, wrong := Movement{Text: "quota " + typed + "."}.Sought()
		if slices.Contains(right, r) || len(right)+len(wrong) == 0 {
			t.Fatalf("%s for %s: right %v, wrong %v", typed, r, right, wrong)
		}
	})
	if Reference("RF57AB12CD34EF56GH78").Resembles("RF230123456789ABCDEF") || Reference("RF57AB12CD34EF56GH78").Resembles("RF57AB12CD34EF56GH78") {
		t.Error("another reference, or the same one, is no mistake")
	}
}

func TestSuggestRanksByReason(t *testing.T) {
	t.Parallel()
	claims := []Claim{
		{Charge: "a", Number: "2026-000001", Reference: "RF57AB12CD34EF56GH78", Due: 10_00, Names: []string{"Famiglia Rossi", "Mario Rossi"}},
		{Charge: "b", Number: "2026-000002", Reference: "RF230123456789ABCDEF", Due: 20_00, Names: []string{"Famiglia D’Amico", "Nicolò D’Amico"}},
		{Charge: "c", Number: "2026-000003", Reference: "RF76ZZZZ000011112222", Due: 10_00, Names: []string{"Famiglia Bo", "Li Bo"}},
		{Charge: "d", Number: "2026-000004", Reference: "RF76ZZZZ000011112223", Due: 0},
	}
	for _, c := range []struct {
		m    Movement
		want string
	}{
		{Movement{Amount: 10_00, Text: "rf57 ab12 cd34 ef56 gh78"}, "a:reference,amount c:amount"},
		{Movement{Amount: 5_00, Text: "RF57 AB12 CD34 EF56 GH79"}, "a:mistyped"},
		{Movement{Amount: 20_00, Name: "D'AMICO NICOLO' O FERRI ANNA"}, "b:name,amount"},
		{Movement{Amount: 10_00, Name: "ROSSI", Text: "quota 2026/000003"}, "c:number,amount a:name,amount"},
		{Movement{Amount: 7_00, Name: "LI BO", Text: "saluti"}, ""},
	} {
		var got []string
		for _, s := range Suggest(c.m, claims) {
			reasons := ""
			for _, r := range s.Reasons {
				reasons += "," + string(r)
			}
			got = append(got, string(s.Charge)+":"+reasons[1:])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s", c.m, got, c.want)
		}
	}
}

// A reader never panics, and what it accepts holds its own promises.
func FuzzReadStatements(f *testing.F) {
	f.Add(statementFile(f, "giornaliero-02.xml"))
	f.Add(statementFile(f, "mensile-08.xml"))
	f.Add([]byte(`<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		statements, err := ReadStatements(data)
		if err != nil {
			var r *refusal.Error
			if !errors.As(err, &r) {
				t.Fatalf("a fault: %v", err)
			}
			return
		}
		for _, s := range statements {
			if s.Opening+s.Booked() != s.Closing || s.ID == "" {
				t.Fatalf("%+v", s)
			}
			for _, m := range s.Movements {
				if m.Amount == 0 || m.Key == "" || !clean(m.Text) || !clean(m.Name) || !m.Pending && m.BookedOn.IsZero() {
					t.Fatalf("%+v", m)
				}
				m.Sought()
			}
		}
	})
}
