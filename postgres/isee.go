package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
	"colletta/money"
	"colletta/subsidies"
)

type iseeRow struct {
	bun.BaseModel `bun:"table:isee_certificates"`

	MunicipalityID communities.MunicipalityID
	ID             string
	HouseholdID    string
	Kind           subsidies.ISEEKind
	Supersedes     []string `bun:",array"`
	Calculation    subsidies.Calculation
	DsuOn          time.Time `bun:"type:date"`
	ValidFrom      time.Time `bun:"type:date"`
	ValidTo        time.Time `bun:"type:date"`
	Source         subsidies.ISEESource
	State          subsidies.ISEEState
	Request        string
	KeyVersion     int
	Sealed         []byte
	ProtocolMac    []byte
	RecordedBy     string `bun:",nullzero"`
	RecordedAt     time.Time
	DecidedBy      string     `bun:",nullzero"`
	DecidedAt      *time.Time `bun:",nullzero"`
}

// iseeSecret is what is sealed of a certificate: all from which an income
// follows. V tells how to read it.
type iseeSecret struct {
	V        int    `json:"v"`
	Value    string `json:"value"`
	Protocol string `json:"protocol"`
	Size     int    `json:"size,omitempty"`
	Scale    string `json:"scale,omitempty"`
	Notes    string `json:"notes,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// iseeSecretVersion is the layout of [iseeSecret].
const iseeSecretVersion = 1

const iseeTable = "isee_certificates"

func iseePlace(id, household string) place { return place{iseeTable, id, household} }

// sealISEE seals what a certificate tells, for its row.
func (tx *Tx) sealISEE(key *dataKey, c subsidies.ISEECertificate) (sealedBytes, mac []byte, err error) {
	s := iseeSecret{V: iseeSecretVersion, Value: c.Value.String(), Protocol: c.Protocol, Size: c.Size, Notes: c.Notes, Reason: c.Reason}
	if c.Scale != 0 {
		s.Scale = c.Scale.String()
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, nil, fault(err, "seal ISEE")
	}
	bound := iseePlace(c.ID, c.Household).bytes(tx.municipality, key.version)
	return sealWith(key.cipher, padded(text), bound), key.hash(protocolOf(c)), nil
}

// protocolOf is what is unique in a municipality: a protocol, once for each of
// the two calculations that INPS may print on one attestation.
func protocolOf(c subsidies.ISEECertificate) string {
	return subsidies.NormalProtocol(c.Protocol) + "\x00" + string(c.Calculation)
}

// unsealISEE reads the opened secret into a certificate.
func (row iseeRow) unsealISEE(plain []byte) (subsidies.ISEECertificate, error) {
	c := row.head()
	var s iseeSecret
	err := json.Unmarshal(plain, &s)
	if err != nil || s.V != iseeSecretVersion {
		return c, ErrSealBroken // not fault(err): it would quote the text
	}
	if c.Value, err = money.Parse(s.Value); err != nil {
		return c, ErrSealBroken
	}
	if s.Scale != "" {
		if c.Scale, err = subsidies.ParseScale(s.Scale); err != nil {
			return c, ErrSealBroken
		}
	}
	c.Protocol, c.Size, c.Notes, c.Reason = s.Protocol, s.Size, s.Notes, s.Reason
	return c, nil
}

// head is what a row tells without being opened.
func (row iseeRow) head() subsidies.ISEECertificate {
	c := subsidies.ISEECertificate{
		ID: row.ID, Household: row.HouseholdID, Kind: row.Kind, Calculation: row.Calculation, DSUDate: row.DsuOn,
		ValidFrom: row.ValidFrom, ValidTo: row.ValidTo, Source: row.Source, State: row.State,
	}
	for _, k := range row.Supersedes {
		c.Supersedes = append(c.Supersedes, subsidies.ISEEKind(k))
	}
	return c
}

func (row iseeRow) sealed() sealed {
	return sealed{row.KeyVersion, row.Sealed, iseePlace(row.ID, row.HouseholdID), row.HouseholdID}
}

// AddISEE stores certificates, sealed; one without ID gets one. [ErrExists] when
// the protocol of one is there. Request is the body's own protocol of the
// request to INPS that a certificate came from, or empty.
func (tx *Tx) AddISEE(ctx context.Context, certificates []subsidies.ISEECertificate, request string, by communities.UserID, at time.Time) error {
	if len(certificates) == 0 {
		return nil
	}
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	known, err := tx.KnownProtocols(ctx, certificates)
	if err != nil {
		return err
	}
	if len(known) > 0 {
		return ErrExists.At("protocol")
	}
	rows := make([]iseeRow, len(certificates))
	for i, c := range certificates {
		if c.ID == "" {
			c.ID = NewID()
		}
		row := iseeRow{
			MunicipalityID: tx.municipality, ID: c.ID, HouseholdID: c.Household, Kind: c.Kind, Supersedes: []string{}, Calculation: c.Calculation,
			DsuOn: c.DSUDate, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, Source: c.Source, State: c.State, Request: request,
			KeyVersion: key.version, RecordedBy: string(by), RecordedAt: at,
		}
		for _, k := range c.Supersedes {
			row.Supersedes = append(row.Supersedes, string(k))
		}
		if row.Sealed, row.ProtocolMac, err = tx.sealISEE(key, c); err != nil {
			return err
		}
		rows[i] = row
	}
	return insertAll(ctx, tx, "add ISEE", rows)
}

// KnownProtocols says of which certificates, by place, the protocol is stored
// and not refused, and for which household. Nothing is opened.
func (tx *Tx) KnownProtocols(ctx context.Context, certificates []subsidies.ISEECertificate) (map[int]communities.HouseholdID, error) {
	keys, err := tx.liveKeys(ctx)
	if err != nil {
		return nil, err
	}
	places := map[string]int{}
	known := map[int]communities.HouseholdID{}
	const batch = 500
	macs := make([][]byte, 0, 2*batch)
	look := func() error {
		type found struct{ ProtocolMac, HouseholdID string }
		rows, err := list[found](ctx, tx.reader, "protocols", `
			SELECT encode(protocol_mac, 'hex') AS protocol_mac, household_id FROM isee_certificates
			WHERE municipality_id = ? AND state <> 'refused' AND protocol_mac IN (?) ORDER BY id`, tx.municipality, bun.List(macs))
		for _, row := range rows {
			known[places[row.ProtocolMac]] = communities.HouseholdID(row.HouseholdID)
		}
		macs = macs[:0]
		return err
	}
	for i, c := range certificates {
		for _, key := range keys {
			mac := key.hash(protocolOf(c))
			places[hexText(mac)] = i
			macs = append(macs, mac)
		}
		if len(macs) >= batch || i == len(certificates)-1 && len(macs) > 0 {
			if err := look(); err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}

// ReadISEE returns the certificates of households, opened for a purpose.
func (tx *Tx) ReadISEE(ctx context.Context, why Reading, households []communities.HouseholdID) (map[communities.HouseholdID][]subsidies.ISEECertificate, error) {
	rows, err := list[iseeRow](ctx, tx.reader, "ISEE", `
		SELECT * FROM isee_certificates WHERE municipality_id = ? AND household_id::text IN (?) ORDER BY household_id, recorded_at, id`,
		tx.municipality, texts(append(households, "")))
	if err != nil {
		return nil, err
	}
	certificates, err := tx.unseal(ctx, why, rows)
	all := map[communities.HouseholdID][]subsidies.ISEECertificate{}
	for _, c := range certificates {
		h := communities.HouseholdID(c.Household)
		all[h] = append(all[h], c)
	}
	return all, err
}

// ReadCertificate returns one certificate, opened for a purpose; [ErrNotFound].
func (tx *Tx) ReadCertificate(ctx context.Context, why Reading, id string) (subsidies.ISEECertificate, error) {
	if !validID(id) {
		return subsidies.ISEECertificate{}, ErrNotFound.With("what", "certificate")
	}
	row, err := single[iseeRow](ctx, tx.reader, "certificate", id,
		"SELECT * FROM isee_certificates WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id)
	if err != nil {
		return subsidies.ISEECertificate{}, err
	}
	why.Household = communities.HouseholdID(row.HouseholdID)
	certificates, err := tx.unseal(ctx, why, []iseeRow{row})
	if err != nil {
		return subsidies.ISEECertificate{}, err
	}
	return certificates[0], nil
}

func (tx *Tx) unseal(ctx context.Context, why Reading, rows []iseeRow) ([]subsidies.ISEECertificate, error) {
	values := make([]sealed, len(rows))
	for i, row := range rows {
		values[i] = row.sealed()
	}
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return nil, err
	}
	certificates := make([]subsidies.ISEECertificate, len(rows))
	for i, row := range rows {
		if certificates[i], err = row.unsealISEE(plain[i]); err != nil {
			return nil, err
		}
	}
	return certificates, nil
}

// DecideISEE stores the decision on a certificate that was read in the same
// transaction, which holds it locked; its secret is sealed again with the reason.
func (tx *Tx) DecideISEE(ctx context.Context, c subsidies.ISEECertificate, by communities.UserID, at time.Time) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	text, mac, err := tx.sealISEE(key, c)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "decide on ISEE", `
		UPDATE isee_certificates SET state = ?, sealed = ?, protocol_mac = ?, key_version = ?, decided_by = nullif(?, '')::uuid, decided_at = ?
		WHERE municipality_id = ? AND id = ?`, c.State, text, mac, key.version, string(by), at, tx.municipality, c.ID)
	return err
}
