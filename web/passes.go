package web

import (
	"fmt"
	"net/url"
	"time"

	"colletta/desk"
	"colletta/pooling"
)

// passLines says in words what a round found and how good that is at least,
// pass by pass. They are for families: what cannot be proven is not said.
func passLines(passes []desk.PassView) []string {
	var lines []string
	for _, p := range passes {
		lines = append(lines, servedLine(p, len(passes) > 1))
		if words := certificateWords(p, len(passes) > 1); words != "" {
			lines = append(lines, words)
		}
	}
	return lines
}

// servedLine says how many of those who could be served a pass served.
func servedLine(p desk.PassView, oneOfTwo bool) string {
	if p.Number > 1 {
		return fmt.Sprintf("Con i contributi rimasti nei fondi, un secondo passaggio nella stessa notte ha servito %s.",
			plural(p.Served, "famiglia in più", "famiglie in più"))
	}
	if p.Viable == 0 {
		return "Nessuna richiesta poteva stare in un gruppo, nemmeno nel più grande."
	}
	when := ""
	if oneOfTwo {
		when = " nel primo passaggio"
	}
	return fmt.Sprintf("%s stare in un gruppo: %s trovato posto%s.", plural(p.Viable, "richiesta poteva", "richieste potevano"), pluralHave(p.Served), when)
}

func pluralHave(n int) string {
	if n == 0 {
		return "nessuna ha"
	}
	return plural(n, "ha", "hanno")
}

// certificateWords says how close to the best possible a pass came; empty
// without a bound. The bound of one pass holds for its vouchers: with money left
// over, the other may serve families that it could not.
func certificateWords(p desk.PassView, oneOfTwo bool) string {
	c := p.Certificate
	if c == nil {
		return ""
	}
	with := ""
	if oneOfTwo {
		with = " con i contributi di quel passaggio"
	}
	switch {
	case c.GapPermille == 0:
		return fmt.Sprintf("Nessun altro modo di formare i gruppi%s può servire più famiglie: è dimostrato.", with)
	case c.GapPermille < 0:
		return fmt.Sprintf("Nessun modo di formare i gruppi%s può servire più di %s: è dimostrato.", with, membersText(c.Bound))
	}
	return fmt.Sprintf("Il risultato è al massimo a %s dal migliore possibile: è dimostrato che nessun modo di formare i gruppi%s può servire più di %s.",
		percentText(c.GapPermille), with, membersText(c.Bound))
}

// percentText writes thousandths as a percentage: 12 is "1,2 %".
func percentText(permille int) string {
	return fmt.Sprintf("%s,%d\u00a0%%", thousands(permille/10), permille%10)
}

// passFacts is a pass for an officer: all that a second run needs.
type passFacts struct {
	Title string
	Facts []fact
	Files []link // empty for a dry run
}

type fact struct{ Name, Value string }

type link struct{ Href, Text string }

// newPassFacts describes passes; round is empty when nothing is stored.
func newPassFacts(passes []desk.PassView, round pooling.RoundID) []passFacts {
	all := make([]passFacts, len(passes))
	for i, p := range passes {
		f := passFacts{Title: "Primo passaggio", Facts: []fact{
			{"Richieste", fmt.Sprintf("%s, di cui %s stare in un gruppo; servite %s", thousands(p.Demands), plural(p.Viable, "poteva", "potevano"), thousands(p.Served))},
			{"Dimostrazione", proofText(p.Certificate)},
			{"Quando", instantText(p.FormedAt)},
			{"Ricerca", fmt.Sprintf("%s, al massimo %s; durata %s", effortText(p.Effort), limitText(p.TimeLimitSeconds), secondsText(p.FormedAt.Sub(p.StartedAt)))},
			{"Lavoro svolto", fmt.Sprintf("%s sui moltiplicatori, %s di miglioramento, %s",
				plural(p.Work.Multipliers, "iterazione", "iterazioni"), plural(p.Work.Waves, "ondata", "ondate"), plural(p.Work.Nodes, "nodo", "nodi"))},
			{"Seme", fmt.Sprintf("%d (motore %d)", p.Seed, p.Engine)},
			{"Impronta", p.SHA256},
		}}
		if p.Number > 1 {
			f.Title = "Secondo passaggio"
		}
		if round != "" {
			path := fmt.Sprintf("/comune/tornate/%s/passaggio/%d/", url.PathEscape(string(round)), p.Number)
			f.Files = []link{{path + "fotografia.json", "Scarica la fotografia"}, {path + "esito.json", "Scarica l’esito"}}
		}
		all[i] = f
	}
	return all
}

func proofText(c *desk.CertificateView) string {
	switch {
	case c == nil:
		return "nessun limite calcolato"
	case c.GapPermille == 0:
		return fmt.Sprintf("ottimo: limite %s (%s)", thousands(c.Bound), c.Method)
	case c.GapPermille < 0:
		return fmt.Sprintf("limite %s (%s)", thousands(c.Bound), c.Method)
	}
	return fmt.Sprintf("limite %s, distanza al massimo %s (%s)", thousands(c.Bound), percentText(c.GapPermille), c.Method)
}

// effortText names an effort.
func effortText(e pooling.Effort) string {
	switch e {
	case pooling.EffortFast:
		return "veloce"
	case pooling.EffortNormal:
		return "normale"
	case pooling.EffortHigh:
		return "approfondita"
	}
	return string(e)
}

func limitText(seconds int) string {
	if seconds == 0 {
		return "senza limite"
	}
	return plural(seconds, "secondo", "secondi")
}

// secondsText is a length of time in seconds and tenths.
func secondsText(d time.Duration) string {
	tenths := int(d.Round(100*time.Millisecond) / (100 * time.Millisecond))
	return fmt.Sprintf("%s,%d\u00a0s", thousands(tenths/10), tenths%10)
}
