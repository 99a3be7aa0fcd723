package desk

import (
	"time"

	"colletta/communities"
	"colletta/refusal"
	"colletta/subsidies"
)

// MyISEEView is a family's page of certificates.
type MyISEEView struct {
	Today        time.Time
	Certificates []CertificateISEEView
	Readings     []ReadingView // the latest first
}

// CertificateISEEView is an opened certificate, for the family or for the
// officer who is on record for it.
type CertificateISEEView struct {
	subsidies.ISEECertificate
	CountsToday bool         // it is the one that measures look at
	Warnings    refusal.List // what is unusual about it
}

// ReadingView says who opened a family's values on a day, and for what.
type ReadingView struct {
	LastAt  time.Time
	Purpose string // a [postgres.Purpose]
	Who     string // name; empty for the program
	Own     bool   // it was the reader
	Round   string // name; of a reading of all households of a round
	Times   int
}

// ISEELineView is a certificate in an officer's list, without any value.
type ISEELineView struct {
	ID                 string
	Household          string // name
	Kind               subsidies.ISEEKind
	Calculation        subsidies.Calculation
	ValidFrom, ValidTo time.Time
	Source             subsidies.ISEESource
	State              subsidies.ISEEState
	RecordedAt         time.Time
}

// ISEEOfficeView is the officer's page of certificates.
type ISEEOfficeView struct {
	Waiting   []ISEELineView // declared by families, the oldest first
	TaxCode   string         // searched for; empty: nothing was
	Household string         // found by it
	Found     []ISEELineView
	CanAsk    bool // a register is connected
}

// OpenedISEEView is one certificate as an officer opened it.
type OpenedISEEView struct {
	Household   string
	RecordedAt  time.Time
	Certificate CertificateISEEView
}

// ISEEFilePreview is what a file of certificates would do; nothing is stored.
type ISEEFilePreview struct {
	File      string
	Rows      int
	Errors    []communities.CellError
	New       int
	Unchanged int // their protocols are recorded for the same household
	Warnings  int // certificates with something unusual
}

// ISEEFileDone says what a confirmed file changed.
type ISEEFileDone struct{ Recorded, Unchanged int }
