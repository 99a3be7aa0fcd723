package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
)

type roundsPage struct {
	frame
	Open, Others []desk.RoundSummary
}

func (s *site) rounds(w http.ResponseWriter, r *http.Request) {
	rounds, err := s.desk.Rounds(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := roundsPage{frame: s.frame(r, "Tornate")}
	p.Open, p.Others = splitOpen(rounds)
	s.render(w, r, http.StatusOK, "rounds", p)
}

type roundPage struct {
	frame
	View     desk.RoundView
	Offers   []offerPicture
	Why      string       // why the reader cannot pledge, in words
	Reasons  []reasonLine // unserved by reason
	Quality  []string     // how good the result is at least
	Passes   []passFacts  // for an officer
	Members  bool         // some pool shows its members
	Totals   bool         // sums of the round may be shown
	Amounts  bool         // and their amounts
	Officer  bool         // may do the steps by hand
	Steps    []roundStep  // that the officer may do now
	LoggedIn bool
}

// unfoldedMost is up to how many offers a page shows every chart at once.
const unfoldedMost = 3

// totalsFrom is from how many families on a round shows what the Comune paid
// for all together: with fewer, neighbours could tell who was helped.
const totalsFrom = 10

type reasonLine struct {
	Text  string
	Count int
}

// roundStep is a step that an officer may do by hand.
type roundStep struct{ Path, Label, Help string }

// offerPicture is the live picture of one offer, with what it takes to draw it.
type offerPicture struct {
	desk.OfferPictureView
	Anchor    string // id on the page
	PledgeURL string
	Progress  bar
	Chart     *priceChart // nil when there is nothing to draw
	Open      bool
	Folded    bool // the chart is folded away, because the page has many offers
	CanPledge bool
	Mine      *desk.PledgeView // own pledge that this group counts
}

// Falls tells whether the price falls when more families join.
func (o offerPicture) Falls() bool {
	for _, step := range o.Steps {
		if step.Net < o.Net && step.Quote > 0 {
			return true
		}
	}
	return false
}

// Starts tells whether the group has enough families.
// UnitsMissing is how many units (hours) the group lacks, where it needs a
// number of them besides families.
func (o offerPicture) UnitsMissing() int64 { return max(0, o.MinUnits-o.CandidateUnits) }

func (o offerPicture) Starts() bool { return o.Missing == 0 && o.Candidates > 0 }

func (s *site) round(w http.ResponseWriter, r *http.Request) {
	id := pooling.RoundID(chi.URLParam(r, "id"))
	actor := actorOf(r)
	view, err := s.desk.Round(r.Context(), actor, id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newRoundPage(s.frame(r, view.Round.Name), view)
	p.LoggedIn = actor.User != ""
	p.Why = s.words.code(view.Why, "opens_at", view.Round.OpensAt, "closes_at", view.Round.ClosesAt)
	if actor.Has(communities.RoleOfficer, s.desk.Now()) {
		p.Officer, p.Amounts, p.Totals = true, true, true
		p.Steps, p.Passes = stepsOf(view.Round.State), newPassFacts(view.Results.Passes, id)
	}
	p.Amounts = p.Amounts || actor.Has(communities.RoleDelegate, s.desk.Now())
	s.render(w, r, http.StatusOK, "round", p)
}

func newRoundPage(f frame, view desk.RoundView) roundPage {
	p := roundPage{frame: f, View: view}
	for _, picture := range view.Offers {
		o := newOfferPicture(view, picture)
		o.Folded = len(view.Offers) > unfoldedMost
		p.Offers = append(p.Offers, o)
	}
	for _, reason := range view.Results.Reasons {
		p.Reasons = append(p.Reasons, reasonLine{outcomeShort(reason.Code), reason.Count})
	}
	p.Quality = passLines(view.Results.Passes)
	p.Totals = view.Results.Served >= totalsFrom
	for _, pool := range view.Results.Pools {
		p.Members = p.Members || len(pool.Members) > 0
	}
	return p
}

func newOfferPicture(view desk.RoundView, picture desk.OfferPictureView) offerPicture {
	o := offerPicture{
		OfferPictureView: picture,
		Anchor:           "offerta-" + string(picture.Offer.ID),
		PledgeURL:        "/tornate/" + url.PathEscape(string(view.Round.ID)) + "/offerte/" + url.PathEscape(string(picture.Offer.ID)) + "/adesione",
		Progress:         groupBar(picture),
		Chart:            newPriceChart(picture),
		Open:             view.Round.State == pooling.RoundOpen,
		CanPledge:        view.CanPledge,
	}
	for i, mine := range view.Mine {
		if mine.Category == picture.Offer.Category && !mine.Withdrawn {
			o.Mine = &view.Mine[i]
		}
	}
	return o
}

// stepsOf lists what an officer may do by hand in a state.
func stepsOf(state pooling.RoundState) []roundStep {
	switch state {
	case pooling.RoundOpen:
		return []roundStep{{"chiudi", "Chiudi la tornata", "Dopo la chiusura nessuno può più aderire o ritirarsi."}}
	case pooling.RoundClosed:
		return []roundStep{{"forma", "Forma i gruppi", "Il calcolo parte dalla fotografia delle richieste."}}
	case pooling.RoundFormed:
		return []roundStep{{"addebita", "Emetti le quote", "Ogni famiglia riceve la sua quota da pagare."}}
	}
	return nil
}

func (s *site) roundStep(w http.ResponseWriter, r *http.Request) {
	id, actor := pooling.RoundID(chi.URLParam(r, "id")), actorOf(r)
	var err error
	switch chi.URLParam(r, "step") {
	case "chiudi":
		err = s.desk.CloseRound(r.Context(), actor, id)
	case "forma":
		err = s.desk.FormRound(r.Context(), actor, id)
	case "addebita":
		err = s.desk.ChargeRound(r.Context(), actor, id)
	default:
		s.notFound(w, r)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Fatto. Lo stato della tornata è aggiornato.")
	http.Redirect(w, r, "/tornate/"+url.PathEscape(string(id)), http.StatusSeeOther)
}

// passFile is what a pass of a round read or wrote, byte for byte, so that its
// hash can be checked and the result found again.
func (s *site) passFile(w http.ResponseWriter, r *http.Request) {
	id, pass := chi.URLParam(r, "id"), chi.URLParam(r, "pass")
	files := map[string]func(context.Context, communities.Actor, pooling.RoundID, int) ([]byte, error){
		"fotografia": s.desk.ExportRound, "esito": s.desk.ExportFormation,
	}
	name := chi.URLParam(r, "file")
	export, known := files[name]
	if !known || pass != "1" && pass != "2" {
		s.notFound(w, r)
		return
	}
	data, err := export(r.Context(), actorOf(r), pooling.RoundID(id), int(pass[0]-'0'))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	attachment(w, "tornata-"+id+"-"+pass+"-"+name+".json", "application/json")
	_, _ = w.Write(data) // the reader may be gone
}
