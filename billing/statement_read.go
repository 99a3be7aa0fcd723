package billing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"colletta/money"
	"colletta/refusal"
)

// The limits of a file of statements.
const (
	StatementBytesMax     = 4 << 20 // size of the file
	StatementMovementsMax = 2_000   // movements of all its statements

	statementDepthMax = 40      // elements inside each other
	statementNodesMax = 400_000 // elements of one entry
	statementTextMax  = 1_000   // characters of one text that is kept
	remittanceMax     = 20      // texts, and references, of one transfer that are kept
)

// The refusals of a file of statements. Line is the line of the file, path the
// elements down to the one that is wrong.
var (
	// ErrStatementEmpty says that a file is empty or holds no statement.
	ErrStatementEmpty = refusal.New(refusal.KindInvalid, "statement_empty")
	// ErrStatementTooLarge says that a file is larger than allowed. Args: max_mb.
	ErrStatementTooLarge = refusal.New(refusal.KindInvalid, "statement_too_large")
	// ErrStatementTooMany says that a file holds more movements than allowed. Args: max.
	ErrStatementTooMany = refusal.New(refusal.KindInvalid, "statement_too_many")
	// ErrStatementXML says that a file is not well-formed XML, declares a
	// document type, or is nested too deeply. Args: line.
	ErrStatementXML = refusal.New(refusal.KindInvalid, "statement_xml")
	// ErrStatementVersion says that a file is not camt.053.001.02 or .08. Args:
	// line, found.
	ErrStatementVersion = refusal.New(refusal.KindInvalid, "statement_version")
	// ErrStatementMissing says that an element is not there. Args: line, path.
	ErrStatementMissing = refusal.New(refusal.KindInvalid, "statement_missing")
	// ErrStatementValue says that the text of an element is not what the standard
	// wants there. Args: line, path, value, want.
	ErrStatementValue = refusal.New(refusal.KindInvalid, "statement_value")
	// ErrStatementCurrency says that an amount is not in euro. Args: line, path, value.
	ErrStatementCurrency = refusal.New(refusal.KindInvalid, "statement_currency")
	// ErrStatementAmount says that an amount is not positive, has fractions of a
	// cent or is too large. Args: line, path, value, max.
	ErrStatementAmount = refusal.New(refusal.KindInvalid, "statement_amount")
	// ErrStatementBatch says that the transfers of an entry do not sum to it.
	// Args: line, sum, amount.
	ErrStatementBatch = refusal.New(refusal.KindInvalid, "statement_batch")
	// ErrStatementBalance says that opening balance and booked movements are not
	// the closing balance. Args: line, statement, opening, booked, closing.
	ErrStatementBalance = refusal.New(refusal.KindInvalid, "statement_balance")
)

// statementAmountMax is the largest amount of a movement or a balance: that of
// a posting, one billion euro.
const statementAmountMax money.Amount = 1_000_000_000_00

const statementSpace = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."

// ReadStatements reads a file of statements, camt.053.001.02 or .08, in UTF-8 or
// Latin-1. Movements are booked (BOOK) or pending (PDNG); those for information
// (INFO) are left out. A batch gives a movement for each of its transfers when
// their amounts are known, and one for what the bank kept of it.
//
// It returns the refusals of this file's variables, at most one, and then no
// statement. A document type is refused, so no entity is ever followed.
func ReadStatements(data []byte) ([]Statement, error) {
	if len(data) > StatementBytesMax {
		return nil, ErrStatementTooLarge.With("max_mb", StatementBytesMax>>20)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, ErrStatementEmpty
	}
	r := &statementReader{d: xml.NewDecoder(bytes.NewReader(data))}
	r.d.CharsetReader = latin1
	statements, err := r.document()
	if err != nil {
		return nil, err
	}
	if len(statements) == 0 {
		return nil, ErrStatementEmpty
	}
	return statements, nil
}

// latin1 turns ISO-8859-1 into UTF-8; US-ASCII is part of it.
func latin1(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1", "us-ascii", "windows-1252":
	default:
		return nil, errors.New("unknown encoding")
	}
	raw, err := io.ReadAll(in) // at most StatementBytesMax
	if err != nil {
		return nil, err
	}
	runes := make([]rune, len(raw))
	for i, b := range raw {
		runes[i] = rune(b)
	}
	return strings.NewReader(string(runes)), nil
}

// element is one element of the file with what is in it.
type element struct {
	name, path string
	currency   string // attribute Ccy
	text       string
	line       int
	children   []element
}

// all lists the elements down a path.
func (e element) all(path ...string) []element {
	found := []element{e}
	for _, name := range path {
		var next []element
		for _, f := range found {
			for _, c := range f.children {
				if c.name == name {
					next = append(next, c)
				}
			}
		}
		found = next
	}
	return found
}

// one is the first element down a path.
func (e element) one(path ...string) (element, bool) {
	if all := e.all(path...); len(all) > 0 {
		return all[0], true
	}
	return element{}, false
}

// want is the first element down a path; [ErrStatementMissing].
func (e element) want(path ...string) (element, error) {
	found, ok := e.one(path...)
	if !ok {
		return found, ErrStatementMissing.With("line", e.line, "path", e.path+"/"+strings.Join(path, "/"))
	}
	return found, nil
}

// either is the text of the first of some paths that has one.
func (e element) either(paths ...[]string) string {
	for _, p := range paths {
		if found, ok := e.one(p...); ok && found.text != "" {
			return found.text
		}
	}
	return ""
}

func (e element) wrong(want string) error {
	return ErrStatementValue.With("line", e.line, "path", e.path, "value", cut(e.text, 40), "want", want)
}

type statementReader struct {
	d         *xml.Decoder
	space     string
	nodes     int
	movements int
}

func (r *statementReader) line() int {
	line, _ := r.d.InputPos()
	return line
}

// token is the next start or end of an element, or text.
func (r *statementReader) token() (xml.Token, error) {
	for {
		t, err := r.d.Token()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, ErrStatementXML.With("line", r.line())
		}
		if err != nil {
			return nil, io.EOF
		}
		switch t.(type) {
		case xml.StartElement, xml.EndElement, xml.CharData:
			return t, nil
		case xml.Directive: // a document type could define entities
			return nil, ErrStatementXML.With("line", r.line())
		}
	}
}

// document reads Document/BkToCstmrStmt/Stmt.
func (r *statementReader) document() ([]Statement, error) {
	var statements []Statement
	var open []string
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				return nil, ErrStatementXML.With("line", r.line())
			}
			return statements, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.StartElement:
			if len(open) == 0 {
				if err := r.version(t.Name); err != nil {
					return nil, err
				}
			}
			if len(open) == 2 && t.Name.Local == "Stmt" && t.Name.Space == r.space {
				s, err := r.statement()
				if err != nil {
					return nil, err
				}
				statements = append(statements, s)
				continue
			}
			if len(open) == 1 && t.Name.Local != "BkToCstmrStmt" {
				return nil, ErrStatementMissing.With("line", r.line(), "path", "Document/BkToCstmrStmt")
			}
			if open = append(open, t.Name.Local); len(open) > statementDepthMax {
				return nil, ErrStatementXML.With("line", r.line())
			}
		}
	}
}

func (r *statementReader) version(name xml.Name) error {
	found := strings.TrimPrefix(name.Space, statementSpace)
	if name.Local != "Document" || found == name.Space || found != "02" && found != "08" {
		return ErrStatementVersion.With("line", r.line(), "found", cut(name.Local+" "+name.Space, 80))
	}
	r.space = name.Space
	return nil
}

// read reads an element whose start was just read, down to its end. Elements of
// other name spaces (SplmtryData) are read over.
func (r *statementReader) read(start xml.StartElement, above string, depth int) (element, error) {
	e := element{name: start.Name.Local, path: above + "/" + start.Name.Local, line: r.line()}
	for _, a := range start.Attr {
		if a.Name.Local == "Ccy" {
			e.currency = a.Value
		}
	}
	if r.nodes++; depth > statementDepthMax || r.nodes > statementNodesMax {
		return e, ErrStatementXML.With("line", e.line)
	}
	var text strings.Builder
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			err = ErrStatementXML.With("line", r.line())
		}
		if err != nil {
			return e, err
		}
		switch t := t.(type) {
		case xml.CharData:
			if text.Len() <= 4*statementTextMax {
				text.Write(t)
			}
		case xml.EndElement:
			e.text = oneLine(text.String())
			return e, nil
		case xml.StartElement:
			child, err := r.read(t, e.path, depth+1)
			if err != nil {
				return e, err
			}
			if t.Name.Space == r.space {
				e.children = append(e.children, child)
			}
		}
	}
}

// oneLine drops control characters and repeated blanks, and cuts what is too long.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if c < ' ' || c == '\u007f' || c == utf8.RuneError || c == '\u2028' || c == '\u2029' || c >= '\u0080' && c < '\u00a0' {
			return ' '
		}
		return c
	}, s)), " ")
	if utf8.RuneCountInString(s) > statementTextMax {
		s = string([]rune(s)[:statementTextMax])
	}
	return s
}

// statement reads one Stmt; its entries are read one at a time.
func (r *statementReader) statement() (Statement, error) {
	head := element{name: "Stmt", path: "Stmt", line: r.line()}
	var s Statement
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			err = ErrStatementXML.With("line", r.line())
		}
		if err != nil {
			return s, err
		}
		if _, end := t.(xml.EndElement); end {
			break
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		r.nodes = 0
		e, err := r.read(start, "Stmt", 1)
		switch {
		case err != nil:
			return s, err
		case start.Name.Space != r.space:
		case e.name == "Ntry":
			more, err := movementsOf(e)
			if err != nil {
				return s, err
			}
			s.Movements = append(s.Movements, more...)
			if r.movements += len(more); r.movements > StatementMovementsMax {
				return s, ErrStatementTooMany.With("max", StatementMovementsMax)
			}
		default:
			head.children = append(head.children, e)
		}
	}
	if err := s.head(head); err != nil {
		return s, err
	}
	s.statementKeys()
	return s, nil
}

// head fills in what stands around the entries, and checks the sums.
func (s *Statement) head(e element) error {
	id, err := e.want("Id")
	if err != nil {
		return err
	}
	account, err := e.want("Acct", "Id", "IBAN")
	if err != nil {
		return err
	}
	s.ID, s.Number = id.text, e.either([]string{"ElctrncSeqNb"}, []string{"LglSeqNb"})
	if s.ID == "" || len(s.ID) > 35 {
		return id.wrong("Max35Text")
	}
	if s.Account, err = ParseIBAN(account.text); err != nil {
		account.text = cut(account.text, 4)
		return account.wrong("IBAN")
	}
	if c, ok := e.one("Acct", "Ccy"); ok && c.text != "EUR" {
		return ErrStatementCurrency.With("line", c.line, "path", c.path, "value", cut(c.text, 10))
	}
	made, err := e.want("CreDtTm")
	if err != nil {
		return err
	}
	if s.MadeAt, err = instantOf(made); err != nil {
		return err
	}
	if s.OpeningOn, s.Opening, err = e.balance("OPBD", "PRCD"); err != nil {
		return err
	}
	if s.ClosingOn, s.Closing, err = e.balance("CLBD"); err != nil {
		return err
	}
	if booked := s.Booked(); s.Opening+booked != s.Closing {
		return ErrStatementBalance.With("line", e.line, "statement", s.ID, "opening", s.Opening, "booked", booked, "closing", s.Closing)
	}
	return nil
}

// balance finds the balance of the first code that there is.
func (e element) balance(codes ...string) (time.Time, money.Amount, error) {
	for _, code := range codes {
		for _, b := range e.all("Bal") {
			if found, _ := b.one("Tp", "CdOrPrtry", "Cd"); found.text != code {
				continue
			}
			amount, err := b.amount(0)
			if err != nil {
				return time.Time{}, 0, err
			}
			sign, err := b.direction()
			if err != nil {
				return time.Time{}, 0, err
			}
			day, err := b.day("Dt", true)
			return day, sign * amount, err
		}
	}
	return time.Time{}, 0, ErrStatementMissing.With("line", e.line, "path", "Stmt/Bal/Tp/CdOrPrtry/Cd = "+codes[0])
}

// movementsOf reads an entry.
func movementsOf(e element) ([]Movement, error) {
	state, err := e.want("Sts")
	if err != nil {
		return nil, err
	}
	m := Movement{Line: e.line}
	switch state.either([]string{}, []string{"Cd"}) {
	case "BOOK":
	case "PDNG", "FUTR":
		m.Pending = true
	case "INFO":
		return nil, nil
	default:
		return nil, state.wrong("BOOK, PDNG, INFO")
	}
	amount, err := e.amount(1)
	if err != nil {
		return nil, err
	}
	sign, err := e.direction()
	if err != nil {
		return nil, err
	}
	m.Amount = sign * amount
	if rvsl, ok := e.one("RvslInd"); ok {
		if m.Reversal, err = strconv.ParseBool(rvsl.text); err != nil {
			return nil, rvsl.wrong("true, false")
		}
	}
	if m.BookedOn, err = e.day("BookgDt", !m.Pending); err != nil {
		return nil, err
	}
	if m.ValueOn, err = e.day("ValDt", false); err != nil {
		return nil, err
	}
	m.BankRef = realReference(e.either([]string{"AcctSvcrRef"}))
	return e.transfers(m)
}

// transfers divides an entry into its transfers. A single one is the entry: what
// was booked counts. Of several whose amounts are not all told, the entry stays
// whole, with all references.
func (e element) transfers(whole Movement) ([]Movement, error) {
	details := e.all("NtryDtls", "TxDtls")
	var parts []Movement
	var sum money.Amount
	told := true
	for _, d := range details {
		m := whole
		m.Line = d.line
		known, err := m.detail(d, whole.Amount)
		if err != nil {
			return nil, err
		}
		told = told && known
		sum += m.Amount
		parts = append(parts, m)
	}
	switch {
	case len(parts) == 0:
		whole.Text = maskIBANs(e.either([]string{"AddtlNtryInf"}))
		return []Movement{whole}, nil
	case !told || len(parts) == 1 && sum == whole.Amount:
		return []Movement{gathered(whole, parts)}, nil
	case sum == whole.Amount:
		return parts, nil
	}
	kept, err := e.charges()
	if err != nil {
		return nil, err
	}
	if kept == 0 || sum-kept != whole.Amount {
		if len(parts) == 1 { // in another currency, say
			return []Movement{gathered(whole, parts)}, nil
		}
		return nil, ErrStatementBatch.With("line", e.line, "sum", sum, "amount", whole.Amount)
	}
	fee := whole
	fee.Amount, fee.Fee, fee.Text = -kept, true, maskIBANs(e.either([]string{"AddtlNtryInf"}))
	return append(parts, fee), nil
}

// gathered is an entry as one movement, with what all its transfers say.
func gathered(whole Movement, parts []Movement) Movement {
	var texts []string
	for _, p := range parts {
		whole.References = append(whole.References, p.References...)
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
	}
	whole.Text = oneLine(strings.Join(texts, " · "))
	if len(parts) == 1 {
		whole.Name, whole.IBAN, whole.EndToEndID, whole.BankRef = parts[0].Name, parts[0].IBAN, parts[0].EndToEndID, parts[0].BankRef
	}
	return whole
}

// detail fills in one transfer of an entry; known says whether its amount is
// told.
func (m *Movement) detail(d element, entry money.Amount) (known bool, err error) {
	amount, known := d.one("AmtDtls", "TxAmt")
	if _, direct := d.one("Amt"); direct { // since version .04
		amount, known = d, true
	}
	if known {
		if m.Amount, err = amount.amount(1); err != nil {
			return false, err
		}
		sign := money.Amount(1)
		if entry < 0 {
			sign = -1
		}
		if _, own := d.one("CdtDbtInd"); own {
			if sign, err = d.direction(); err != nil {
				return false, err
			}
		}
		m.Amount *= sign
	}
	if m.BankRef == "" {
		m.BankRef = realReference(d.either([]string{"Refs", "AcctSvcrRef"}))
	}
	m.EndToEndID = realReference(d.either([]string{"Refs", "EndToEndId"}))
	party := "Dbtr"
	if (m.Amount < 0) != m.Reversal {
		party = "Cdtr"
	}
	m.Name = d.either([]string{"RltdPties", party, "Pty", "Nm"}, []string{"RltdPties", party, "Nm"})
	if iban, err := ParseIBAN(d.either([]string{"RltdPties", party + "Acct", "Id", "IBAN"})); err == nil {
		m.IBAN = iban
	}
	references, texts := d.all("RmtInf", "Strd", "CdtrRefInf", "Ref"), []string{}
	for _, r := range references[:min(len(references), remittanceMax)] {
		m.References = append(m.References, cut(r.text, 40))
	}
	said := d.all("RmtInf", "Ustrd")
	for _, u := range said[:min(len(said), remittanceMax)] {
		texts = append(texts, u.text)
	}
	if more := d.either([]string{"AddtlTxInf"}); more != "" {
		texts = append(texts, more)
	}
	m.Text = oneLine(maskIBANs(strings.Join(texts, " ")))
	return known, nil
}

// charges sums what the bank kept of an entry, as told by the entry or else by
// its transfers; positive when it kept money.
func (e element) charges() (money.Amount, error) {
	lists := [][]element{e.all("Chrgs", "Rcrd"), e.all("Chrgs"), e.all("NtryDtls", "TxDtls", "Chrgs", "Rcrd"), e.all("NtryDtls", "TxDtls", "Chrgs")}
	for _, list := range lists {
		list = slices.DeleteFunc(list, func(c element) bool { _, has := c.one("Amt"); return !has })
		var sum money.Amount
		for _, c := range list {
			amount, err := c.amount(0)
			if err != nil {
				return 0, err
			}
			if d, _ := c.one("CdtDbtInd"); d.text == "CRDT" {
				amount = -amount
			}
			sum += amount
		}
		if len(list) > 0 {
			return sum, nil
		}
	}
	return 0, nil
}

// realReference is a bank's or payer's reference; empty for those that say that
// there is none.
func realReference(s string) string {
	switch strings.ToUpper(strings.ReplaceAll(s, " ", "")) {
	case "NOTPROVIDED", "NONREF", "NONE", "NOTAVAILABLE", "0":
		return ""
	}
	return cut(s, 40)
}

// amount reads Amt of an element, of least cents or more, in euro.
func (e element) amount(least money.Amount) (money.Amount, error) {
	a, err := e.want("Amt")
	if err != nil {
		return 0, err
	}
	if a.currency != "EUR" {
		return 0, ErrStatementCurrency.With("line", a.line, "path", a.path, "value", cut(a.currency, 10))
	}
	bad := ErrStatementAmount.With("line", a.line, "path", a.path, "value", cut(a.text, 30), "max", statementAmountMax)
	whole, part, _ := strings.Cut(a.text, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(whole) > 12 || len(part) > 2 || !digits(whole) || !digits(part) {
		return 0, bad
	}
	cents, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil || money.Amount(cents) < least || money.Amount(cents) > statementAmountMax {
		return 0, bad
	}
	return money.Amount(cents), nil
}

// direction is 1 for CRDT, -1 for DBIT.
func (e element) direction() (money.Amount, error) {
	d, err := e.want("CdtDbtInd")
	switch {
	case err != nil:
		return 0, err
	case d.text == "CRDT":
		return 1, nil
	case d.text == "DBIT":
		return -1, nil
	}
	return 0, d.wrong("CRDT, DBIT")
}

// day reads a date, also one with a time of day: the day that the bank wrote.
func (e element) day(name string, needed bool) (time.Time, error) {
	d, ok := e.one(name, "Dt")
	if !ok {
		d, ok = e.one(name, "DtTm")
	}
	if !ok {
		if needed {
			return time.Time{}, ErrStatementMissing.With("line", e.line, "path", e.path+"/"+name+"/Dt")
		}
		return time.Time{}, nil
	}
	text := d.text
	if len(text) > len(time.DateOnly) { // a time, or a zone behind the date
		text = text[:len(time.DateOnly)]
	}
	on, err := time.Parse(time.DateOnly, text)
	if err != nil || on.Year() < 2000 || on.Year() > 2200 {
		return time.Time{}, d.wrong("2026-11-30")
	}
	return on, nil
}

// instantOf reads a time with or without a zone; without one it is taken as UTC,
// because it serves only to be shown.
func instantOf(e element) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, e.text); err == nil && at.Year() >= 2000 && at.Year() <= 2200 {
			return at.UTC(), nil
		}
	}
	return time.Time{}, e.wrong("2026-11-30T06:30:00")
}
