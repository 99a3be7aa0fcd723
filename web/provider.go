package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"colletta/catalogue"
	"colletta/desk"
	"colletta/pooling"
)

// tierRows is how many price tiers the form offers.
const tierRows = 3

type providerPage struct {
	frame
	View desk.ProviderView
}

func (s *site) provider(w http.ResponseWriter, r *http.Request) {
	view, err := s.desk.Provider(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "provider", providerPage{s.frame(r, view.Name), view})
}

type offerPage struct {
	frame
	View                             desk.ProviderView
	Errors                           refusals
	Category, Title2, Description    field
	Mode, Split, Period              field
	MinMembers, MaxMembers, MinUnits field
	MaxUnits, Meetings               field
	CenterOf, Radius, MixRadius      field
	Tiers                            []tierRow
	TierError, SlotError, AreaError  string
	Days                             []slotDay
	Communities                      []option
}

// tierRow is one price tier: its fields in the order of the columns.
type tierRow struct {
	Number int
	Fields []field
}

var offerFields = []string{
	"category", "title", "description", "mode", "split", "slots", "min_members", "max_members", "min_units",
	"max_units", "tiers", "area", "radius", "mix_radius", "period", "meetings",
}

func (s *site) offerForm(w http.ResponseWriter, r *http.Request) {
	typed := desk.OfferRequest{
		Mode: string(pooling.ModeTogether), Split: string(pooling.SplitEqual), Period: "month",
		Tiers: []desk.TierRequest{{FromMembers: "1"}},
	}
	s.showOfferForm(w, r, typed, nil)
}

func (s *site) showOfferForm(w http.ResponseWriter, r *http.Request, typed desk.OfferRequest, refused error) {
	view, err := s.desk.Provider(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "offer", newOfferPage(s.frame(r, "Pubblica un’offerta di gruppo"), view, typed, s.refusalsOf(refused, offerFields...)))
}

func newOfferPage(f frame, view desk.ProviderView, typed desk.OfferRequest, errs refusals) offerPage {
	p := offerPage{frame: f, View: view, Errors: errs, TierError: errs.at("tiers"), SlotError: errs.at("slots"), AreaError: errs.at("area")}
	p.Category = choice("category", "Categoria", typed.Category, errs)
	for _, c := range view.Categories {
		p.Category.Options = append(p.Category.Options, option{Value: string(c.ID), Label: c.Name, Chosen: string(c.ID) == typed.Category})
	}
	p.Title2 = field{Name: "title", Label: "Titolo", Type: "text", Value: typed.Title, Error: errs.at("title"), Help: "Per esempio «Laboratorio di psicomotricità, 10 incontri»."}
	p.Description = field{Name: "description", Label: "Descrizione", Type: "textarea", Value: typed.Description, Error: errs.at("description"), Help: "Che cosa si fa, chi lo fa, che cosa è compreso."}
	p.Mode = choice("mode", "Come funziona il gruppo", typed.Mode, errs,
		option{Value: string(pooling.ModeTogether), Label: "Insieme: tutti nella stessa fascia"}, option{Value: string(pooling.ModeRota), Label: "A turno: le ore di una persona divise tra le famiglie"})
	p.Split = choice("split", "Come si divide il costo fisso", typed.Split, errs,
		option{Value: string(pooling.SplitEqual), Label: "In parti uguali"}, option{Value: string(pooling.SplitUnits), Label: "In proporzione a quanto si chiede"},
		option{Value: string(pooling.SplitWeight), Label: "In proporzione ai millesimi"})
	p.Period = choice("period", "I prezzi sono", typed.Period, errs, periods...)
	p.MinMembers = number("min_members", "Famiglie, almeno", typed.MinMembers, false, errs)
	p.MaxMembers = number("max_members", "Famiglie, al massimo", typed.MaxMembers, false, errs)
	p.MinUnits = number("min_units", "Unità, almeno", typed.MinUnits, true, errs)
	p.MaxUnits = number("max_units", "Unità, al massimo", typed.MaxUnits, true, errs)
	p.Meetings = number("meetings", "Numero di incontri", typed.Meetings, true, errs)
	p.Meetings.Help = "Solo per un corso."
	p.CenterOf = choice("center_of", "Attorno a", typed.CenterOf, errs, option{Label: "— nessuna —"})
	for _, c := range view.Communities {
		p.CenterOf.Options = append(p.CenterOf.Options, option{Value: string(c.ID), Label: c.Name, Chosen: string(c.ID) == typed.CenterOf})
		p.Communities = append(p.Communities, option{Value: string(c.ID), Label: c.Name, Help: c.Address, Chosen: slices.Contains(typed.Communities, string(c.ID))})
	}
	p.CenterOf.Optional = true
	p.Radius = number("radius", "Raggio", typed.RadiusM, true, errs)
	p.Radius.Suffix = "metri"
	p.MixRadius = number("mix_radius", "Distanza tra le comunità dello stesso gruppo", typed.MixRadiusM, true, errs)
	p.MixRadius.Suffix, p.MixRadius.Help = "metri", "Zero o vuoto: ogni gruppo resta in una sola comunità."
	for i := range max(tierRows, len(typed.Tiers)) {
		var t desk.TierRequest
		if i < len(typed.Tiers) {
			t = typed.Tiers[i]
		}
		p.Tiers = append(p.Tiers, newTierRow(i, t))
	}
	p.Days = daysOf(view.Slots, typed.Slots)
	return p
}

func newTierRow(i int, t desk.TierRequest) tierRow {
	prefix := "tier" + strconv.Itoa(i+1) + "_"
	return tierRow{Number: i + 1, Fields: []field{
		{Name: prefix + "from", Label: "Da quante famiglie", Type: "text", Mode: "numeric", Value: t.FromMembers, Optional: i > 0},
		{Name: prefix + "fixed", Label: "Costo fisso del gruppo", Type: "text", Mode: "decimal", Suffix: "€", Value: t.Fixed, Optional: true},
		{Name: prefix + "member", Label: "Per famiglia", Type: "text", Mode: "decimal", Suffix: "€", Value: t.PerMember, Optional: true},
		{Name: prefix + "unit", Label: "Per unità", Type: "text", Mode: "decimal", Suffix: "€", Value: t.PerUnit, Optional: true},
	}}
}

func choice(name, label, chosen string, errs refusals, options ...option) field {
	f := field{Name: name, Label: label, Type: "select", Value: chosen, Error: errs.at(name)}
	for _, o := range options {
		o.Chosen = o.Value == chosen
		f.Options = append(f.Options, o)
	}
	return f
}

func number(name, label, value string, optional bool, errs refusals) field {
	return field{Name: name, Label: label, Type: "text", Mode: "numeric", Value: value, Error: errs.at(name), Optional: optional}
}

func (s *site) offer(w http.ResponseWriter, r *http.Request) {
	view, err := s.desk.Provider(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	typed := offerOf(r)
	typed.Provider = catalogue.ProviderID(view.ID)
	_, err = s.desk.PublishOffer(r.Context(), actorOf(r), typed)
	if reformable(err) {
		s.showOfferForm(w, r, typed, err)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, fmt.Sprintf("L’offerta «%s» è pubblicata: entra nella prossima tornata della sua categoria.", typed.Title))
	http.Redirect(w, r, "/ente", http.StatusSeeOther)
}

func offerOf(r *http.Request) desk.OfferRequest {
	o := desk.OfferRequest{
		Category: value(r, "category"), Title: value(r, "title"), Description: value(r, "description"),
		Mode: value(r, "mode"), Split: value(r, "split"), Slots: values(r, "slots"),
		MinMembers: value(r, "min_members"), MaxMembers: value(r, "max_members"),
		MinUnits: value(r, "min_units"), MaxUnits: value(r, "max_units"),
		Communities: values(r, "area"), CenterOf: value(r, "center_of"), RadiusM: value(r, "radius"),
		MixRadiusM: value(r, "mix_radius"), Period: value(r, "period"), Meetings: value(r, "meetings"),
	}
	for i := range tierRows {
		prefix := "tier" + strconv.Itoa(i+1) + "_"
		t := desk.TierRequest{
			FromMembers: value(r, prefix+"from"), Fixed: value(r, prefix+"fixed"),
			PerMember: value(r, prefix+"member"), PerUnit: value(r, prefix+"unit"),
		}
		// A row left empty is no tier.
		if t != (desk.TierRequest{}) {
			o.Tiers = append(o.Tiers, t)
		}
	}
	return o
}
