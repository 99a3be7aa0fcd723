package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
	"colletta/refusal"
	"colletta/web"
)

// demoAccounts lists who can log in to the demo, for the login page and the
// console.
func demoAccounts() []web.DemoAccount {
	var accounts []web.DemoAccount
	for _, r := range demoCast {
		accounts = append(accounts, web.DemoAccount{Label: r.Label, Email: r.Person.Email, What: r.What})
	}
	return accounts
}

// loadDemo loads the city of the demo through the acts of the desk, each by who
// may do it, while the clock goes from some weeks ago to the present. It needs
// a desk that runs on that clock, with Demo set, whose timetable is not running
// yet.
//
// It returns at once when the city is there. A loading that was killed goes on
// where it was: every step may be done again and has its effect once. progress
// is told how many of the steps are done and what is being done.
func loadDemo(ctx context.Context, d *desk.Desk, clock *demoClock, progress func(done, total int, what string)) error {
	known, err := demoCommunities(ctx, d)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	load, begun := clock.load()
	if len(known) > 0 && (!begun || load.Done) {
		return nil
	}
	if len(known) == 0 {
		load = demoLoad{From: time.Now()}
	}
	l, err := newDemoLoader(d, clock, load)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	steps := l.steps()
	for i, s := range steps {
		progress(i, len(steps), s.what)
		l.moveTo(s.at)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("demo: %s: %w", s.what, err)
		}
	}
	clock.arrive(l.load)
	progress(len(steps), len(steps), "Fatto")
	return nil
}

// demoCommunities finds the communities that are registered, by name; none
// before the municipality is founded.
func demoCommunities(ctx context.Context, d *desk.Desk) (map[string]communities.CommunityID, error) {
	officer, err := d.ActorByEmail(ctx, cast("officer").Person.Email)
	if hasKind(err, refusal.KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// The grant begins when the city was founded, which the clock may not have
	// reached again.
	for i := range officer.Grants {
		officer.Grants[i].From = time.Time{}
	}
	view, err := d.Officer(ctx, officer)
	if err != nil {
		return nil, err
	}
	known := map[string]communities.CommunityID{}
	for _, p := range view.Map {
		known[p.Name] = p.Community
	}
	return known, nil
}

// demoLoader carries what the steps of a loading share. Every map is filled by
// an earlier step, also when that step finds its work done.
type demoLoader struct {
	desk     *desk.Desk
	clock    *demoClock
	load     demoLoad
	calendar demoCalendar
	city     *demoCity
	market   demoMarket
	plan     demoPlan

	known      map[string]communities.CommunityID // registered by an earlier run, by name
	places     map[string]communities.CommunityID // by key
	households map[string]communities.HouseholdID // by e-mail
	providers  map[string]catalogue.ProviderID    // by key
	offers     map[string]catalogue.OfferID       // by key
	rounds     map[time.Time]map[string]pooling.RoundID
	charges    map[pooling.RoundID][]demoCharge
	actors     map[string]communities.Actor // by e-mail
}

// demoStep is one act, or a few, at one moment.
type demoStep struct {
	at   time.Time
	what string // Italian, for the progress bar
	do   func(context.Context) error
}

func newDemoLoader(d *desk.Desk, clock *demoClock, load demoLoad) (*demoLoader, error) {
	calendar, err := calendarFor(load.From, d.Zone())
	if err != nil {
		return nil, err
	}
	l := &demoLoader{
		desk: d, clock: clock, load: load, calendar: calendar, city: generateCity(), market: readMarket(),
		places: map[string]communities.CommunityID{}, households: map[string]communities.HouseholdID{},
		providers: map[string]catalogue.ProviderID{}, offers: map[string]catalogue.OfferID{},
		rounds:  map[time.Time]map[string]pooling.RoundID{},
		charges: map[pooling.RoundID][]demoCharge{}, actors: map[string]communities.Actor{},
	}
	l.plan = generatePlan(l.city, l.market)
	if load.Reached.IsZero() {
		clock.move(calendar.From)
		l.load.Reached = calendar.From.Add(reachAhead)
	} else {
		clock.move(load.Reached)
	}
	clock.reach(l.load)
	return l, nil
}

// reachAhead is how far ahead of the clock its file is: it is written once for
// all steps of so many hours, and no act is ever later than it says.
const reachAhead = 6 * time.Hour

// moveTo sets the clock to a moment, never back: after a kill it goes on after
// the last act that may have been done, and the steps before are gone through
// again at that time.
func (l *demoLoader) moveTo(at time.Time) {
	if !at.After(l.clock.Now()) {
		return
	}
	if at.After(l.load.Reached) {
		l.load.Reached = at.Add(reachAhead)
		l.clock.reach(l.load)
	}
	l.clock.move(at)
}

// steps lists the whole loading in the order of time.
func (l *demoLoader) steps() []demoStep {
	steps := l.foundationSteps()
	steps = append(steps, l.needSteps()...)
	steps = append(steps, l.roundSteps()...)
	steps = append(steps, l.voucherSteps()...)
	steps = append(steps, l.fundSteps()...)
	slices.SortStableFunc(steps, func(a, b demoStep) int { return a.at.Compare(b.at) })
	return steps
}

// officer is the actor of the Comune.
func (l *demoLoader) officer(ctx context.Context) (communities.Actor, error) {
	return l.actor(ctx, cast("officer").Person.Email)
}

var loginLink = regexp.MustCompile(`/accedi/([A-Za-z0-9_-]+)`)

// actor is who acts. Those of the cast log in as people do: a link is asked
// for, found in the mailbox, and followed. The others are looked up, so that
// the mailbox of the demo is not full of their links.
func (l *demoLoader) actor(ctx context.Context, email string) (communities.Actor, error) {
	if a, ok := l.actors[email]; ok {
		return a, nil
	}
	if !slices.ContainsFunc(demoCast, func(r demoRole) bool { return r.Person.Email == email }) {
		a, err := l.desk.ActorByEmail(ctx, email)
		if err == nil {
			l.actors[email] = a
		}
		return a, err
	}
	if err := l.desk.RequestLogin(ctx, email, "/"); err != nil {
		return communities.Actor{}, fmt.Errorf("ask for a login link for %s: %w", email, err)
	}
	mails, err := l.desk.Mailbox(ctx)
	if err != nil {
		return communities.Actor{}, err
	}
	for _, m := range mails {
		token := loginLink.FindStringSubmatch(m.Text)
		if m.To != email || token == nil {
			continue
		}
		a, _, err := l.desk.Login(ctx, token[1])
		if errors.Is(err, desk.ErrLoginLink) {
			continue // spent by a run that was killed
		}
		if err == nil {
			l.actors[email] = a
		}
		return a, err
	}
	return communities.Actor{}, fmt.Errorf("no login link for %s in the mailbox", email)
}

// hasKind tells whether an error is a refusal of a kind.
func hasKind(err error, kind refusal.Kind) bool {
	var r *refusal.Error
	return errors.As(err, &r) && r.Kind == kind
}

// unlessDone is nil for a refusal that says that the act was done before.
func unlessDone(err error) error {
	if hasKind(err, refusal.KindConflict) {
		return nil
	}
	return err
}
