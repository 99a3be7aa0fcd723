package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/catalogue"
	"colletta/communities"
)

type communityRow struct {
	bun.BaseModel `bun:"table:communities"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Kind           communities.Kind
	Name           string
	Address        string
	DistrictID     int
	QuarterID      int
	XM             int64  `bun:"x_m"`
	YM             int64  `bun:"y_m"`
	ParentID       string `bun:",nullzero"`
	Code           string
	CreatedAt      time.Time
}

func (r communityRow) toCommunity() communities.Community {
	return communities.Community{
		ID: communities.CommunityID(r.ID), Municipality: r.MunicipalityID, Kind: r.Kind, Name: r.Name, Address: r.Address,
		DistrictID: r.DistrictID, QuarterID: r.QuarterID, Point: communities.Point{XM: r.XM, YM: r.YM},
		ParentID: communities.CommunityID(r.ParentID), Code: r.Code,
	}
}

func toCommunities(rows []communityRow) []communities.Community {
	all := make([]communities.Community, len(rows))
	for i, r := range rows {
		all[i] = r.toCommunity()
	}
	return all
}

// MunicipalityName is the name of this municipality; [ErrNotFound] before it
// is founded.
func (r reader) MunicipalityName(ctx context.Context) (string, error) {
	return single[string](ctx, r, "municipality", r.municipality, "SELECT name FROM municipalities WHERE id = ?", r.municipality)
}

// Community is one community.
func (r reader) Community(ctx context.Context, id communities.CommunityID) (communities.Community, error) {
	if !validID(string(id)) {
		return communities.Community{}, ErrNotFound.With("what", "community")
	}
	row, err := single[communityRow](ctx, r, "community", id,
		"SELECT * FROM communities WHERE municipality_id = ? AND id = ?", r.municipality, id)
	return row.toCommunity(), err
}

// Communities lists every community by name.
func (r reader) Communities(ctx context.Context) ([]communities.Community, error) {
	rows, err := list[communityRow](ctx, r, "communities",
		"SELECT * FROM communities WHERE municipality_id = ? ORDER BY name, id", r.municipality)
	return toCommunities(rows), err
}

// CommunityLine is a community with how many households it has.
type CommunityLine struct {
	communities.Community
	Households int
	UnitLabel  string // of the household asked for
}

type communityLineRow struct {
	communityRow
	Households int
	UnitLabel  string
}

func toLines(rows []communityLineRow) []CommunityLine {
	lines := make([]CommunityLine, len(rows))
	for i, r := range rows {
		lines[i] = CommunityLine{r.toCommunity(), r.Households, r.UnitLabel}
	}
	return lines
}

// CommunitiesOf lists the communities of a household, with its units.
func (r reader) CommunitiesOf(ctx context.Context, h communities.HouseholdID) ([]CommunityLine, error) {
	if h == "" {
		return nil, nil
	}
	rows, err := list[communityLineRow](ctx, r, "communities of a household", `
		SELECT c.*, own.units AS unit_label,
			(SELECT count(DISTINCT m.household_id) FROM memberships m WHERE m.municipality_id = c.municipality_id AND m.community_id = c.id) AS households
		FROM communities c
		JOIN (SELECT municipality_id, community_id, string_agg(unit_label, ', ' ORDER BY unit_label) AS units
			FROM memberships WHERE municipality_id = ?0 AND household_id = ?1 GROUP BY 1, 2) own
			ON own.municipality_id = c.municipality_id AND own.community_id = c.id
		WHERE c.municipality_id = ?0 ORDER BY c.name, c.id`, r.municipality, h)
	return toLines(rows), err
}

// CommunityLines lists communities with their sizes; all of them for none.
func (r reader) CommunityLines(ctx context.Context, only []communities.CommunityID) ([]CommunityLine, error) {
	rows, err := list[communityLineRow](ctx, r, "communities", `
		SELECT c.*, '' AS unit_label, coalesce(m.households, 0) AS households
		FROM communities c
		LEFT JOIN (SELECT municipality_id, community_id, count(DISTINCT household_id) AS households
			FROM memberships WHERE municipality_id = ?0 GROUP BY 1, 2) m
			ON m.municipality_id = c.municipality_id AND m.community_id = c.id
		WHERE c.municipality_id = ?0 AND (?1 OR c.id::text IN (?2)) ORDER BY c.name, c.id`,
		r.municipality, len(only) == 0, texts(append(only, "")))
	return toLines(rows), err
}

// Delegate is who speaks for a community now, and how to reach them.
type Delegate struct{ Name, Email string }

// DelegateOf is a community's delegate in force; empty when there is none.
func (r reader) DelegateOf(ctx context.Context, id communities.CommunityID, at time.Time) (Delegate, error) {
	rows, err := list[Delegate](ctx, r, "delegate", `
		SELECT u.name, u.email FROM grants g
		JOIN users u ON u.municipality_id = g.municipality_id AND u.id = g.user_id
		WHERE g.municipality_id = ?0 AND g.community_id = ?1 AND g.role = 'delegate'
			AND g.valid_from <= ?2 AND (g.valid_to IS NULL OR g.valid_to > ?2)
		ORDER BY g.valid_from DESC, g.id LIMIT 1`, r.municipality, id, at)
	if err != nil || len(rows) == 0 {
		return Delegate{}, err
	}
	return rows[0], nil
}

// Found stores the municipality with its categories; nothing when it is there.
func (tx *Tx) Found(ctx context.Context, name string, categories []catalogue.Category) error {
	n, err := tx.exec(ctx, "municipality", "INSERT INTO municipalities (id, name) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", tx.municipality, name)
	if err != nil || n == 0 {
		return err
	}
	for i, c := range categories {
		if _, err := tx.exec(ctx, "category", `
			INSERT INTO categories (municipality_id, id, parent_id, name, unit, position) VALUES (?, ?, nullif(?, ''), ?, ?, ?)`,
			tx.municipality, c.ID, c.ParentID, c.Name, c.Unit, i); err != nil {
			return err
		}
	}
	return nil
}

// AddCommunity stores a community.
func (tx *Tx) AddCommunity(ctx context.Context, c communities.Community, at time.Time) error {
	return insertAll(ctx, tx, "add community", []communityRow{{
		MunicipalityID: tx.municipality, ID: string(c.ID), Kind: c.Kind, Name: c.Name, Address: c.Address,
		DistrictID: c.DistrictID, QuarterID: c.QuarterID, XM: c.Point.XM, YM: c.Point.YM,
		ParentID: string(c.ParentID), Code: c.Code, CreatedAt: at,
	}})
}

type categoryRow struct {
	ID       string
	ParentID *string
	Name     string
	Unit     string
}

// Categories lists the catalogue tree in its order.
func (r reader) Categories(ctx context.Context) ([]catalogue.Category, error) {
	rows, err := list[categoryRow](ctx, r, "categories",
		"SELECT id, parent_id, name, unit FROM categories WHERE municipality_id = ? ORDER BY position, id", r.municipality)
	all := make([]catalogue.Category, len(rows))
	for i, c := range rows {
		all[i] = catalogue.Category{ID: catalogue.CategoryID(c.ID), Name: c.Name, Unit: c.Unit}
		if c.ParentID != nil {
			all[i].ParentID = catalogue.CategoryID(*c.ParentID)
		}
	}
	return all, err
}
