package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"colletta/communities"
	"colletta/pooling"
	"colletta/subsidies"
)

// Purpose says for what a sealed value is opened. It is API of the audit log:
// values change only by addition.
type Purpose string

// The purposes. In the first group a person sees a value of a household; in the
// second the program computes with it and shows it to nobody but the household.
const (
	PurposeOwn        Purpose = "own"          // the family looks at its own certificates
	PurposeVerify     Purpose = "verify"       // an officer compares a certificate with what the family declared
	PurposeLook       Purpose = "look"         // an officer looks at a certificate
	PurposeExport     Purpose = "export_round" // an officer takes the snapshot or the result of a round
	PurposeOwnPrice   Purpose = "own_price"    // the price that the family would pay, shown to it
	PurposeOutcome    Purpose = "outcome"      // how the share of the family came about, shown to it or to an officer
	PurposePreview    Purpose = "preview"      // the groups that an open round would make
	PurposeAward      Purpose = "award"        // what a measure grants to a family that asks for it
	PurposeRank       Purpose = "rank"         // who comes first among those who applied to a fund
	PurposeClose      Purpose = "close_round"
	PurposeForm       Purpose = "form_round"
	PurposeLetters    Purpose = "letters" // telling every family of a round what came of its pledge
	PurposeRecompute  Purpose = "recompute_round"
	PurposeSimulate   Purpose = "simulate"    // what a measure would give and cost, in sums of several households
	PurposeProve      Purpose = "prove"       // the doctor compares stored bytes with their hashes
	PurposeRotateKeys Purpose = "rotate_keys" // sealing again under a new key
)

// Purposes lists every purpose.
func Purposes() []Purpose {
	return []Purpose{
		PurposeOwn, PurposeVerify, PurposeLook, PurposeExport, PurposeOwnPrice, PurposeOutcome, PurposePreview, PurposeAward, PurposeRank, PurposeClose,
		PurposeForm, PurposeLetters, PurposeRecompute, PurposeSimulate, PurposeProve, PurposeRotateKeys,
	}
}

// Reading says who opens sealed values, and for what. Without one nothing is
// opened.
type Reading struct {
	Purpose   Purpose
	By        communities.UserID // empty for the timetable
	At        time.Time
	Household communities.HouseholdID // whose values; empty when Round says it, or each value does
	Round     pooling.RoundID         // the values of all its households; empty otherwise
	Every     *EveryISEE              // certificates of all households of the municipality; nil otherwise
}

// EveryISEE says which certificates of a whole municipality are read: the
// verified ones by the ordinary calculation that are valid on a day, of some
// kinds or correnti that stand for one of them.
type EveryISEE struct {
	Kinds []subsidies.ISEEKind
	Day   time.Time
}

// actReading is the act of the audit log under which readings are found.
const actReading = "read_isee"

// subjectMunicipality is the subject of a reading that concerns no household more
// than another.
const subjectMunicipality = "municipality"

// sealed is a value as it is stored.
type sealed struct {
	version   int
	bytes     []byte
	at        place
	household string // whose it is; empty when the reading says it
}

// open opens sealed values, and is all that does. It writes who reads them for
// what into the audit log first, in the same transaction: one line for a
// household or a round that the reading names, otherwise one line for each
// household. Nothing to open leaves no line. See [Tx.openParts] for a whole
// municipality.
func (tx *Tx) open(ctx context.Context, why Reading, values []sealed) ([][]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if err := why.check(); err != nil {
		return nil, err
	}
	if err := tx.auditReading(ctx, why, values); err != nil {
		return nil, err
	}
	return tx.opened(ctx, values)
}

func (why Reading) check() error {
	if !slices.Contains(Purposes(), why.Purpose) || why.At.IsZero() {
		return fmt.Errorf("postgres: sealed values are not opened without a purpose and a time (%q)", why.Purpose)
	}
	return nil
}

// openParts opens the values of all households that why.Every names, count of
// them, part by part, so that they are never in memory together. One line of the
// audit log, written first, stands for all parts: of more or fewer values than it
// tells, none is used.
func (tx *Tx) openParts(ctx context.Context, why Reading, count int, part func() ([]sealed, error), use func(plain [][]byte) error) error {
	if err := why.check(); err != nil {
		return err
	}
	if count > 0 {
		if err := tx.Audit(ctx, why.At, why.By, actReading, subjectMunicipality, map[string]any{
			"purpose": string(why.Purpose), "values": count, "kinds": why.Every.Kinds, "day": why.Every.Day.Format(time.DateOnly),
		}); err != nil {
			return err
		}
	}
	for {
		values, err := part()
		if err != nil {
			return err
		}
		if values == nil {
			break
		}
		if count -= len(values); count < 0 {
			break
		}
		plain, err := tx.opened(ctx, values)
		if err != nil {
			return err
		}
		if err := use(plain); err != nil {
			return err
		}
	}
	if count != 0 {
		return fmt.Errorf("postgres: the values to open are not as many as the audit log tells (%d apart)", count)
	}
	return nil
}

// opened opens values that the audit log tells of.
func (tx *Tx) opened(ctx context.Context, values []sealed) ([][]byte, error) {
	keys, err := tx.liveKeys(ctx)
	if err != nil {
		return nil, err
	}
	plain := make([][]byte, len(values))
	for i, v := range values {
		key := keys[v.version]
		if key == nil {
			return nil, errKeyGone
		}
		if plain[i], err = openWith(key.cipher, v.bytes, v.at.bytes(tx.municipality, v.version)); err != nil {
			return nil, fmt.Errorf("%w: %s %s", err, v.at.table, v.at.row)
		}
	}
	tx.keys.opened.Add(int64(len(values)))
	return plain, nil
}

// auditReading writes the lines of one reading.
func (tx *Tx) auditReading(ctx context.Context, why Reading, values []sealed) error {
	line := func(subject string, count int) error {
		detail := map[string]any{"purpose": string(why.Purpose), "values": count}
		if why.Household != "" && why.Round != "" {
			detail["round"] = string(why.Round)
		}
		return tx.Audit(ctx, why.At, why.By, actReading, subject, detail)
	}
	switch {
	case why.Household != "":
		return line("household "+string(why.Household), len(values))
	case why.Round != "":
		return line("round "+string(why.Round), len(values))
	}
	if why.Purpose == PurposeRotateKeys { // the program looks at nothing
		return line(subjectMunicipality, len(values))
	}
	counts := map[string]int{}
	var order []string
	for _, v := range values {
		if counts[v.household] == 0 {
			order = append(order, v.household)
		}
		counts[v.household]++
	}
	for _, h := range order {
		subject := "household " + h
		if h == "" {
			subject = subjectMunicipality
		}
		if err := line(subject, counts[h]); err != nil {
			return err
		}
	}
	return nil
}

// ReadingLine is what a household is told about who opened its values.
type ReadingLine struct {
	LastAt  time.Time
	Purpose Purpose
	UserID  string // empty for the program
	Who     string // name; empty for the program
	Round   string // name of the round, for a reading of all its households
	Times   int
}

// ReadingsOf lists who opened the values of a household, the latest first, one
// line for each day, purpose, person and round. A reading of a whole round
// counts for the households that took part in it at that time, one of a whole
// municipality for those whose certificates it opened.
func (r reader) ReadingsOf(ctx context.Context, h communities.HouseholdID, most int) ([]ReadingLine, error) {
	return list[ReadingLine](ctx, r, "readings", `
		SELECT max(a.at) AS last_at, a.detail ->> 'purpose' AS purpose, coalesce(a.user_id::text, '') AS user_id, coalesce(u.name, '') AS who,
			coalesce(o.name, '') AS round, count(*) AS times
		FROM audit a
		LEFT JOIN users u ON u.municipality_id = a.municipality_id AND u.id = a.user_id
		LEFT JOIN rounds o ON o.municipality_id = a.municipality_id AND a.subject = 'round ' || o.id::text
		WHERE a.municipality_id = ?0 AND a.act = 'read_isee' AND (a.subject = 'household ' || ?1 OR a.subject IN (
			SELECT 'round ' || d.round_id::text FROM demands d WHERE d.municipality_id = ?0 AND d.household_id::text = ?1 AND d.round_id IS NOT NULL
				AND d.posted_at <= a.at AND (d.state = 'pledged' OR d.changed_at >= a.at))
			OR a.subject = 'municipality' AND a.detail -> 'kinds' IS NOT NULL AND EXISTS (
				SELECT FROM isee_certificates c WHERE c.municipality_id = ?0 AND c.household_id::text = ?1 AND c.state = 'verified' AND c.calculation = 'ordinario'
					AND coalesce(c.decided_at, c.recorded_at) <= a.at AND (a.detail ->> 'day')::date BETWEEN c.valid_from AND c.valid_to
					AND (a.detail -> 'kinds' @> to_jsonb(c.kind)
						OR c.kind = 'corrente' AND EXISTS (SELECT FROM unnest(c.supersedes) s WHERE a.detail -> 'kinds' @> to_jsonb(s)))))
		GROUP BY (a.at AT TIME ZONE 'Europe/Rome')::date, 2, 3, 4, 5 ORDER BY 1 DESC, 2, 3, 5 LIMIT ?2`,
		r.municipality, string(h), most)
}
