package postgres

import (
	"context"

	"colletta/communities"
	"colletta/money"
)

// Need is demand by category.
type Need struct {
	CategoryID string
	Category   string
	Declared   int
	Pledged    int
	Served     int
}

// Needs counts demand by category, in one community or, for none, everywhere:
// declared, pledged in rounds that are not void, and served.
func (r reader) Needs(ctx context.Context, community communities.CommunityID) ([]Need, error) {
	return list[Need](ctx, r, "needs", `
		SELECT c.id AS category_id, c.name AS category,
			count(*) FILTER (WHERE d.state = 'declared') AS declared,
			count(*) FILTER (WHERE d.state = 'pledged') AS pledged,
			count(m.demand_id) AS served
		FROM demands d
		JOIN categories c ON c.municipality_id = d.municipality_id AND c.id = d.category_id
		LEFT JOIN pool_members m ON m.municipality_id = d.municipality_id AND m.demand_id = d.id
		WHERE d.municipality_id = ?0 AND d.state <> 'withdrawn' AND (?1 = '' OR d.community_id::text = ?1)
		GROUP BY c.id, c.name ORDER BY count(*) DESC, c.name, c.id`, r.municipality, string(community))
}

// PlaceNeed is demand in one community.
type PlaceNeed struct {
	ID         string
	Name       string
	Kind       communities.Kind
	DistrictID int
	XM         int64 `bun:"x_m"`
	YM         int64 `bun:"y_m"`
	Demands    int
	Served     int
}

// NeedsByPlace counts demand by community.
func (r reader) NeedsByPlace(ctx context.Context) ([]PlaceNeed, error) {
	return list[PlaceNeed](ctx, r, "needs by place", `
		SELECT c.id, c.name, c.kind, c.district_id, c.x_m, c.y_m, coalesce(n.demands, 0) AS demands, coalesce(n.served, 0) AS served
		FROM communities c
		LEFT JOIN (SELECT d.municipality_id, d.community_id, count(*) AS demands, count(m.demand_id) AS served
			FROM demands d LEFT JOIN pool_members m ON m.municipality_id = d.municipality_id AND m.demand_id = d.id
			WHERE d.municipality_id = ?0 AND d.state <> 'withdrawn' GROUP BY 1, 2) n
			ON n.municipality_id = c.municipality_id AND n.community_id = c.id
		WHERE c.municipality_id = ?0 ORDER BY c.id`, r.municipality)
}

// Totals are the sums of an installation.
type Totals struct {
	Households, Communities, Providers int
	Charges, PaidCharges               int
	ChargedCents, PaidCents, OpenCents money.Amount
}

// Totals counts and sums.
func (r reader) Totals(ctx context.Context) (Totals, error) {
	return single[Totals](ctx, r, "totals", "", `
		SELECT (SELECT count(*) FROM households WHERE municipality_id = ?0) AS households,
			(SELECT count(*) FROM communities WHERE municipality_id = ?0) AS communities,
			(SELECT count(*) FROM providers WHERE municipality_id = ?0) AS providers,
			count(*) AS charges, count(*) FILTER (WHERE state = 'paid') AS paid_charges,
			coalesce(sum(net_cents), 0) AS charged_cents,
			coalesce(sum(net_cents) FILTER (WHERE state = 'paid'), 0) AS paid_cents,
			coalesce(sum(net_cents) FILTER (WHERE state = 'open'), 0) AS open_cents
		FROM charges WHERE municipality_id = ?0 AND state IN ('open', 'paid')`, r.municipality)
}
