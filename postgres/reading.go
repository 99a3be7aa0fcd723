package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"colletta/communities"
	"colletta/pooling"
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
	PurposeClose      Purpose = "close_round"
	PurposeForm       Purpose = "form_round"
	PurposeLetters    Purpose = "letters" // telling every family of a round what came of its pledge
	PurposeRecompute  Purpose = "recompute_round"
	PurposeProve      Purpose = "prove"       // the doctor compares stored bytes with their hashes
	PurposeRotateKeys Purpose = "rotate_keys" // sealing again under a new key
)

// Purposes lists every purpose.
func Purposes() []Purpose {
	return []Purpose{
		PurposeOwn, PurposeVerify, PurposeLook, PurposeExport, PurposeOwnPrice, PurposeOutcome, PurposePreview, PurposeClose,
		PurposeForm, PurposeLetters, PurposeRecompute, PurposeProve, PurposeRotateKeys,
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
}

// actReading is the act of the audit log under which readings are found.
const actReading = "read_isee"

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
// household. Nothing to open leaves no line.
func (tx *Tx) open(ctx context.Context, why Reading, values []sealed) ([][]byte, error) {
	if len(values) == 0 {
		return nil, nil
	}
	if !slices.Contains(Purposes(), why.Purpose) || why.At.IsZero() {
		return nil, fmt.Errorf("postgres: sealed values are not opened without a purpose and a time (%q)", why.Purpose)
	}
	if err := tx.auditReading(ctx, why, values); err != nil {
		return nil, err
	}
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
		return line("municipality", len(values))
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
			subject = "municipality"
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
// counts for the households that took part in it at that time.
func (r reader) ReadingsOf(ctx context.Context, h communities.HouseholdID, most int) ([]ReadingLine, error) {
	return list[ReadingLine](ctx, r, "readings", `
		SELECT max(a.at) AS last_at, a.detail ->> 'purpose' AS purpose, coalesce(a.user_id::text, '') AS user_id, coalesce(u.name, '') AS who,
			coalesce(o.name, '') AS round, count(*) AS times
		FROM audit a
		LEFT JOIN users u ON u.municipality_id = a.municipality_id AND u.id = a.user_id
		LEFT JOIN rounds o ON o.municipality_id = a.municipality_id AND a.subject = 'round ' || o.id::text
		WHERE a.municipality_id = ?0 AND a.act = 'read_isee' AND (a.subject = 'household ' || ?1 OR a.subject IN (
			SELECT 'round ' || d.round_id::text FROM demands d WHERE d.municipality_id = ?0 AND d.household_id::text = ?1 AND d.round_id IS NOT NULL
				AND d.posted_at <= a.at AND (d.state = 'pledged' OR d.changed_at >= a.at)))
		GROUP BY (a.at AT TIME ZONE 'Europe/Rome')::date, 2, 3, 4, 5 ORDER BY 1 DESC, 2, 3, 5 LIMIT ?2`,
		r.municipality, string(h), most)
}
