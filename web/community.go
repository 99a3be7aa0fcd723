package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
	"colletta/money"
)

type communityPage struct {
	frame
	View      desk.CommunityView
	Address   string // of the page
	Errors    refusals
	Open      []desk.RoundSummary
	Others    []desk.RoundSummary
	Transfers []transferForm // one per open charge
	Due, Paid money.Amount   // of all members; zero for a delegate, who sees no amounts
	Charged   int            // charges of all members
	Settled   int            // of which paid
	PaidBar   bar
	Pledging  int // members with a pledge
	Millesimi bool
}

func (s *site) community(w http.ResponseWriter, r *http.Request) {
	s.showCommunity(w, r, communities.CommunityID(chi.URLParam(r, "id")), nil, nil)
}

func (s *site) showCommunity(w http.ResponseWriter, r *http.Request, id communities.CommunityID, typed *desk.TransferRequest, refused error) {
	view, err := s.desk.Community(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newCommunityPage(s.frame(r, view.Community.Name), view, s.today(), typed, s.refusalsOf(refused, transferFields...))
	s.render(w, r, statusOf(refused), "community", p)
}

func newCommunityPage(f frame, view desk.CommunityView, today string, typed *desk.TransferRequest, errs refusals) communityPage {
	p := communityPage{frame: f, View: view, Errors: errs, Address: "/comunita/" + url.PathEscape(string(view.Community.ID))}
	p.Open, p.Others = splitOpen(view.Rounds)
	for _, m := range view.Members {
		p.Due += m.Due
		p.Paid += m.Paid
		p.Millesimi = p.Millesimi || m.Millesimi != ""
		if len(m.Pledges) > 0 {
			p.Pledging++
		}
		for _, c := range m.Charges {
			p.Charged++
			if c.State == billing.ChargePaid {
				p.Settled++
			}
			if c.State == billing.ChargeOpen {
				p.Transfers = append(p.Transfers, newTransferForm(p.Address+"/bonifico", today, c, typed, errs))
			}
		}
	}
	p.PaidBar = paidBar(p.Settled, p.Charged)
	if typed != nil {
		p.Errors = linesFor(errs, string(typed.Charge))
	}
	return p
}

// linesFor makes the summary point into the form of one charge.
func linesFor(errs refusals, form string) refusals {
	lines := make([]refusalLine, len(errs.Lines))
	for i, line := range errs.Lines {
		if line.Target != "" {
			line.Target = form + "-" + line.Target
		}
		lines[i] = line
	}
	return refusals{Lines: lines, by: errs.by}
}
