package pooling

import (
	"embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"colletta/money"
)

// Language is one in which outcomes are told.
type Language string

// The languages. The zero value is read as Italian.
const (
	Italian Language = "it"
	English Language = "en"
)

//go:embed words/it.json words/en.json
var wordFiles embed.FS

// tongue holds the sentences of one language by key. In a sentence
//   - {name} is a value, {name|one|many} a number with the word that agrees with
//     it ("1 famiglia", "3 famiglie"), {name?one|many} that word alone;
//   - [ … ] is left out when a value in it is empty.
type tongue map[string]string

// tongues reads the sentences that are part of the program; a file that cannot
// be read is a bug of the build.
var tongues = sync.OnceValue(func() map[Language]tongue {
	all := map[Language]tongue{}
	for _, l := range []Language{Italian, English} {
		b, err := wordFiles.ReadFile("words/" + string(l) + ".json")
		if err != nil {
			panic("pooling: " + err.Error())
		}
		t := tongue{}
		if err := json.Unmarshal(b, &t); err != nil {
			panic("pooling: words of " + string(l) + ": " + err.Error())
		}
		all[l] = t
	}
	return all
})

// tongueOf is the tongue of a language; Italian when it is not known.
func tongueOf(l Language) tongue {
	if t, known := tongues()[l]; known {
		return t
	}
	return tongues()[Italian]
}

// values are what the placeholders of a sentence stand for: text, or a number.
type values map[string]any

// say fills in the sentence of a key, with its first letter large.
func (t tongue) say(key string, v values) string {
	s := t.fill(t[key], v)
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// fill replaces the placeholders of a sentence, and decides its optional parts.
func (t tongue) fill(sentence string, v values) string {
	var out strings.Builder
	for sentence != "" {
		k := strings.IndexAny(sentence, "[{")
		if k < 0 {
			break
		}
		out.WriteString(sentence[:k])
		closing := "}"
		if sentence[k] == '[' {
			closing = "]"
		}
		inside, rest, _ := strings.Cut(sentence[k+1:], closing)
		if closing == "}" {
			out.WriteString(v.text(inside))
		} else if v.given(inside) {
			out.WriteString(t.fill(inside, v))
		}
		sentence = rest
	}
	out.WriteString(sentence)
	return out.String()
}

// given says whether every value in a part of a sentence is there.
func (v values) given(part string) bool {
	for _, piece := range strings.Split(part, "{")[1:] {
		name, _, _ := strings.Cut(piece, "}")
		if v.text(name) == "" {
			return false
		}
	}
	return true
}

// text is what stands for one placeholder.
func (v values) text(placeholder string) string {
	name, forms, numbered := strings.Cut(placeholder, "|")
	if name, one, bare := strings.Cut(name, "?"); bare {
		return agree(v[name], one, forms)
	}
	if numbered {
		one, many, _ := strings.Cut(forms, "|")
		return v.text(name) + "\u00a0" + agree(v[name], one, many)
	}
	switch x := v[name].(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	}
	return ""
}

func agree(n any, one, many string) string {
	if n == int64(1) {
		return one
	}
	return many
}

// amount writes euro as the language does.
func (t tongue) amount(a money.Amount) string {
	return t.fill(t["amount"], values{"number": t.number(a)})
}

// number writes hundredths with the language's marks.
func (t tongue) number(a money.Amount) string {
	return strings.NewReplacer(".", t["mark.thousands"], ",", t["mark.decimal"]).Replace(a.ItalianNumber())
}

// percent writes basis points, without zeros at the end.
func (t tongue) percent(basisPoints int64) string {
	s := strings.TrimRight(t.number(money.Amount(basisPoints)), "0")
	return t.fill(t["percent"], values{"number": strings.TrimSuffix(s, t["mark.decimal"])})
}

// time writes a slot: day and hours, minutes only where there are any.
func (t tongue) time(s Slot) string {
	start, end := s.Start, s.End
	if strings.HasSuffix(start, ":00") && strings.HasSuffix(end, ":00") {
		start, end = hour(start), hour(end)
	}
	return t.fill(t["slot"], values{"day": t["day."+s.Day], "start": start, "end": end})
}

func hour(clock string) string {
	h, _, _ := strings.Cut(clock, ":")
	if trimmed := strings.TrimPrefix(h, "0"); trimmed != "" {
		return trimmed
	}
	return h
}

// times lists slots: "lunedì 9–10, martedì 9–10 e sabato 10–11".
func (t tongue) times(slots []Slot) string {
	var out strings.Builder
	for k, s := range slots {
		if k > 0 && k == len(slots)-1 {
			out.WriteString(t["list.and"])
		} else if k > 0 {
			out.WriteString(t["list.comma"])
		}
		out.WriteString(t.time(s))
	}
	return out.String()
}

// units counts units of a category.
func (t tongue) units(n int64, unit string) string {
	sentence, known := t["unit."+unit]
	if !known {
		sentence = t["unit"]
	}
	return t.fill(sentence, values{"n": n})
}
