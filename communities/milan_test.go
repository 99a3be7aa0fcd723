package communities

import "testing"

func TestMilanIsWhole(t *testing.T) {
	t.Parallel()
	m := Milan()
	if len(m.Districts) != 9 || len(m.Quarters) != 88 || len(m.Spaces) != 19 {
		t.Fatalf("%d districts, %d quarters, %d spaces; want 9, 88, 19", len(m.Districts), len(m.Quarters), len(m.Spaces))
	}
	for i, d := range m.Districts {
		if d.ID != i+1 || len(d.Outline) < 8 {
			t.Errorf("district %d: ID %d, %d points", i+1, d.ID, len(d.Outline))
		}
	}
	held := map[int]int{}
	for i, q := range m.Quarters {
		if q.ID != i+1 || q.Name == "" || !inMilan(q.Centre) || len(q.Outline) < 3 {
			t.Errorf("quarter %d: %+v", i+1, q)
		}
		if !within(q.Centre, q.Outline) {
			t.Errorf("%s: the centre is outside", q.Name)
		}
		held[q.DistrictID]++
	}
	for id := 1; id <= 9; id++ {
		if held[id] == 0 {
			t.Errorf("district %d has no quarter", id)
		}
	}
	for _, s := range m.Spaces {
		if !inMilan(s.Centre) || s.Email == "" || s.Address == "" || s.DistrictID < 1 || s.DistrictID > 9 {
			t.Errorf("%s: %+v", s.Name, s)
		}
		// The position is approximate, but lies in a quarter of the district that
		// the Comune gives.
		for _, q := range m.Quarters {
			if within(s.Centre, q.Outline) && q.DistrictID != s.DistrictID {
				t.Errorf("%s of district %d lies in %s of district %d", s.Name, s.DistrictID, q.Name, q.DistrictID)
			}
		}
	}
}

func inMilan(p Place) bool {
	return p.LatMicro > 45_385_000 && p.LatMicro < 45_540_000 && p.LonMicro > 9_035_000 && p.LonMicro < 9_280_000
}

// within counts the sides that a line to the west crosses.
func within(p Place, outline []Place) bool {
	inside := false
	for i, a := range outline {
		b := outline[(i+1)%len(outline)]
		if (a.LatMicro > p.LatMicro) == (b.LatMicro > p.LatMicro) {
			continue
		}
		cross := a.LonMicro + (p.LatMicro-a.LatMicro)*(b.LonMicro-a.LonMicro)/(b.LatMicro-a.LatMicro)
		if cross > p.LonMicro {
			inside = !inside
		}
	}
	return inside
}

// On the central meridian of zone 32 (9° E) the easting is 500,000 m exactly,
// and the northing is 0.9996 times the length of the meridian from the equator:
// at 45° on WGS84 that length is 4,984,944.378 m (Snyder, Map Projections: A
// Working Manual, equation 3-21), so 4,982,950.400.
func TestProjectionOnTheCentralMeridian(t *testing.T) {
	t.Parallel()
	if got, want := ProjectUTM32(45_000_000, 9_000_000), (Point{500_000, 4_982_950}); got != want {
		t.Errorf("45° N 9° E: %+v, want %+v", got, want)
	}
	for _, p := range [][2]int64{{45_000_000, 12_500_000}, {-45_000_000, 9_000_000}, {95_000_000, 9_000_000}} {
		if got := ProjectUTM32(p[0], p[1]); got != (Point{}) {
			t.Errorf("%v is outside zone 32 north, but gives %+v", p, got)
		}
	}
	duomo, castle := ProjectUTM32(45_464_200, 9_190_000), ProjectUTM32(45_470_500, 9_179_300)
	if duomo.WithinM(castle, 1000) || !duomo.WithinM(castle, 1200) {
		t.Errorf("Duomo %+v and Castello %+v are about 1.1 km apart", duomo, castle)
	}
}
