package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres/pgtest"
	"colletta/subsidies"
)

// village is a municipality with a few households and a master key.
type village struct {
	t      *testing.T
	db     *DB
	dsn    string
	master Master
	at     time.Time
	homes  []communities.HouseholdID
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{t: t, dsn: pgtest.New(t), master: NewMaster(), at: time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)}
	v.db = v.open()
	ctx := context.Background()
	var households []communities.Household
	for i := range 8 {
		h := communities.Household{ID: communities.HouseholdID(NewID()), Name: fmt.Sprintf("Famiglia %d", i)}
		v.homes, households = append(v.homes, h.ID), append(households, h)
	}
	v.must(v.db.InTx(ctx, func(tx *Tx) error {
		return errors.Join(tx.Found(ctx, "Villaggio", catalogue.MilanCategories()), tx.AddHouseholds(ctx, households, v.at))
	}))
	return v
}

func (v *village) open() *DB {
	v.t.Helper()
	db, err := Open(v.dsn, 1)
	v.must(err)
	v.t.Cleanup(func() { db.Close() })
	v.must(db.Unlock(context.Background(), v.master))
	return db
}

func (v *village) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *village) households() []communities.HouseholdID {
	return append([]communities.HouseholdID{}, v.homes...)
}

func (v *village) why(p Purpose) Reading { return Reading{Purpose: p, At: v.at} }

// certificates are n of them with numbers from 1 on, household by household.
func (v *village) certificates(n int) []subsidies.ISEECertificate {
	day := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	all := make([]subsidies.ISEECertificate, n)
	for i := range all {
		all[i] = subsidies.ISEECertificate{
			Household: string(v.homes[i%len(v.homes)]), Kind: subsidies.ISEEOrdinary, Calculation: subsidies.CalculationOrdinary,
			Value: money.Amount(1_000_00 + i), Protocol: fmt.Sprintf("INPS-ISEE-2026-%09d-00", i), DSUDate: day, ValidFrom: day,
			ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Size: 3, Scale: 204, Notes: "nessuna", Source: subsidies.SourceOfficer, State: subsidies.ISEEVerified,
		}
	}
	return all
}

func (v *village) add(n int) {
	v.t.Helper()
	ctx := context.Background()
	v.must(v.db.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, v.certificates(n), "", "", v.at) }))
}

func (v *village) read(db *DB, why Reading) map[communities.HouseholdID][]subsidies.ISEECertificate {
	v.t.Helper()
	ctx := context.Background()
	var all map[communities.HouseholdID][]subsidies.ISEECertificate
	v.must(db.InTx(ctx, func(tx *Tx) (err error) { all, err = tx.ReadISEE(ctx, why, v.households()); return err }))
	return all
}

func (v *village) sql(query string, args ...any) error {
	v.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, v.dsn)
	v.must(err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, query, args...)
	return err
}

// readings counts the lines of the audit log and the values that they tell of.
func (v *village) readings() (lines, values int) {
	v.t.Helper()
	row, err := single[struct{ Lines, Values int }](context.Background(), v.db.reader, "readings", "", `
		SELECT count(*) AS lines, coalesce(sum((detail ->> 'values')::int), 0) AS values FROM audit WHERE municipality_id = ? AND act = 'read_isee'`, v.db.municipality)
	v.must(err)
	return row.Lines, row.Values
}

func TestACertificateComesBackAsItWasStored(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.add(3)
	got := v.read(v.db, v.why(PurposeLook))
	for i, want := range v.certificates(3) {
		c := got[v.homes[i]][0]
		want.ID = c.ID
		want.DSUDate, want.ValidFrom, want.ValidTo = c.DSUDate, c.ValidFrom, c.ValidTo
		if fmt.Sprint(c) != fmt.Sprint(want) || c.ValidTo.Format(time.DateOnly) != "2026-12-31" {
			t.Errorf("got  %+v\nwant %+v", c, want)
		}
	}
}

// Every value that is opened is in the audit log, in the same transaction: what
// is rolled back leaves no line, and no line means that nothing was opened.
func TestEveryOpenedValueIsInTheAuditLog(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(12) // 8 households, 4 of them with two
	before := v.db.Opened()
	v.read(v.db, v.why(PurposeLook))
	if lines, values := v.readings(); lines != 8 || values != 12 || v.db.Opened()-before != 12 {
		t.Errorf("%d lines for %d values, %d opened; want 8, 12, 12", lines, values, v.db.Opened()-before)
	}
	round := v.why(PurposeClose)
	round.Round = "aaaaaaaa-0000-4000-8000-000000000001"
	v.read(v.db, round)
	if lines, values := v.readings(); lines != 9 || values != 24 {
		t.Errorf("after a whole round: %d lines for %d values; want 9 and 24", lines, values)
	}
	boom := errors.New("boom")
	if err := v.db.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.ReadISEE(ctx, v.why(PurposeLook), v.households()); err != nil {
			return err
		}
		return boom
	}); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if lines, _ := v.readings(); lines != 9 {
		t.Errorf("a reading that was rolled back left lines: %d", lines)
	}
	for name, why := range map[string]Reading{"no purpose": {At: v.at}, "an invented one": {Purpose: "curiosity", At: v.at}, "no time": {Purpose: PurposeLook}} {
		if err := v.db.InTx(ctx, func(tx *Tx) error { _, err := tx.ReadISEE(ctx, why, v.households()); return err }); err == nil {
			t.Errorf("opened with %s", name)
		}
	}
	if err := v.sql("INSERT INTO audit VALUES (1, gen_random_uuid(), now(), NULL, 'read_isee', 'household x', '{}')"); err == nil || !strings.Contains(err.Error(), "audit_reading_has_purpose") {
		t.Errorf("a reading without a purpose was stored: %v", err)
	}
	if err := v.sql("DELETE FROM audit"); err == nil {
		t.Error("the audit log can be emptied")
	}
}

// Whoever copies a sealed value into another row, or to another household, has
// not moved it.
func TestASealedValueCopiedElsewhereDoesNotOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(2)
	for name, c := range map[string]struct{ do, undo string }{
		"another row": {`UPDATE isee_certificates SET sealed = (SELECT sealed FROM isee_certificates o WHERE o.id <> isee_certificates.id)`,
			`UPDATE isee_certificates SET sealed = (SELECT sealed FROM isee_certificates o WHERE o.id <> isee_certificates.id)`},
		"another household": {`UPDATE isee_certificates SET household_id = (SELECT household_id FROM isee_certificates o WHERE o.id <> isee_certificates.id)`,
			`UPDATE isee_certificates SET household_id = (SELECT household_id FROM isee_certificates o WHERE o.id <> isee_certificates.id)`},
		"changed": {`UPDATE isee_certificates SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)`, `UPDATE isee_certificates SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)`},
	} {
		v.must(v.sql(c.do))
		err := v.db.InTx(ctx, func(tx *Tx) error { _, err := tx.ReadISEE(ctx, v.why(PurposeLook), v.households()); return err })
		if !errors.Is(err, ErrSealBroken) {
			t.Errorf("%s: %v", name, err)
		}
		v.must(v.sql(c.undo))
	}
	v.read(v.db, v.why(PurposeLook))
}

func TestAProtocolIsUniqueThoughNobodyCanReadIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(1)
	same := v.certificates(1)[0]
	same.Household, same.Protocol = string(v.homes[5]), " inps-isee-2026-000000000-00"
	add := func(c subsidies.ISEECertificate) error {
		return v.db.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, []subsidies.ISEECertificate{c}, "", "", v.at) })
	}
	if err := add(same); !errors.Is(err, ErrExists) {
		t.Errorf("the same protocol for another household: %v", err)
	}
	other := same
	other.Calculation = subsidies.CalculationFamily
	if err := add(other); err != nil {
		t.Errorf("the other calculation of the same attestation: %v", err)
	}
	stored := v.read(v.db, v.why(PurposeVerify))[v.homes[0]][0]
	stored.State, stored.Reason = subsidies.ISEERefused, "non è la tua"
	v.must(v.db.InTx(ctx, func(tx *Tx) error { return tx.DecideISEE(ctx, stored, "", v.at) }))
	if err := add(same); err != nil {
		t.Errorf("after the first was refused: %v", err)
	}
	if got := v.read(v.db, v.why(PurposeLook))[v.homes[0]][0]; got.Reason != "non è la tua" || got.Value != stored.Value || got.State != subsidies.ISEERefused {
		t.Errorf("the refused one: %+v", got)
	}
	// At once: one of many is stored.
	fresh := v.certificates(20)[19]
	var wg sync.WaitGroup
	var mu sync.Mutex
	stores := 0
	for range 8 {
		wg.Go(func() {
			err := add(fresh)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				stores++
			} else if !errors.Is(err, ErrExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if stores != 1 {
		t.Errorf("one protocol was stored %d times", stores)
	}
}

// Several servers seal for the first time at once: they agree on one key.
func TestTheFirstKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	others := []*DB{v.db, v.open(), v.open(), v.open()}
	var wg sync.WaitGroup
	for i, c := range v.certificates(16) {
		wg.Go(func() {
			if err := others[i%4].InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, []subsidies.ISEECertificate{c}, "", "", v.at) }); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	keys, err := v.db.Keys(ctx)
	v.must(err)
	if len(keys) != 1 || keys[0].Sealed != 16 {
		t.Errorf("keys: %+v", keys)
	}
	v.read(v.open(), v.why(PurposeLook))
	// A key that a transaction made and did not commit is forgotten with it.
	w := newVillage(t)
	boom := errors.New("boom")
	_ = w.db.InTx(ctx, func(tx *Tx) error { return errors.Join(tx.AddISEE(ctx, w.certificates(1), "", "", w.at), boom) })
	w.add(2)
	w.read(w.open(), w.why(PurposeLook))
}

func TestARotationSealsEverythingAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(2*rotateBatch + 7)
	other := v.open() // a server that keeps running
	before := fmt.Sprint(v.read(other, v.why(PurposeLook)))

	// Cut short after the first batch.
	why := v.why(PurposeRotateKeys)
	var leaving int
	v.must(v.db.InTx(ctx, func(tx *Tx) (err error) { leaving, err = tx.beginRotation(ctx, why); return err }))
	v.must(v.db.InTx(ctx, func(tx *Tx) error { _, err := tx.resealISEE(ctx, why, leaving); return err }))
	if got := fmt.Sprint(v.read(other, v.why(PurposeLook))); got != before {
		t.Error("half rotated, certificates read otherwise")
	}
	// What is sealed now is sealed by the new key, and protocols stay unique.
	late := v.certificates(2*rotateBatch + 8)[2*rotateBatch+7:]
	v.must(other.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, late, "", "", v.at) }))
	for _, i := range []int{0, 2*rotateBatch + 6} {
		again := v.certificates(i + 1)[i:]
		if err := other.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, again, "", "", v.at) }); !errors.Is(err, ErrExists) {
			t.Errorf("protocol %d twice during a rotation: %v", i, err)
		}
	}
	done := 0
	v.must(v.db.RotateKey(ctx, "", v.at, func(n int) { done = n }))
	keys, err := v.db.Keys(ctx)
	v.must(err)
	if done != rotateBatch+7 || len(keys) != 2 || keys[0].State != "retired" || keys[0].Sealed != 0 || keys[0].MasterID != "" || keys[1].Sealed != 2*rotateBatch+8 {
		t.Errorf("%d rows after the resumption, keys %+v", done, keys)
	}
	for name, db := range map[string]*DB{"the running server": other, "a new one": v.open()} {
		all := v.read(db, v.why(PurposeLook))
		n := 0
		for _, of := range all {
			n += len(of)
		}
		if n != 2*rotateBatch+8 {
			t.Errorf("%s reads %d certificates", name, n)
		}
	}
	if found, err := v.db.Unsound(ctx, "", v.at); err != nil || len(found) > 0 {
		t.Errorf("unsound: %v (%v)", found, err)
	}
}

// Servers go on sealing while a key is rotated, again and again: nothing is lost.
func TestSealingGoesOnDuringRotations(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(1)
	other := v.open()
	const more = 60
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, c := range v.certificates(more + 1)[1:] {
			if err := other.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, []subsidies.ISEECertificate{c}, "", "", v.at) }); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for range 5 {
			if err := v.db.RotateKey(ctx, "", v.at, func(int) {}); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for range 20 {
			v.read(other, v.why(PurposeLook))
		}
	})
	wg.Wait()
	n := 0
	for _, of := range v.read(v.open(), v.why(PurposeLook)) {
		n += len(of)
	}
	if n != more+1 {
		t.Errorf("%d certificates can be read of %d", n, more+1)
	}
}

func TestANewMasterKeyOpensWhatTheOldOneSealed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	v.add(3)
	old, next := v.master, NewMaster()
	v.must(v.db.RewrapKeys(ctx, next, "", v.at))
	v.read(v.db, v.why(PurposeLook))
	db, err := Open(v.dsn, 1)
	v.must(err)
	defer db.Close()
	if err := db.Unlock(ctx, old); !errors.Is(err, ErrMasterKeyWrong) {
		t.Errorf("the old master key: %v", err)
	}
	v.must(db.Unlock(ctx, next))
	v.read(db, v.why(PurposeLook))
	v.must(db.RotateKey(ctx, "", v.at, func(int) {}))
	v.read(db, v.why(PurposeLook))
}

// Goal: what a version before encryption stored in clear is sealed at the first
// start, and then nothing in clear can be stored. Method: the old schema with
// certificates and a closed round, the migration, the start.
func TestWhatWasInClearIsSealedAtTheFirstStart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := openEmpty(t)
	old := openOld(t, dsn, beforePasses)
	const home, round = "cccccccc-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000001"
	for _, query := range []string{
		`INSERT INTO municipalities (id, name) VALUES (1, 'Milano')`,
		`INSERT INTO households (municipality_id, id, name, created_at) VALUES (1, '` + home + `', 'Famiglia', now())`,
		`INSERT INTO isee_certificates SELECT 1, gen_random_uuid(), '` + home + `', CASE n WHEN 1 THEN 'corrente' ELSE 'ordinario' END, 1234567 + n, 'INPS-ISEE-2026-MARKER' || n || '-00',
			'2026-01-15', '2026-12-31', now() FROM generate_series(1, ` + fmt.Sprint(rotateBatch+1) + `) n`,
		`INSERT INTO series VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001', 's', '0 8 1 * *', '0 8 2 * *', 'month', '{}', '{}', NULL, now(), NULL, now())`,
		`INSERT INTO rounds (municipality_id, id, series_id, name, state, opens_at, closes_at, snapshot, snapshot_sha256)
			VALUES (1, '` + round + `', 'aaaaaaaa-0000-4000-8000-000000000001', 'r', 'closed', now(), now() + interval '1 day', 'MARKER', encode(sha256('MARKER'), 'hex'))`,
	} {
		if _, err := old.ExecContext(ctx, query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := Migrate(ctx, dsn); err != nil {
		t.Fatal(err)
	}
	v := &village{t: t, dsn: dsn, master: NewMaster(), at: time.Now(), homes: []communities.HouseholdID{home}}
	v.db = v.open()
	certificates := v.read(v.db, v.why(PurposeLook))[home]
	if len(certificates) != rotateBatch+1 {
		t.Fatalf("%d certificates", len(certificates))
	}
	for _, c := range certificates {
		if !c.Counts() || c.Value < 12_345_68 || (len(c.Supersedes) == 2) != (c.Kind == subsidies.ISEECurrent) {
			t.Errorf("%+v", c)
		}
	}
	var frozen Frozen
	v.must(v.db.InTx(ctx, func(tx *Tx) (err error) { frozen, err = tx.ReadFrozen(ctx, v.why(PurposeProve), round); return err }))
	if string(frozen.Snapshot) != "MARKER" {
		t.Errorf("frozen %q", frozen.Snapshot)
	}
	left, err := single[bool](ctx, v.db.reader, "left", "", `
		SELECT to_regclass('isee_plain') IS NOT NULL OR EXISTS (SELECT FROM pg_constraint WHERE NOT convalidated)
			OR EXISTS (SELECT FROM rounds r WHERE r::text LIKE '%MARKER%' OR position('MARKER'::bytea IN snapshot) > 0)`)
	v.must(err)
	if left {
		t.Error("something is left in clear, or could be stored so")
	}
	if err := v.sql("UPDATE rounds SET snapshot_key = NULL"); err == nil {
		t.Error("a snapshot in clear was stored")
	}
	if found, err := v.db.Unsound(ctx, "", v.at); err != nil || len(found) > 0 {
		t.Errorf("unsound: %v (%v)", found, err)
	}
}

// A reading of a whole municipality opens what its simulation needs and nothing
// else, tells of it once, and exactly the households that were opened see it.
func TestReadingEveryISEEIsOneLineThatTheHouseholdsSee(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	certificates := v.certificates(8)
	certificates[1].Kind = subsidies.ISEEMinors
	certificates[2].State = subsidies.ISEEDeclared
	certificates[3].ValidTo = day.AddDate(0, 0, -1)
	certificates[4].Calculation = subsidies.CalculationFamily
	certificates[5].Kind, certificates[5].Supersedes = subsidies.ISEECurrent, []subsidies.ISEEKind{subsidies.ISEEOrdinary}
	certificates[6].Kind, certificates[6].Supersedes = subsidies.ISEECurrent, []subsidies.ISEEKind{subsidies.ISEEMinors}
	v.must(v.db.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, certificates, "", "", v.at) }))
	before := v.db.Opened()

	why := v.why(PurposeSimulate)
	why.Every = &EveryISEE{Kinds: []subsidies.ISEEKind{subsidies.ISEEOrdinary}, Day: day}
	n, err := v.db.CountISEEHouseholds(ctx, *why.Every)
	v.must(err)
	got := map[communities.HouseholdID]int{}
	v.must(v.db.InTx(ctx, func(tx *Tx) error {
		return tx.ReadEveryISEE(ctx, why, func(homes []HouseholdISEE) error {
			for _, h := range homes {
				got[h.Household] = len(h.Certificates)
				for _, c := range h.Certificates {
					if c.Household != string(h.Household) || c.Value < 1_000_00 {
						t.Errorf("%s has %+v", h.Household, c)
					}
				}
			}
			return nil
		})
	}))
	opened := map[int]bool{0: true, 5: true, 7: true}
	present := map[int]bool{0: true, 1: true, 5: true, 6: true, 7: true}
	if n != len(present) || len(got) != len(present) {
		t.Errorf("%d households counted, %d given, want %d", n, len(got), len(present))
	}
	for i, h := range v.homes {
		if got[h] > 0 != opened[i] {
			t.Errorf("household %d: %d certificates", i, got[h])
		}
		lines, err := v.db.ReadingsOf(ctx, h, 10)
		v.must(err)
		if len(lines) > 0 != opened[i] || len(lines) == 1 && (lines[0].Purpose != PurposeSimulate || lines[0].Times != 1) {
			t.Errorf("household %d sees %+v", i, lines)
		}
	}
	if lines, values := v.readings(); lines != 1 || values != 3 || v.db.Opened()-before != 3 {
		t.Errorf("%d lines for %d values, %d opened; want 1, 3, 3", lines, values, v.db.Opened()-before)
	}
	// What came later was not read then.
	later := v.certificates(9)[8]
	later.Household = string(v.homes[2])
	v.must(v.db.InTx(ctx, func(tx *Tx) error {
		return tx.AddISEE(ctx, []subsidies.ISEECertificate{later}, "", "", v.at.Add(time.Hour))
	}))
	if lines, err := v.db.ReadingsOf(ctx, v.homes[2], 10); err != nil || len(lines) > 0 {
		t.Errorf("a certificate of afterwards was read before: %+v (%v)", lines, err)
	}
	for name, why := range map[string]Reading{"no purpose": {At: v.at, Every: why.Every}, "no time": {Purpose: PurposeSimulate, Every: why.Every}} {
		if err := v.db.InTx(ctx, func(tx *Tx) error { return tx.ReadEveryISEE(ctx, why, func([]HouseholdISEE) error { return nil }) }); err == nil {
			t.Errorf("opened with %s", name)
		}
	}
}
