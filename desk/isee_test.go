package desk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// typedISEE is what a family types of an attestation for minors of 6,000.00.
func typedISEE(h communities.HouseholdID) ISEEForm {
	return ISEEForm{
		Household: h, Kind: "minorenni", Value: "6.000,00", Protocol: "INPS-ISEE-2026-00000000F-00", DSUOn: "15/01/2026", ValidFrom: "15/01/2026", ValidTo: "31/12/2026",
		Size: "3", Scale: "2,04",
	}
}

// person is somebody of a household with a sound tax code.
func (w *town) person(family communities.Actor, code string) communities.Person {
	w.t.Helper()
	_, people, err := w.db.Household(w.ctx, family.Household)
	w.must(err)
	people[0].TaxCode = code
	w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error { return tx.UpdatePerson(w.ctx, people[0]) }))
	return people[0]
}

const (
	rossi   = "RSSMRA80A01F205X"
	bianchi = "BNCLCU82C15F205N"
)

// What a family declares counts for money when an officer has verified it, and
// never before or after a refusal.
func TestADeclaredCertificateCountsOnceVerified(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	family, neighbour := w.families[0], w.families[1]
	_, err := w.pledge(round, family, "2000")
	w.must(err)
	subsidy := func() money.Amount {
		t.Helper()
		w.clock.set(w.clock.Now().Add(previewAge))
		view, err := w.desk.Round(w.ctx, family, round)
		w.must(err)
		return view.Offers[0].Subsidy
	}
	unusual, err := w.desk.FileISEE(w.ctx, family, typedISEE(family.Household))
	w.must(err)
	if len(unusual) > 0 {
		t.Errorf("warned of %v", unusual)
	}
	if got := subsidy(); got != 0 {
		t.Errorf("declared, it is worth %s", got)
	}
	for who, a := range map[string]communities.Actor{"a neighbour": neighbour, "the delegate": w.parent, "the family itself": family, "the provider": w.actor("coop@prova.example")} {
		if _, err := w.desk.ISEEOffice(w.ctx, a, ""); !errors.Is(err, communities.ErrNotAllowed) {
			t.Errorf("%s sees the queue: %v", who, err)
		}
	}
	office, err := w.desk.ISEEOffice(w.ctx, w.officer, "")
	w.must(err)
	if len(office.Waiting) != 1 {
		t.Fatalf("waiting: %+v", office.Waiting)
	}
	id := office.Waiting[0].ID
	if _, err := w.desk.ISEECertificate(w.ctx, w.parent, id); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("the delegate opens it: %v", err)
	}
	if err := w.desk.DecideISEE(w.ctx, family, ISEEDecision{ID: id, Verified: true}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("the family verifies its own: %v", err)
	}
	opened, err := w.desk.ISEECertificate(w.ctx, w.officer, id)
	w.must(err)
	if opened.Certificate.Value != 6_000_00 || opened.Certificate.Scale != 204 || opened.Certificate.State != subsidies.ISEEDeclared {
		t.Errorf("opened: %+v", opened)
	}
	err = w.desk.DecideISEE(w.ctx, w.officer, ISEEDecision{ID: id})
	wantRefusal(t, "a refusal without a reason", err, ErrRequired, "reason")
	w.must(w.desk.DecideISEE(w.ctx, w.officer, ISEEDecision{ID: id, Verified: true}))
	if err := w.desk.DecideISEE(w.ctx, w.officer, ISEEDecision{ID: id, Reason: "no"}); !errors.Is(err, ErrISEEDecided) {
		t.Errorf("decided twice: %v", err)
	}
	if got := subsidy(); got != 40_00 {
		t.Errorf("verified, it is worth %s, want the cap of 40.00", got)
	}
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	if i := slices.IndexFunc(mails, func(m MailView) bool { return m.To == family.Email && strings.Contains(m.Subject, "verificata") }); i < 0 || strings.Contains(mails[i].Text, "6.000") {
		t.Errorf("the letter about it: %+v", mails)
	}
}

func TestARefusedCertificateSaysWhyToTheFamilyAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	family := w.families[0]
	_, err := w.desk.FileISEE(w.ctx, family, typedISEE(family.Household))
	w.must(err)
	_, err = w.desk.FileISEE(w.ctx, family, typedISEE(family.Household))
	wantRefusal(t, "twice", err, postgres.ErrExists, "protocol")
	office, err := w.desk.ISEEOffice(w.ctx, w.officer, "")
	w.must(err)
	w.must(w.desk.DecideISEE(w.ctx, w.officer, ISEEDecision{ID: office.Waiting[0].ID, Reason: "Il valore è 6.100,00"}))
	mine, err := w.desk.MyISEE(w.ctx, family)
	w.must(err)
	if len(mine.Certificates) != 1 || mine.Certificates[0].Reason != "Il valore è 6.100,00" || mine.Certificates[0].CountsToday {
		t.Errorf("the family sees %+v", mine.Certificates)
	}
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	if !strings.Contains(mails[0].Subject, "non è stata accettata") || strings.Contains(mails[0].Text, "6.100") {
		t.Errorf("letter: %+v", mails[0])
	}
	if _, err := w.desk.FileISEE(w.ctx, family, typedISEE(family.Household)); err != nil {
		t.Errorf("filing again after a refusal: %v", err)
	}
}

// A family sees who looked at its values and why, and nothing of a neighbour's.
func TestAFamilySeesWhoLookedAtItsISEE(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	family, neighbour := w.families[0], w.families[1]
	_, err := w.desk.FileISEE(w.ctx, family, typedISEE(family.Household))
	w.must(err)
	for _, f := range w.families[:12] {
		_, err := w.pledge(round, f, "200")
		w.must(err)
	}
	office, err := w.desk.ISEEOffice(w.ctx, w.officer, "")
	w.must(err)
	_, err = w.desk.ISEECertificate(w.ctx, w.officer, office.Waiting[0].ID)
	w.must(err)
	w.must(w.desk.DecideISEE(w.ctx, w.officer, ISEEDecision{ID: office.Waiting[0].ID, Verified: true}))
	w.finish(round)
	_, err = w.desk.ExportRound(w.ctx, w.officer, round, 1)
	w.must(err)

	mine, err := w.desk.MyISEE(w.ctx, family)
	w.must(err)
	seen := map[string]ReadingView{}
	for _, r := range mine.Readings {
		seen[r.Purpose] = r
	}
	for purpose, who := range map[postgres.Purpose]string{
		postgres.PurposeOwn: family.Name, postgres.PurposeVerify: "Elena Riva", postgres.PurposeClose: "Elena Riva", postgres.PurposeForm: "Elena Riva",
		postgres.PurposeLetters: "Elena Riva", postgres.PurposeExport: "Elena Riva",
	} {
		if r, ok := seen[string(purpose)]; !ok || r.Who != who {
			t.Errorf("%s: %+v, want %s", purpose, r, who)
		}
	}
	if r := seen[string(postgres.PurposeVerify)]; r.Times != 2 || r.Own {
		t.Errorf("two openings on one day are one line: %+v", r)
	}
	if r := seen[string(postgres.PurposeExport)]; r.Round == "" {
		t.Errorf("the export does not name its round: %+v", r)
	}
	other, err := w.desk.MyISEE(w.ctx, neighbour)
	w.must(err)
	for _, r := range other.Readings {
		if r.Purpose == string(postgres.PurposeVerify) || r.Purpose == string(postgres.PurposeOwn) && !r.Own {
			t.Errorf("the neighbour sees %+v", r)
		}
	}
	if _, err := w.desk.MyISEE(w.ctx, w.parent); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a delegate without a household: %v", err)
	}
}

// In the log: every value that was opened in a whole round, and only those.
func TestTheLogHoldsEveryOpeningOfARound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	before := w.db.Opened()
	round := w.scarceRound()
	_, err := w.desk.Round(w.ctx, w.families[0], round)
	w.must(err)
	w.finish(round)
	_, err = w.desk.Recompute(w.ctx, w.officer, round)
	w.must(err)
	w.sound()
	if got, want := w.readingsTold(), w.db.Opened()-before; got != want || want == 0 {
		t.Errorf("the log tells of %d openings, there were %d", got, want)
	}
	// A rotation opens everything, and the round still recomputes to the cent.
	w.must(w.desk.RotateKey(w.ctx, w.officer, func(int) {}))
	if got, want := w.readingsTold(), w.db.Opened()-before; got != want {
		t.Errorf("after a rotation the log tells of %d openings, there were %d", got, want)
	}
	w.recomputesTo(round, 2)
	w.sound()
	if err := w.desk.RotateKey(w.ctx, w.families[0], func(int) {}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family rotates keys: %v", err)
	}
	keys, err := w.db.Keys(w.ctx)
	w.must(err)
	if len(keys) != 2 || keys[0].Sealed != 0 || keys[1].Sealed < scarceFamilies {
		t.Errorf("keys: %+v", keys)
	}
}

// readingsTold sums the openings that the audit log tells of.
func (w *town) readingsTold() int64 {
	w.t.Helper()
	conn := w.connect()
	defer conn.Close(w.ctx)
	var told int64
	w.must(conn.QueryRow(w.ctx, "SELECT coalesce(sum((detail ->> 'values')::bigint), 0) FROM audit WHERE act = 'read_isee'").Scan(&told))
	return told
}

func iseeCSV(lines ...string) []byte {
	return []byte(strings.Join(subsidies.ISEEFileColumns(), ";") + "\n" + strings.Join(lines, "\n"))
}

const iseeLine = rossi + ";minorenni;;;6.000,00;INPS-ISEE-2026-00000000A-00;15/01/2026;15/01/2026;31/12/2026;3;2,04;"

func TestAFileOfCertificatesIsImportedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.person(w.families[0], rossi)
	w.person(w.families[1], bianchi)
	file := ISEEFileRequest{File: "isee.csv", Data: iseeCSV(iseeLine, strings.NewReplacer(rossi, bianchi, "00A-00", "00B-00", "6.000,00", "0").Replace(iseeLine))}
	preview, err := w.desk.PreviewISEEFile(w.ctx, w.officer, file)
	w.must(err)
	if preview.New != 2 || preview.Rows != 2 || len(preview.Errors) > 0 {
		t.Fatalf("preview: %+v", preview)
	}
	if n, err := w.db.CountISEE(w.ctx, subsidies.ISEEVerified); err != nil || n != 0 {
		t.Fatalf("the preview stored %d (%v)", n, err)
	}
	for i, want := range []ISEEFileDone{{2, 0}, {0, 2}} {
		if done, err := w.desk.ConfirmISEEFile(w.ctx, w.officer, file); err != nil || done != want {
			t.Errorf("import %d: %+v, %v", i+1, done, err)
		}
	}
	mine, err := w.desk.MyISEE(w.ctx, w.families[0])
	w.must(err)
	if len(mine.Certificates) != 1 || mine.Certificates[0].Value != 6_000_00 || mine.Certificates[0].Source != subsidies.SourceCSV || !mine.Certificates[0].CountsToday {
		t.Errorf("the family has %+v", mine.Certificates)
	}
	for name, c := range map[string]struct {
		line string
		want *refusal.Error
	}{
		"nobody's tax code":           {strings.Replace(iseeLine, rossi, "VRDGPP79T30H501S", 1), ErrTaxCodeUnknown},
		"a mistyped one":              {strings.Replace(iseeLine, rossi, "RSSMRA80A01F205Y", 1), communities.ErrTaxCodeCheck},
		"the protocol of a neighbour": {strings.Replace(iseeLine, rossi, bianchi, 1), ErrISEEOther},
		"an unknown kind":             {strings.Replace(iseeLine, "minorenni", "medio", 1), subsidies.ErrISEEKind},
	} {
		bad := ISEEFileRequest{File: "isee.csv", Data: iseeCSV(c.line)}
		preview, err := w.desk.PreviewISEEFile(w.ctx, w.officer, bad)
		w.must(err)
		if len(preview.Errors) != 1 || preview.Errors[0].Code != c.want.Code || preview.Errors[0].Row != 2 || preview.Errors[0].Column == "" {
			t.Errorf("%s: %+v", name, preview.Errors)
		}
		if _, err := w.desk.ConfirmISEEFile(w.ctx, w.officer, bad); !errors.Is(err, ErrImportFaulty) {
			t.Errorf("%s: confirmed: %v", name, err)
		}
	}
	if _, err := w.desk.ConfirmISEEFile(w.ctx, w.parent, file); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a delegate imports: %v", err)
	}
	w.sound()
}

// An officer decides on nobody's certificate at home, by no way.
func TestAnOfficerDoesNotDecideAtHome(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	officer := w.officer
	officer.Household = w.families[0].Household
	w.person(w.families[0], rossi)
	_, err := w.desk.FileISEE(w.ctx, officer, typedISEE(officer.Household))
	w.must(err)
	office, err := w.desk.ISEEOffice(w.ctx, officer, rossi)
	w.must(err)
	if len(office.Waiting) != 1 || len(office.Found) != 1 {
		t.Fatalf("what the officer files for the own family is not declared: %+v", office)
	}
	if _, err := w.desk.ISEECertificate(w.ctx, officer, office.Waiting[0].ID); !errors.Is(err, ErrISEEOwn) {
		t.Errorf("opens it as an officer: %v", err)
	}
	if err := w.desk.DecideISEE(w.ctx, officer, ISEEDecision{ID: office.Waiting[0].ID, Verified: true}); !errors.Is(err, ErrISEEOwn) {
		t.Errorf("verifies it: %v", err)
	}
	preview, err := w.desk.PreviewISEEFile(w.ctx, officer, ISEEFileRequest{File: "isee.csv", Data: iseeCSV(iseeLine)})
	w.must(err)
	if len(preview.Errors) != 1 || preview.Errors[0].Code != ErrISEEOwn.Code {
		t.Errorf("imports it: %+v", preview)
	}
}

func TestTypedCertificatesAreRefusedBesideTheField(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	family := w.families[0]
	for field, change := range map[string]func(*ISEEForm){
		"kind":        func(f *ISEEForm) { f.Kind = "medio" },
		"calculation": func(f *ISEEForm) { f.Calculation = "nuovo" },
		"value":       func(f *ISEEForm) { f.Value = "tanto" },
		"protocol":    func(f *ISEEForm) { f.Protocol = " " },
		"dsu_on":      func(f *ISEEForm) { f.DSUOn = "30/02/2026" },
		"valid_to":    func(f *ISEEForm) { f.ValidTo = "2026-01-01" },
		"size":        func(f *ISEEForm) { f.Size = "0" },
		"scale":       func(f *ISEEForm) { f.Scale = "0,5" },
		"supersedes":  func(f *ISEEForm) { f.Supersedes = []string{"ordinario"} },
		"notes":       func(f *ISEEForm) { f.Notes = strings.Repeat("à", subsidies.NotesRunesMax+1) },
	} {
		r := typedISEE(family.Household)
		change(&r)
		_, err := w.desk.FileISEE(w.ctx, family, r)
		if all := refusal.All(err); len(all) == 0 || all[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := w.desk.FileISEE(w.ctx, w.families[1], typedISEE(family.Household)); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("for a neighbour: %v", err)
	}
	r := typedISEE("")
	r.TaxCode = rossi
	if _, err := w.desk.FileISEE(w.ctx, family, r); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family looks for others by tax code: %v", err)
	}
	_, err := w.desk.FileISEE(w.ctx, w.officer, r)
	wantRefusal(t, "nobody", err, ErrTaxCodeUnknown, "tax_code")
	w.person(family, rossi)
	if _, err := w.desk.FileISEE(w.ctx, w.officer, r); err != nil {
		t.Error(err)
	}
}

func TestAnOfficerAsksTheConnectedRegister(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	family := w.families[0]
	w.person(family, rossi)
	w.person(w.families[1], bianchi)
	ask := ISEEQuestion{TaxCode: rossi, Kind: "minorenni"}
	if _, err := w.desk.AskISEE(w.ctx, w.officer, ask); !errors.Is(err, ErrNoISEEProvider) {
		t.Errorf("without a register: %v", err)
	}
	path := filepath.Join(t.TempDir(), "isee.csv")
	var err error
	w.desk, err = New(Config{DB: w.db, Clock: w.clock, Gateway: w.till, PublicURL: "https://colletta.example", Municipality: 1, Demo: true, ISEE: ISEEFile{path}})
	w.must(err)
	if _, err := w.desk.AskISEE(w.ctx, w.officer, ask); !errors.Is(err, ErrISEEUnavailable) {
		t.Errorf("a register that is not there: %v", err)
	}
	w.must(os.WriteFile(path, iseeCSV(iseeLine), 0o600))
	if _, err := w.desk.AskISEE(w.ctx, family, ask); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family asks: %v", err)
	}
	if _, err := w.desk.AskISEE(w.ctx, w.officer, ISEEQuestion{TaxCode: bianchi, Kind: "minorenni"}); !errors.Is(err, ErrISEENotFound) {
		t.Errorf("somebody without: %v", err)
	}
	if _, err := w.desk.AskISEE(w.ctx, w.officer, ISEEQuestion{TaxCode: rossi, Kind: "universita"}); !errors.Is(err, ErrISEENotFound) {
		t.Errorf("another kind: %v", err)
	}
	_, err = w.desk.AskISEE(w.ctx, w.officer, ask)
	w.must(err)
	mine, err := w.desk.MyISEE(w.ctx, family)
	w.must(err)
	if len(mine.Certificates) != 1 || mine.Certificates[0].Value != 6_000_00 || !mine.Certificates[0].CountsToday {
		t.Errorf("recorded: %+v", mine.Certificates)
	}
}

// A round closes by the certificates of the day of its close.
func TestAClosedRoundKeepsTheCertificatesOfItsDay(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	family := w.families[0]
	for _, f := range w.families[:12] {
		_, err := w.pledge(round, f, "200")
		w.must(err)
	}
	w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
		Household: family.Household, Kind: "minorenni", Value: 6_000_00, Protocol: "INPS-ISEE-2026-00000000A-00",
		ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC),
	}}))
	w.finish(round)
	charges, err := w.desk.Charges(w.ctx, family)
	w.must(err)
	if len(charges) != 1 || charges[0].Subsidy != 0 {
		t.Errorf("a certificate that ended the day before counts: %+v", charges)
	}
	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if view.Round.State != pooling.RoundCharged {
		t.Errorf("state %s", view.Round.State)
	}
}
