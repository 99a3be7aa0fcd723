package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"colletta/money"
	"colletta/pooling"
	"colletta/refusal"
)

//go:embed messages/it.json
var messagesIt []byte

// messagesEn holds what the command line says in English too: so far the
// refusals about vouchers. The pages are in Italian.
//
//go:embed messages/en.json
var messagesEn []byte

// words holds the sentence of every refusal by code. A sentence has
// placeholders: {name} is the value of an argument, {name|uno|tanti} is a
// number with the word that agrees with it ("1 famiglia", "3 famiglie").
type words struct {
	sentences map[string]string
	english   bool
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)(?:\|([^|{}]*)\|([^|{}]*))?\}`)

// loadWords reads the messages that are part of the program.
func loadWords() (*words, error) { return readWords("it.json", messagesIt, false) }

func readWords(name string, messages []byte, english bool) (*words, error) {
	w := &words{english: english}
	if err := json.Unmarshal(messages, &w.sentences); err != nil {
		return nil, fmt.Errorf("web: messages/%s: %w", name, err)
	}
	for code, sentence := range w.sentences {
		if strings.TrimSpace(sentence) == "" {
			return nil, errors.New("web: messages/" + name + ": no words for " + code)
		}
	}
	return w, nil
}

// of is the sentence of one refusal. A code without words is shown as it is,
// so that it can be told to whoever helps; a test keeps that from happening.
func (w *words) of(e *refusal.Error) string {
	sentence, ok := w.sentences[e.Code]
	if !ok {
		return "Operazione rifiutata (" + e.Code + ")."
	}
	return placeholder.ReplaceAllStringFunc(sentence, func(p string) string {
		parts := placeholder.FindStringSubmatch(p)
		value, ok := e.Args[parts[1]]
		if !ok {
			return "—"
		}
		text := argText(parts[1], value)
		if w.english {
			text = argEnglish(value)
		}
		if parts[2] == "" && parts[3] == "" {
			return text
		}
		if text == "1" {
			return text + " " + parts[2]
		}
		return text + " " + parts[3]
	})
}

// all is the sentences of every refusal in err, in order, each once.
func (w *words) all(err error) []string {
	var lines []string
	seen := map[string]bool{}
	for _, e := range refusal.All(err) {
		if line := w.of(e); !seen[line] {
			seen[line] = true
			lines = append(lines, line)
		}
	}
	return lines
}

// argText writes the value of an argument for a reader.
func argText(name string, value any) string {
	switch v := value.(type) {
	case money.Amount:
		return v.Italian()
	case *money.Amount:
		if v == nil {
			return "—"
		}
		return v.Italian()
	case time.Time:
		if name == "on" || strings.HasSuffix(name, "_on") {
			return dateText(v)
		}
		return instantText(v)
	case time.Duration:
		return durationText(v)
	case pooling.RoundState:
		return stateText(v)
	case interface{ Italian() string }:
		return v.Italian()
	case []string:
		return strings.Join(v, ", ")
	case string:
		if name == "state" || name == "to" {
			return stateText(pooling.RoundState(v))
		}
		return v
	}
	return fmt.Sprint(value)
}

// argEnglish is [argText] for English sentences.
func argEnglish(value any) string {
	switch v := value.(type) {
	case money.Amount:
		return "€ " + v.String()
	case time.Time:
		return v.In(rome).Format("2 January 2006")
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(value)
}

// code is the words of a code with its arguments; empty for an empty code.
func (w *words) code(code string, args ...any) string {
	if code == "" {
		return ""
	}
	return w.of((&refusal.Error{Kind: refusal.KindConflict, Code: code}).With(args...))
}
