package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
)

//go:embed demo/*.json demo/*.yaml
var demoFiles embed.FS

// The seed of the generated city: the year in which the WeMi experiment ended
// and the number of families of its laboratory. The same seed always makes the
// same city, byte for byte.
const (
	demoSeedYear     = 2018
	demoSeedFamilies = 30
)

// demoUnregisteredPlace stands for the place of birth in the tax codes of the
// demo. No Comune has this code, so the check letter is right and yet nobody
// can have been given such a tax code.
const demoUnregisteredPlace = "M999"

// demoCity is everything that is invented for the demo: pure data, made from
// the seed alone.
type demoCity struct {
	Places []*demoPlace
}

// demoPlace is a community before it is registered.
type demoPlace struct {
	Key      string
	Kind     communities.Kind
	Name     string
	Address  string
	Quarter  communities.Quarter
	Point    communities.Point
	Delegate demoPerson
	Units    []demoUnit
}

// demoUnit is one row of the file that the delegate imports.
type demoUnit struct {
	Staircase string // of a school: the section
	Floor     string
	Unit      string
	Millesimi communities.Millesimi
	Child     string // given name; of a school
	Street    string // of a neighbourhood
	Number    string
	Holder    demoPerson
	Residents int
	ISEE      *money.Amount // nil for a household that presents none
}

// demoPerson is an invented adult.
type demoPerson struct {
	GivenName, FamilyName, Email, TaxCode string
}

// place finds a place by its key; the keys are those of demo/places.json.
func (c *demoCity) place(key string) *demoPlace {
	i := slices.IndexFunc(c.Places, func(p *demoPlace) bool { return p.Key == key })
	if i < 0 {
		panic("demo: no place " + key)
	}
	return c.Places[i]
}

// households counts the households of the city.
func (c *demoCity) households() int {
	n := 0
	for _, p := range c.Places {
		n += len(p.Units)
	}
	return n
}

// The files of the demo, as they are written.
type (
	demoNames struct {
		Source                            string
		Women, Men, Girls, Boys, Families []string
	}
	demoPlacesFile struct {
		Source string
		Places []demoPlaceFile
	}
	demoPlaceFile struct {
		Key, Name, Address string
		Kind               communities.Kind
		Quarter, Units     int
		Lat, Lon           int64 // millionths of a degree; 0: near the centre of the quarter
		Streets            []string
	}
)

func readDemoFile(name string, into any) {
	data, err := demoFiles.ReadFile("demo/" + name)
	if err == nil {
		strict := json.NewDecoder(strings.NewReader(string(data)))
		strict.DisallowUnknownFields()
		err = strict.Decode(into)
	}
	if err != nil {
		panic(fmt.Sprintf("demo: embedded file %s: %v", name, err))
	}
}

// cityMaker carries what making the city needs.
type cityMaker struct {
	rng    *rand.Rand
	names  demoNames
	emails map[string]bool
}

// generateCity makes the city from the seed.
func generateCity() *demoCity {
	m := &cityMaker{rng: rand.New(rand.NewPCG(demoSeedYear, demoSeedFamilies)), emails: map[string]bool{}}
	readDemoFile("people.json", &m.names)
	var file demoPlacesFile
	readDemoFile("places.json", &file)
	for _, cast := range demoCast {
		m.emails[cast.Person.Email] = true
	}
	city := &demoCity{}
	for _, f := range file.Places {
		city.Places = append(city.Places, m.place(f))
	}
	m.presentISEE(city)
	castStories(city)
	return city
}

func (m *cityMaker) place(f demoPlaceFile) *demoPlace {
	quarter, ok := communities.Milan().Quarter(f.Quarter)
	if !ok {
		panic(fmt.Sprintf("demo: place %s: no quarter %d", f.Key, f.Quarter))
	}
	p := &demoPlace{Key: f.Key, Kind: f.Kind, Name: f.Name, Address: f.Address, Quarter: quarter}
	if p.Name == "" {
		p.Name = "Condominio di " + f.Address
	}
	p.Point = communities.Point{XM: quarter.Point.XM + m.rng.Int64N(501) - 250, YM: quarter.Point.YM + m.rng.Int64N(501) - 250}
	if f.Lat != 0 {
		p.Point = communities.ProjectUTM32(f.Lat, f.Lon)
	}
	p.Delegate = m.adult(30, 65)
	switch f.Kind {
	case communities.KindCondominium:
		p.Units = m.flats(f.Units)
	case communities.KindSchool:
		p.Units = m.children(f.Units)
	case communities.KindNeighbourhood:
		p.Units = m.homes(f.Units, f.Streets)
	}
	return p
}

// flats makes the flats of a building: one or two staircases, four flats a
// floor, millesimi that sum to 1000.00 exactly.
func (m *cityMaker) flats(n int) []demoUnit {
	stairs := 1
	if n >= 24 {
		stairs = 2
	}
	units := make([]demoUnit, n)
	weights := make([]int64, n)
	for i := range units {
		onStair := i / stairs
		floor := onStair / 4
		area := 38 + m.rng.Int64N(80) // square metres; illustrative
		weights[i] = area * (100 + 2*int64(floor))
		units[i] = demoUnit{
			Floor: fmt.Sprint(floor), Unit: fmt.Sprint(i + 1),
			Holder: m.adult(26, 86), Residents: m.residents(),
		}
		if stairs > 1 {
			units[i].Staircase = string(rune('A' + i%stairs))
		}
	}
	for i, hundredths := range mustSplit(1000_00, weights) {
		units[i].Millesimi = communities.Millesimi(hundredths) * (communities.MillesimiTotal / 1000_00)
	}
	return units
}

// mustSplit divides hundredths of millesimi as money.Split divides cents.
func mustSplit(total money.Amount, weights []int64) []money.Amount {
	portions, err := money.Split(total, weights)
	if err != nil {
		panic(err) // weights are positive by construction
	}
	return portions
}

// children makes the children of a school, by section.
func (m *cityMaker) children(n int) []demoUnit {
	const perSection = 20
	sections := []string{"Rossi", "Gialli", "Verdi", "Blu"}
	units := make([]demoUnit, n)
	seen := map[string]bool{}
	for i := range units {
		parent := m.adult(28, 48)
		section := sections[i/perSection%len(sections)]
		child := m.pick(m.names.Girls, m.names.Boys)
		for seen[section+parent.FamilyName+child] {
			child = m.pick(m.names.Girls, m.names.Boys)
		}
		seen[section+parent.FamilyName+child] = true
		units[i] = demoUnit{Staircase: section, Child: child, Holder: parent}
	}
	return units
}

// homes makes the homes of a neighbourhood, in its streets.
func (m *cityMaker) homes(n int, streets []string) []demoUnit {
	units := make([]demoUnit, n)
	for i := range units {
		units[i] = demoUnit{
			Street: streets[m.rng.IntN(len(streets))], Number: fmt.Sprint(1 + m.rng.IntN(60)),
			Holder: m.adult(26, 84), Residents: m.residents(),
		}
	}
	return units
}

// residents draws how many people live in a home; illustrative, near the city's
// mean of two.
func (m *cityMaker) residents() int {
	return []int{1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5}[m.rng.IntN(12)]
}

func (m *cityMaker) pick(lists ...[]string) string {
	list := lists[m.rng.IntN(len(lists))]
	return list[m.rng.IntN(len(list))]
}

// adult invents somebody with an address of the reserved domain and a tax code.
func (m *cityMaker) adult(from, to int) demoPerson {
	woman := m.rng.IntN(2) == 0
	p := demoPerson{FamilyName: m.pick(m.names.Families)}
	if p.GivenName = m.pick(m.names.Men); woman {
		p.GivenName = m.pick(m.names.Women)
	}
	// Ages count back from a fixed year so that the city is always the same.
	born := time.Date(2026-from-m.rng.IntN(to-from+1), time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, m.rng.IntN(365))
	p.TaxCode = demoTaxCode(p.FamilyName, p.GivenName, born, woman, demoUnregisteredPlace)
	p.Email = m.email(p)
	return p
}

// email makes an address that nobody else has, at a domain reserved for
// examples (RFC 2606).
func (m *cityMaker) email(p demoPerson) string {
	local := lettersOf(p.GivenName) + "." + lettersOf(p.FamilyName)
	for n := 1; ; n++ {
		address := strings.ToLower(local)
		if n > 1 {
			address += fmt.Sprint(n)
		}
		if address += "@example.org"; !m.emails[address] {
			m.emails[address] = true
			return address
		}
	}
}

// iseeKnots is the distribution of ISEE as a broken line: per mille of the
// households that present one, and the value up to which they go, in cents.
//
// Source: INPS Osservatorio 2024 as anchored in the project's notes on the
// mechanism (3.1): 3% zero, 42% below 10,000, of which 21% from 5,000 to
// 10,000, mean of the city about 16,500 to 17,000. The upper knots are
// interpolated.
var iseeKnots = []struct {
	perMille int64
	upTo     money.Amount
}{
	{30, 0}, {210, 5_000_00}, {420, 10_000_00}, {590, 15_000_00}, {700, 20_000_00},
	{785, 25_000_00}, {895, 35_000_00}, {965, 50_000_00}, {1000, 100_000_00},
}

// iseeWithoutPerMille is how many households present no ISEE.
const iseeWithoutPerMille = 120

// iseeAt is the ISEE at a place in the distribution, place in [0, scale).
func iseeAt(place, scale int64) money.Amount {
	var lowShare int64
	var low money.Amount
	for _, k := range iseeKnots {
		if share := k.perMille * scale / 1000; place < share {
			// A point on the line from (lowShare, low) to (share, k.upTo): nobody
			// shares this amount, so no cent can be lost.
			return low + money.Amount((place-lowShare)*(k.upTo-low).Cents()/(share-lowShare))
		}
		lowShare, low = k.perMille*scale/1000, k.upTo
	}
	return low
}

// presentISEE gives every household its ISEE, or none. The places in the
// distribution are dealt like cards, one stratum each, so that the shares of
// the city are those of the source and not a matter of luck.
func (m *cityMaker) presentISEE(c *demoCity) {
	n := c.households()
	without := n * iseeWithoutPerMille / 1000
	cards := make([]*money.Amount, n)
	const grain = 1000
	for i := range n - without {
		value := iseeAt(int64(i)*grain+m.rng.Int64N(grain), int64(n-without)*grain)
		cards[i] = &value
	}
	m.rng.Shuffle(n, func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
	for _, p := range c.Places {
		for i := range p.Units {
			p.Units[i].ISEE, cards = cards[0], cards[1:]
		}
	}
}

// demoTaxCode composes a codice fiscale: three letters of the family name,
// three of the given name, date of birth and sex, place, check letter.
//
// Source: DM 23/12/1976, as in communities.CheckTaxCode, which accepts it.
func demoTaxCode(family, given string, born time.Time, woman bool, place string) string {
	day := born.Day()
	if woman {
		day += 40
	}
	first15 := threeLetters(family, false) + threeLetters(given, true) +
		fmt.Sprintf("%02d%c%02d", born.Year()%100, "ABCDEHLMPRST"[born.Month()-1], day) + place
	for check := 'A'; check <= 'Z'; check++ {
		if code, err := communities.CheckTaxCode(first15 + string(check)); err == nil {
			return code
		}
	}
	panic("demo: no check letter for " + first15)
}

// threeLetters takes consonants, then vowels, then X; of a given name with four
// consonants or more it takes the first, third and fourth.
func threeLetters(name string, given bool) string {
	var consonants, vowels string
	for _, r := range strings.ToUpper(lettersOf(name)) {
		if strings.ContainsRune("AEIOU", r) {
			vowels += string(r)
		} else {
			consonants += string(r)
		}
	}
	if given && len(consonants) >= 4 {
		return consonants[:1] + consonants[2:4]
	}
	return (consonants + vowels + "XXX")[:3]
}

// lettersOf keeps the plain letters of a name.
func lettersOf(name string) string {
	plain := strings.NewReplacer("à", "a", "è", "e", "é", "e", "ì", "i", "ò", "o", "ù", "u")
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, plain.Replace(name))
}

// demoIBAN is an IBAN with right check digits at a bank that does not exist
// (ABI 99999).
func demoIBAN(number int) string {
	bban := "99999" + "01600" + fmt.Sprintf("%012d", number)
	bban = string(demoCIN(bban)) + bban
	return "IT" + fmt.Sprintf("%02d", 98-ibanRemainder(bban+"IT00")) + bban
}

// demoCIN is the control letter of an Italian account: the check of the tax
// code, on ABI, CAB and number.
func demoCIN(s string) byte {
	odd := [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}
	sum := 0
	for i := range len(s) {
		if v := int(s[i] - '0'); i%2 == 0 {
			sum += odd[v]
		} else {
			sum += v
		}
	}
	return byte('A' + sum%26)
}

func ibanRemainder(s string) int {
	rest := 0
	for _, c := range s {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}

// demoVATNumber is a partita IVA with a right check digit and the number of a
// provincial office that does not exist (777).
func demoVATNumber(number int) string {
	for check := range 10 {
		if code, err := communities.CheckVATNumber(fmt.Sprintf("%07d777%d", number, check)); err == nil {
			return code
		}
	}
	panic("demo: no check digit")
}
