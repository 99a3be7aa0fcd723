package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
)

// nobody is the actor of a request without login.
var nobody = communities.Actor{}

type statusOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Status
}

// Status says that the service works.
type Status struct {
	Status string `json:"status" enum:"up" doc:"Always up; otherwise the answer is a problem"`
}

func (s server) status(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeMax)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		slog.WarnContext(ctx, "database does not answer", "error", err)
		p := newProblem(http.StatusServiceUnavailable)
		p.Code = "database_unavailable"
		return nil, p
	}
	return &statusOutput{CacheControl: "no-store", Body: Status{Status: "up"}}, nil
}

type roundInput struct {
	ID string `path:"id" format:"uuid" doc:"Id of the round"`
}

type roundOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Round
}

// Round is what anybody may know about a round of the city.
type Round struct {
	ID       string    `json:"id" format:"uuid"`
	Series   string    `json:"series,omitempty" doc:"Name of the timetable"`
	Name     string    `json:"name"`
	State    string    `json:"state" enum:"scheduled,open,closed,formed,charged,settled,void"`
	OpensAt  time.Time `json:"opens_at"`
	ClosesAt time.Time `json:"closes_at"`
	Offers   []Offer   `json:"offers" doc:"Offers with today's groups, while the round is open"`
	Pledged  int       `json:"pledged" minimum:"0" doc:"Pledges now, or at the close"`
	Served   int       `json:"served" minimum:"0" doc:"Households in a pool; 0 before pools are formed"`
	Unserved int       `json:"unserved" minimum:"0" doc:"Households in no pool; 0 before pools are formed"`
	Pools    int       `json:"pools" minimum:"0"`
	Cost     string    `json:"cost" pattern:"^[0-9]+\\.[0-9]{2}$" example:"1500.00" doc:"Cost of all pools, in euro"`
	Reasons  []Reason  `json:"reasons" doc:"Why households are in no pool"`
	Passes   []Pass    `json:"passes" doc:"How the groups were found: one pass, or two when what was left of the funds served more households"`
	SHA256   string    `json:"sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Of the frozen snapshot, after the close"`
}

// Pass is one search for the groups of a round, with what is proven of it.
type Pass struct {
	Pass    int    `json:"pass" minimum:"1" maximum:"2"`
	Demands int    `json:"demands" minimum:"0"`
	Viable  int    `json:"viable" minimum:"0" doc:"Demands that could be in some group"`
	Served  int    `json:"served" minimum:"0"`
	Bound   *Bound `json:"bound,omitempty" doc:"Absent when none was computed"`
}

// Bound is a proven limit of a pass.
type Bound struct {
	Served      int    `json:"served" minimum:"0" doc:"No way to form groups serves more demands with the vouchers of this pass"`
	Method      string `json:"method" example:"lagrangian"`
	GapPermille *int   `json:"gap_permille,omitempty" minimum:"0" doc:"At most so many thousandths of what was served are missing from the best possible; absent when nobody was served"`
}

// Offer is a group offer in a round.
type Offer struct {
	ID         string `json:"id" format:"uuid"`
	Title      string `json:"title"`
	Provider   string `json:"provider"`
	Category   string `json:"category"`
	Mode       string `json:"mode" enum:"together,rota"`
	Split      string `json:"split" enum:"equal,units,weight"`
	MinMembers int    `json:"min_members" minimum:"1"`
	MaxMembers int    `json:"max_members" minimum:"1"`
	Unit       string `json:"unit" example:"hour"`
	Period     string `json:"period" example:"month"`
	Candidates int    `json:"candidates" minimum:"0" doc:"Households whose pledge fits the largest group today"`
	Missing    int    `json:"missing" minimum:"0" doc:"Households still needed to start, one newcomer included"`
}

// Reason counts households in no pool by the code of the reason.
type Reason struct {
	Code  string `json:"code" example:"too_few_neighbours"`
	Count int    `json:"count" minimum:"1"`
}

func (s server) round(ctx context.Context, in *roundInput) (*roundOutput, error) {
	view, err := s.Desk.Round(ctx, nobody, pooling.RoundID(in.ID))
	if err != nil {
		return nil, problemOf(ctx, err)
	}
	return &roundOutput{CacheControl: "no-store", Body: fromRound(view)}, nil
}

// fromRound leaves out what could point at a household: amounts of subsidy,
// members, hosts.
func fromRound(v desk.RoundView) Round {
	r := Round{
		ID: string(v.Round.ID), Series: v.Round.Series, Name: v.Round.Name, State: string(v.Round.State),
		OpensAt: v.Round.OpensAt.UTC(), ClosesAt: v.Round.ClosesAt.UTC(), Pledged: v.Round.Pledged, Offers: []Offer{}, Reasons: []Reason{}, Passes: []Pass{},
		Served: v.Results.Served, Unserved: v.Results.Unserved, Pools: len(v.Results.Pools), Cost: v.Results.Cost.String(), SHA256: v.SHA256,
	}
	for _, o := range v.Offers {
		r.Offers = append(r.Offers, Offer{
			ID: string(o.Offer.ID), Title: o.Offer.Title, Provider: o.Offer.Provider, Category: o.Offer.Category, Mode: string(o.Offer.Mode),
			Split: string(o.Offer.Split), MinMembers: o.MinMembers, MaxMembers: o.MaxMembers, Unit: o.Offer.Unit, Period: o.Offer.Period,
			Candidates: o.Candidates, Missing: o.Missing,
		})
	}
	for _, p := range v.Results.Passes {
		r.Passes = append(r.Passes, Pass{Pass: p.Number, Demands: p.Demands, Viable: p.Viable, Served: p.Served, Bound: fromCertificate(p.Certificate)})
	}
	for _, reason := range v.Results.Reasons {
		r.Reasons = append(r.Reasons, Reason{Code: string(reason.Code), Count: reason.Count})
	}
	return r
}

func fromCertificate(c *desk.CertificateView) *Bound {
	if c == nil {
		return nil
	}
	b := &Bound{Served: c.Bound, Method: c.Method}
	if c.GapPermille >= 0 {
		b.GapPermille = &c.GapPermille
	}
	return b
}

type webhookInput struct {
	Signature string `header:"Stripe-Signature" doc:"t=…,v1=…"`
	RawBody   []byte `contentType:"application/json"`
}

type webhookOutput struct{ Body Received }

// Received says that an event is kept.
type Received struct {
	Received bool `json:"received"`
}

func (s server) stripeWebhook(ctx context.Context, in *webhookInput) (*webhookOutput, error) {
	err := s.Desk.StripeWebhook(ctx, in.RawBody, in.Signature)
	if errors.Is(err, desk.ErrWebhook) {
		// Stripe's documentation asks for 400 here; the table says 422.
		slog.WarnContext(ctx, "webhook refused", "error", err)
		p := newProblem(http.StatusBadRequest)
		p.Code = desk.ErrWebhook.Code
		return nil, p
	}
	if err != nil {
		return nil, problemOf(ctx, err)
	}
	return &webhookOutput{Body: Received{Received: true}}, nil
}
