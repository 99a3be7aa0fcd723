package communities

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	utm "github.com/im7mortal/UTM"
)

//go:embed milan/milan.json
var milanFile []byte

// City is the reference data of a municipality: its districts, quarters and
// public desks.
type City struct {
	Name      string
	ISTAT     string // code of the Comune, 6 digits
	Belfiore  string // cadastral code, as in a codice fiscale
	IPACode   string
	VATNumber string
	Patron    string // day of the patron saint, MM-DD
	Source    string // where the data come from and under which licence
	Districts []District
	Quarters  []Quarter
	Spaces    []Space
}

// Milan is the reference data of Milan: 9 municipi, 88 NIL, 19 Spazi WeMi.
// Callers must not change what it returns. Positions are approximate; see
// [City].Source.
func Milan() *City { return milan() }

var milan = sync.OnceValue(func() *City {
	city, err := readCity(milanFile)
	if err != nil {
		panic(fmt.Sprintf("communities: embedded file of Milan: %v", err))
	}
	return city
})

// Quarter returns the quarter with a number, or false.
func (c *City) Quarter(id int) (Quarter, bool) {
	for _, q := range c.Quarters {
		if q.ID == id {
			return q, true
		}
	}
	return Quarter{}, false
}

// District returns the district with a number, or false.
func (c *City) District(id int) (District, bool) {
	for _, d := range c.Districts {
		if d.ID == id {
			return d, true
		}
	}
	return District{}, false
}

// ProjectUTM32 projects a WGS84 position, in millionths of a degree, onto the
// plane of UTM zone 32N (EPSG:25832) in whole metres, rounded to the nearest.
// A position outside zone 32 (north, 6° to 12° E) gives the zero [Point], which
// is no place on that plane: distances across two zones would be wrong.
func ProjectUTM32(latMicro, lonMicro int64) Point {
	x, y, zone, _, err := utm.FromLatLon(float64(latMicro)/1e6, float64(lonMicro)/1e6, true)
	if err != nil || zone != 32 || latMicro < 0 {
		return Point{}
	}
	return Point{XM: int64(x + 0.5), YM: int64(y + 0.5)}
}

// The file of a city, as it is written.
type (
	cityFile struct {
		Source       string `json:"source"`
		Municipality struct {
			Name, Istat, Belfiore, Vat, Patron string
			IPACode                            string `json:"ipa_code"`
		} `json:"municipality"`
		Districts []districtFile `json:"districts"`
		Quarters  []quarterFile  `json:"quarters"`
		Spaces    []spaceFile    `json:"spaces"`
	}
	districtFile struct {
		ID      int
		Name    string
		Outline [][2]int64
	}
	quarterFile struct {
		ID       int
		Name     string
		District int
		Lat, Lon int64
		Outline  [][2]int64
	}
	spaceFile struct {
		ID, Name, Address, Email string
		District                 int
		Lat, Lon                 int64
	}
)

func readCity(data []byte) (*City, error) {
	var f cityFile
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&f); err != nil {
		return nil, err
	}
	city := &City{
		Name: f.Municipality.Name, ISTAT: f.Municipality.Istat, Belfiore: f.Municipality.Belfiore,
		IPACode: f.Municipality.IPACode, VATNumber: f.Municipality.Vat, Patron: f.Municipality.Patron, Source: f.Source,
	}
	for _, d := range f.Districts {
		city.Districts = append(city.Districts, District{d.ID, d.Name, toPlaces(d.Outline)})
	}
	for _, q := range f.Quarters {
		city.Quarters = append(city.Quarters, Quarter{
			ID: q.ID, Name: q.Name, DistrictID: q.District,
			Centre: Place{q.Lat, q.Lon}, Point: ProjectUTM32(q.Lat, q.Lon), Outline: toPlaces(q.Outline),
		})
	}
	for _, s := range f.Spaces {
		city.Spaces = append(city.Spaces, Space{
			ID: s.ID, Name: s.Name, DistrictID: s.District, Address: s.Address, Email: s.Email,
			Centre: Place{s.Lat, s.Lon}, Point: ProjectUTM32(s.Lat, s.Lon),
		})
	}
	return city, nil
}

func toPlaces(pairs [][2]int64) []Place {
	places := make([]Place, len(pairs))
	for i, p := range pairs {
		places[i] = Place{LatMicro: p[0], LonMicro: p[1]}
	}
	return places
}
