package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/pooling"
)

var (
	monthNames = [...]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}
	dayNames   = [...]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"}
	rome       = mustZone("Europe/Rome")
)

// mustZone loads a time zone; without it no date could be shown rightly.
func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}

// dateText is a day: "23 novembre 2026". Calendar days held at midnight UTC and
// instants alike: midnight UTC falls on the same day in Rome.
func dateText(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	t = t.In(rome)
	return fmt.Sprintf("%d\u00a0%s %d", t.Day(), monthNames[t.Month()-1], t.Year())
}

// instantText is an instant: "lunedì 23 novembre 2026 alle 20:00".
func instantText(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	local := t.In(rome)
	return dayNames[local.Weekday()] + " " + dateText(t) + " alle " + local.Format("15:04")
}

// shortText is an instant in a table: "23/11/2026 20:00".
func shortText(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(rome).Format("02/01/2006 15:04")
}

// shortDate is a day in a table: "23/11/2026".
func shortDate(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(rome).Format("02/01/2006")
}

// durationText is a length of time in its largest two units: "2 giorni e 3 ore".
func durationText(d time.Duration) string {
	if d < time.Minute {
		return "meno di un minuto"
	}
	days, hours, minutes := int(d/(24*time.Hour)), int(d%(24*time.Hour)/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case days > 0 && hours > 0:
		return plural(days, "giorno", "giorni") + " e " + plural(hours, "ora", "ore")
	case days > 0:
		return plural(days, "giorno", "giorni")
	case hours > 0 && minutes > 0:
		return plural(hours, "ora", "ore") + " e " + plural(minutes, "minuto", "minuti")
	case hours > 0:
		return plural(hours, "ora", "ore")
	}
	return plural(minutes, "minuto", "minuti")
}

// leftText says how long something still is away.
func leftText(now, at time.Time) string {
	if !now.Before(at) {
		return "scaduta"
	}
	if left := at.Sub(now); left < time.Minute || left >= 2*time.Minute {
		if left >= 48*time.Hour {
			return "mancano " + plural(int(left/(24*time.Hour)), "giorno", "giorni")
		}
		return "mancano " + durationText(left)
	}
	return "manca 1 minuto"
}

// plural is a number with the word that agrees with it: "1 famiglia", "3 famiglie".
func plural[N int | int64](n N, one, many string) string {
	return thousands(int(n)) + "\u00a0" + pluralWord(n, one, many)
}

// pluralWord is only the word.
func pluralWord[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// groupsOfFour writes an IBAN or a reference as it is printed on paper.
func groupsOfFour(s string) string {
	s = strings.ReplaceAll(s, " ", "")
	var b strings.Builder
	for i, c := range []rune(s) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// unitText is a number of units of a category: "4 ore a settimana", "1 bambino".
func unitText(n int64, unit string) string {
	switch unit {
	case "hour":
		return plural(n, "ora a settimana", "ore a settimana")
	case "seat", "place":
		return plural(n, "posto", "posti")
	case "child":
		return plural(n, "bambino", "bambini")
	}
	return plural(n, "unità", "unità")
}

// unitQuestion is the label of the field in which units are typed.
func unitQuestion(unit string) string {
	switch unit {
	case "hour":
		return "Quante ore a settimana ti servono?"
	case "child":
		return "Quanti bambini partecipano?"
	}
	return "Quanti posti ti servono?"
}

// periodText is what a price is per: "al mese", "per tutto il corso".
func periodText(period string) string {
	switch period {
	case "month":
		return "al mese"
	case "week":
		return "a settimana"
	case "course":
		return "per tutto il corso"
	}
	return ""
}

func stateText(s pooling.RoundState) string {
	switch s {
	case pooling.RoundScheduled:
		return "in programma"
	case pooling.RoundOpen:
		return "aperta"
	case pooling.RoundClosed:
		return "chiusa"
	case pooling.RoundFormed:
		return "gruppi formati"
	case pooling.RoundCharged:
		return "quote emesse"
	case pooling.RoundSettled:
		return "conclusa"
	case pooling.RoundVoid:
		return "annullata"
	}
	return string(s)
}

// stateTone is the class of the label that shows a state; the words say the
// same, colour is never alone.
func stateTone(s pooling.RoundState) string {
	switch s {
	case pooling.RoundOpen:
		return "tone-open"
	case pooling.RoundScheduled:
		return "tone-wait"
	case pooling.RoundVoid:
		return "tone-no"
	}
	return "tone-done"
}

func chargeText(s billing.ChargeState) string {
	switch s {
	case billing.ChargeOpen:
		return "da pagare"
	case billing.ChargePaid:
		return "pagata"
	case billing.ChargeVoid:
		return "annullata"
	case billing.ChargeWrittenOff:
		return "abbandonata"
	}
	return string(s)
}

func methodText(m billing.Method) string {
	switch m {
	case billing.MethodCard:
		return "carta"
	case billing.MethodTransfer:
		return "bonifico"
	case billing.MethodCredit:
		return "credito"
	case billing.MethodCash:
		return "contanti"
	case billing.MethodPOS:
		return "carta allo sportello"
	}
	return string(m)
}

func modeText(m pooling.Mode) string {
	if m == pooling.ModeRota {
		return "a turno: le ore di una persona si dividono tra le famiglie"
	}
	return "insieme: tutto il gruppo nella stessa fascia"
}

func splitText(rule pooling.SplitRule) string {
	switch rule {
	case pooling.SplitUnits:
		return "in proporzione a quanto ciascuno chiede"
	case pooling.SplitWeight:
		return "in proporzione ai millesimi"
	}
	return "in parti uguali"
}

func kindText(k communities.Kind) string {
	switch k {
	case communities.KindCondominium:
		return "Condominio"
	case communities.KindSchool:
		return "Scuola"
	case communities.KindNeighbourhood:
		return "Vicinato"
	}
	return string(k)
}

// kindIcon is the name of the icon in the sprite of Bootstrap Italia.
func kindIcon(k communities.Kind) string {
	switch k {
	case communities.KindCondominium:
		return "it-pa"
	case communities.KindSchool:
		return "it-presentation"
	}
	return "it-map-marker"
}

// membersText says who is counted in a community.
func membersText(n int) string { return plural(n, "famiglia", "famiglie") }

func paymentText(s billing.PaymentState) string {
	switch s {
	case billing.PaymentPending:
		return "in attesa"
	case billing.PaymentUnknown:
		return "in verifica"
	case billing.PaymentFailed:
		return "non riuscito"
	case billing.PaymentSucceeded:
		return "ricevuto"
	case billing.PaymentReversed:
		return "stornato"
	}
	return string(s)
}

// thousands writes a whole number for readers: "1.520".
func thousands(n int) string {
	sign, digits := "", strconv.Itoa(n)
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "." + digits[i:]
	}
	return sign + digits
}
