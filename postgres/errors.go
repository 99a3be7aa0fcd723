package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/uptrace/bun/driver/pgdriver"

	"colletta/catalogue"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

// The refusals that only the database can decide.
var (
	// ErrNotFound says that a row is not there, or not for this municipality.
	ErrNotFound = refusal.New(refusal.KindNotFound, "not_found")
	// ErrPledgedAlready says that the household already pledged in this round for this category and community.
	ErrPledgedAlready = refusal.New(refusal.KindConflict, "pledged_already")
	// ErrFundExhausted says that a fund does not hold what was asked of it. Args:
	// fund, left, asked.
	ErrFundExhausted = refusal.New(refusal.KindConflict, "fund_exhausted")
	// ErrFundOverlaps says that a measure has another fund on some of the days.
	ErrFundOverlaps = refusal.New(refusal.KindConflict, "fund_overlaps")
	// ErrExists says that the same thing is already registered.
	ErrExists = refusal.New(refusal.KindConflict, "already_registered")
	// ErrMeasureTwoHands says that who wrote a measure cannot publish it.
	ErrMeasureTwoHands = refusal.New(refusal.KindConflict, "measure_two_hands")
	// ErrUnitTaken says that a unit of a community belongs to another household.
	ErrUnitTaken = refusal.New(refusal.KindConflict, "unit_taken")
	// ErrPaymentUnderway says that a card payment of this charge is being made.
	ErrPaymentUnderway = refusal.New(refusal.KindConflict, "payment_underway")
	// ErrUnavailable says that the database does not answer: try again later.
	ErrUnavailable = refusal.New(refusal.KindUnavailable, "database_unavailable")
)

// byConstraint turns the name of a constraint into the refusal it stands for.
var byConstraint = map[string]*refusal.Error{
	"demands_pledged_once":        ErrPledgedAlready,
	"funds_never_overspent":       ErrFundExhausted,
	"communities_name":            ErrExists,
	"communities_code":            ErrExists,
	"providers_tax_code":          ErrExists,
	"isee_protocol":               ErrExists,
	"measures_pkey":               ErrExists,
	"measure_versions_two_hands":  ErrMeasureTwoHands,
	"fund_measures_apart":         ErrFundOverlaps,
	"fund_measures_measure":       ErrNotFound,
	"fund_calls_one_open":         ErrExists,
	"fund_applications_once":      ErrExists,
	"memberships_unit_once":       ErrUnitTaken,
	"offers_qualified":            catalogue.ErrNotQualified,
	"payments_one_card_at_a_time": ErrPaymentUnderway,
	"vouchers_never_overspent":    vouchers.ErrVoucherSpent,
	"vouchers_code":               vouchers.ErrCodesTaken,
}

// toRefusal maps what PostgreSQL refused by name, and a server that does not
// answer; other errors pass.
func toRefusal(err error) error {
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		if r, ok := byConstraint[pg.Field('n')]; ok {
			return r
		}
		switch code := pg.Field('C'); {
		case code == "57014": // a statement that took too long is not a server that is down
		case strings.HasPrefix(code, "57"), strings.HasPrefix(code, "53"), strings.HasPrefix(code, "08"):
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	var network *net.OpError
	if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// one maps "no rows" to [ErrNotFound].
func one(err error, what string, key any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound.With("what", what)
	}
	if err != nil {
		return toRefusal(fmt.Errorf("postgres: %s %v: %w", what, key, err))
	}
	return nil
}

// fault wraps the error of a query with what it was doing.
func fault(err error, what string) error {
	if err != nil {
		return toRefusal(fmt.Errorf("postgres: %s: %w", what, err))
	}
	return nil
}
