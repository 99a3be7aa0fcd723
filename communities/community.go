package communities

import (
	"fmt"

	"colletta/refusal"
)

// MunicipalityID is the number of a Comune in this installation; it is the
// tenant, and every stored row belongs to one.
type MunicipalityID int

// CommunityID is the UUID text of a community.
type CommunityID string

// HouseholdID is the UUID text of a household.
type HouseholdID string

// PersonID is the UUID text of a person.
type PersonID string

// UserID is the UUID text of somebody who can log in.
type UserID string

// Kind is the kind of a community. Its values are those of the round schema
// (communities[].kind).
type Kind string

// The kinds of communities.
const (
	KindCondominium   Kind = "condominium"   // condominio: units with millesimi
	KindSchool        Kind = "school"        // scuola: children by section
	KindNeighbourhood Kind = "neighbourhood" // vicinato: addresses
)

// Kinds lists every kind in the order in which pages show them.
func Kinds() []Kind { return []Kind{KindCondominium, KindSchool, KindNeighbourhood} }

// ErrKindUnknown says that a text names no kind of community. Args: kind.
var ErrKindUnknown = refusal.New(refusal.KindInvalid, "community_kind_unknown")

// ParseKind reads the English word of a kind. It returns [ErrKindUnknown].
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if string(k) == s {
			return k, nil
		}
	}
	return "", ErrKindUnknown.With("kind", s)
}

// Point is a place on the plane of UTM zone 32N (EPSG:25832), in whole metres.
type Point struct {
	XM int64 // easting
	YM int64 // northing
}

// WithinM tells whether q lies within r metres of p, the border included. It
// compares squares of integers, so nothing is rounded.
func (p Point) WithinM(q Point, r int64) bool {
	dx, dy := p.XM-q.XM, p.YM-q.YM
	return dx*dx+dy*dy <= r*r
}

// Place is a position in WGS84, in millionths of a degree.
type Place struct {
	LatMicro int64
	LonMicro int64
}

// District is a municipio of the city: Milan has 9.
type District struct {
	ID      int // its official number, from 1
	Name    string
	Outline []Place // simplified border for a map; empty when unknown
}

// Quarter is a quartiere; in Milan one of the 88 NIL (nuclei di identità locale).
type Quarter struct {
	ID         int // its official number, from 1
	Name       string
	DistrictID int   // the district that holds the largest part of it
	Centre     Place // centroid, moved inside where the shape is hollow
	Point      Point // Centre on the plane
	Outline    []Place
}

// Space is a public desk where operators help citizens (Spazio WeMi).
type Space struct {
	ID         string // slug, stable
	Name       string
	DistrictID int
	Address    string
	Email      string
	Centre     Place // approximate position of the address
	Point      Point // Centre on the plane
}

// Community is a condominium, a school or a neighbourhood. Communities nest.
type Community struct {
	ID           CommunityID
	Municipality MunicipalityID
	Kind         Kind
	Name         string
	Address      string
	DistrictID   int // 0 when unknown
	QuarterID    int // 0 when unknown
	Point        Point
	ParentID     CommunityID // empty for one that stands alone
	Code         string      // short code to join with, unique in the municipality
}

// Household is the unit that demands, is assessed and pays (famiglia).
type Household struct {
	ID   HouseholdID
	Name string // how neighbours know it, for example "Famiglia Rossi"
}

// PersonRole is what a person is in the own household.
type PersonRole string

// The roles of a person in a household.
const (
	PersonHolder PersonRole = "holder" // answers and pays for the household
	PersonAdult  PersonRole = "adult"
	PersonChild  PersonRole = "child"
	PersonCared  PersonRole = "cared" // the person cared for
)

// Person is a member of a household.
type Person struct {
	ID         PersonID
	Household  HouseholdID
	GivenName  string
	FamilyName string
	TaxCode    string // codice fiscale, checked, capitals; empty when unknown
	Email      string // lower case; empty when unknown
	Phone      string // "+" and digits, or digits; empty when unknown
	Role       PersonRole
}

// FullName is the given name followed by the family name.
func (p Person) FullName() string {
	if p.GivenName == "" {
		return p.FamilyName
	}
	return fmt.Sprintf("%s %s", p.GivenName, p.FamilyName)
}

// Membership is a household in a community, with one unit. A household with
// two flats has two memberships. Staircase and UnitLabel together are unique
// in a community ([Membership.Key]).
type Membership struct {
	Community CommunityID
	Household HouseholdID
	UnitLabel string    // flat ("12"), child ("Rossi Giulia") or address and holder
	Staircase string    // staircase of a building, section of a school; may be empty
	Floor     string    // as written by the administrator; may be empty
	Millesimi Millesimi // 0 where the community has no millesimi
	Residents int       // people living in the unit; 0 when not stated
}

// Key identifies the unit inside its community: it ignores case, accents and
// spaces, so that "int. 3 " and "Int.3" are the same flat.
func (m Membership) Key() string { return unitKey(m.Staircase, m.UnitLabel) }
