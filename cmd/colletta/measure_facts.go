package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"colletta/subsidies"
)

// factsReader reads the facts of one household from JSON.
type factsReader struct {
	*jsontext.Decoder
	facts *subsidies.Facts
	name  string
	data  []byte
	lang  subsidies.Lang
	wrong []error // inputs that cannot be used; all of them are told
}

// readFacts reads an object whose members are inputs: numbers, texts, true, false,
// null, or a list of them. Numbers are taken from their text, so that no binary
// fraction comes between. Its errors begin with file, line and column.
func readFacts(facts *subsidies.Facts, name string, data []byte, lang subsidies.Lang) error {
	r := &factsReader{jsontext.NewDecoder(bytes.NewReader(data)), facts, name, data, lang, nil}
	if r.PeekKind() != '{' {
		return r.at(0, r.say("qui ci vuole un oggetto con i dati, per esempio {\"isee\": \"12345.67\"}", "an object with the inputs is expected here, for example {\"isee\": \"12345.67\"}"))
	}
	if _, err := r.ReadToken(); err != nil {
		return r.broken(err)
	}
	for r.PeekKind() != '}' {
		if err := r.member(); err != nil {
			return err
		}
	}
	if _, err := r.ReadToken(); err != nil {
		return r.broken(err)
	}
	if _, err := r.ReadToken(); !errors.Is(err, io.EOF) {
		return r.at(int(r.InputOffset()), r.say("dopo la } finale non ci va altro", "nothing is expected after the last }"))
	}
	return errors.Join(r.wrong...)
}

// member reads one input. An error means that the rest cannot be read.
func (r *factsReader) member() error {
	key, err := r.ReadToken()
	if err != nil {
		return r.broken(err)
	}
	input := key.String()
	var texts []string
	missing, value := r.PeekKind() == 'n', r.next()
	if missing {
		_, err = r.ReadToken()
	} else {
		texts, err = r.texts()
	}
	if err != nil {
		return r.broken(err)
	}
	if missing {
		err = r.facts.Missing(input)
	} else {
		err = r.facts.Set(input, texts...)
	}
	if err != nil {
		r.wrong = append(r.wrong, r.at(value, inWords(err, r.lang).Error()))
	}
	return nil
}

// texts reads one value or a list of values.
func (r *factsReader) texts() ([]string, error) {
	list := r.PeekKind() == '['
	if list {
		if _, err := r.ReadToken(); err != nil {
			return nil, err
		}
	}
	texts := []string{}
	for !list || r.PeekKind() != ']' {
		t, err := r.ReadToken()
		if err != nil {
			return nil, err
		}
		switch t.Kind() {
		case '"', '0', 't', 'f':
			texts = append(texts, t.String())
		default:
			return nil, errors.New(r.say("qui ci vuole un numero, un testo fra virgolette, true, false, null, o un elenco di essi",
				"a number, a text between quotes, true, false, null or a list of them is expected here"))
		}
		if !list {
			return texts, nil
		}
	}
	_, err := r.ReadToken()
	return texts, err
}

// broken says where the text is no JSON, and what usually is the matter.
func (r *factsReader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	if !errors.As(err, &syntax) {
		return r.at(int(r.InputOffset())-1, err.Error())
	}
	at := min(int(syntax.ByteOffset), len(r.data))
	found, _ := utf8.DecodeRune(r.data[at:])
	text := syntax.Err.Error()
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return r.at(at, r.say("questo nome c'è due volte", "this name is there twice"))
	case at == len(r.data) || strings.Contains(text, "unexpected EOF"):
		return r.at(len(r.data), r.say("il testo finisce troppo presto: manca una virgoletta, una ] o la } finale", "the text ends too early: a quote, a ] or the last } is missing"))
	case found == '\'':
		return r.at(at, r.say("nomi e testi stanno fra virgolette doppie", "names and texts stand between double quotes"))
	case found == ',':
		return r.at(at, r.say("una virgola qui non ci va: dopo l'ultimo valore non c'è virgola", "a comma cannot be here: no comma follows the last value"))
	case strings.Contains(text, "member name") || errors.Is(err, jsontext.ErrNonStringName):
		return r.at(at, r.say("qui ci vuole il nome di un dato fra virgolette doppie; i decimali hanno il punto (12.50), e dopo l'ultimo valore non c'è virgola",
			"the name of an input between double quotes is expected here; decimals have a point (12.50), and no comma follows the last value"))
	}
	return r.at(at, fmt.Sprintf(r.say("%q non va bene qui: ci vuole un valore (numero con il punto, testo fra virgolette doppie, true, false, null o un elenco), oppure la virgola o i due punti che lo separano",
		"%q cannot be here: a value is expected (a number with a point, a text between double quotes, true, false, null or a list), or the comma or colon beside it"), found))
}

// next is where the value after a name begins.
func (r *factsReader) next() int {
	at := int(r.InputOffset())
	for at < len(r.data) && strings.IndexByte(" \t\r\n:", r.data[at]) >= 0 {
		at++
	}
	return at
}

// at begins an error with the place of a byte.
func (r *factsReader) at(offset int, text string) error {
	before := r.data[:max(0, min(offset, len(r.data)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("%s:%d:%d: %s", r.name, line, column, text)
}

func (r *factsReader) say(it, en string) string {
	return sayIn(r.lang, it, en)
}
