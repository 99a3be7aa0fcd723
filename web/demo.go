package web

import (
	"net/http"
	"strings"
	"time"

	"colletta/desk"
	"colletta/pooling"
)

type mailboxPage struct {
	frame
	Mails []mailText
}

type mailText struct {
	desk.MailView
	Pieces []mailPiece
}

// mailPiece is a stretch of a message; Href is set when it is a link into this
// site.
type mailPiece struct{ Text, Href string }

func (s *site) mailbox(w http.ResponseWriter, r *http.Request) {
	mails, err := s.desk.Mailbox(r.Context())
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := mailboxPage{frame: s.frame(r, "Posta di prova")}
	for _, m := range mails {
		p.Mails = append(p.Mails, mailText{m, linked(m.Text, s.publicURL)})
	}
	s.render(w, r, http.StatusOK, "mailbox", p)
}

// linked cuts a text where it names an address of this site, and makes that a
// local link, so that the mailbox also works through another address.
func linked(text, site string) []mailPiece {
	var pieces []mailPiece
	for site != "" {
		before, rest, found := strings.Cut(text, site+"/")
		if !found {
			break
		}
		end := strings.IndexAny(rest, " \t\r\n<>\"")
		if end < 0 {
			end = len(rest)
		}
		address := strings.TrimRight(rest[:end], ".,;:)")
		pieces = append(pieces, mailPiece{Text: before}, mailPiece{Text: site + "/" + address, Href: localPath("/"+address, "")})
		text = rest[len(address):]
	}
	return append(pieces, mailPiece{Text: text})
}

type clockPage struct {
	frame
	Error   string
	Local   string    // now, for the input
	Closing time.Time // next close of an open round; zero when there is none
}

const localTime = "2006-01-02T15:04"

func (s *site) clock(w http.ResponseWriter, r *http.Request) {
	s.showClock(w, r, http.StatusOK, "")
}

func (s *site) showClock(w http.ResponseWriter, r *http.Request, status int, problem string) {
	now := s.demo.Clock.Now()
	closing, err := s.nextClosing(r, now)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, status, "clock", clockPage{s.frame(r, "Orologio di prova"), problem, now.In(rome).Format(localTime), closing})
}

// nextClosing is the first close, after now, of a round that takes pledges.
func (s *site) nextClosing(r *http.Request, now time.Time) (time.Time, error) {
	rounds, err := s.desk.Rounds(r.Context(), actorOf(r))
	if err != nil && statusOf(err) == http.StatusInternalServerError {
		return time.Time{}, err
	}
	var next time.Time
	for _, round := range rounds {
		if round.State == pooling.RoundOpen && round.ClosesAt.After(now) && (next.IsZero() || round.ClosesAt.Before(next)) {
			next = round.ClosesAt
		}
	}
	return next, nil
}

// clockSet moves the clock of the demo forward, never back: what happened has
// happened.
func (s *site) clockSet(w http.ResponseWriter, r *http.Request) {
	now := s.demo.Clock.Now()
	to, problem := now, ""
	switch value(r, "to") {
	case "hour":
		to = now.Add(time.Hour)
	case "day":
		to = now.In(rome).AddDate(0, 0, 1)
	case "close":
		closing, err := s.nextClosing(r, now)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		to = closing
	default:
		at, err := time.ParseInLocation(localTime, value(r, "at"), rome)
		if err != nil {
			problem = "Scrivi data e ora, per esempio 24/11/2026 20:00."
		}
		to = at
	}
	if problem == "" && !to.After(now) {
		problem = "L’orologio va solo avanti: scegli un momento futuro."
	}
	if problem != "" {
		s.showClock(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	s.demo.Clock.Set(to)
	if err := s.desk.Tick(r.Context()); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Ora è "+instantText(to)+". Le tornate in scadenza si aprono e si chiudono entro pochi secondi.")
	http.Redirect(w, r, "/prova/orologio", http.StatusSeeOther)
}
