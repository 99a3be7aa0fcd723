package pooling

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// pair is one line for testdata/agree.py; a nil instance is that of the line
// before.
type pair struct {
	Instance json.RawMessage `json:"instance"`
	Solution json.RawMessage `json:"solution"`
}

// verdict is what reading and checking a solution file says, in the words of
// testdata/agree.py.
func verdict(s *Snapshot, solution []byte) string {
	f, err := ReadFormation(bytes.NewReader(solution))
	switch {
	case err != nil:
		return "refused"
	case len(Check(s, f)) > 0:
		return "invalid"
	}
	return "valid"
}

// solved is a round with a valid formation.
type solved struct {
	name string
	s    *Snapshot
	f    *Formation
}

// solvedRounds are the example rounds with their solutions, and random rounds
// that form at least one pool.
func solvedRounds(t *testing.T, random int) []solved {
	t.Helper()
	var all []solved
	for _, file := range exampleRounds(t) {
		all = append(all, solved{file, mustSnapshot(t, file), mustFormation(t, strings.TrimSuffix(file, ".json")+".sol.json")})
	}
	for seed := uint64(1); len(all) < random; seed++ {
		draw := seeded(seed)
		s := city(draw, 4+draw(16), 1+min(1, int(seed%4))) // three of four may have rotas
		if f := mustForm(t, s, Options{Effort: EffortFast, Work: &Work{}}); len(f.Pools) > 0 {
			all = append(all, solved{fmt.Sprint("seed ", seed), s, f})
		}
	}
	return all
}

// withoutSlots says whether a member of a rota has no slots at all. The file
// then has no field slots, which check.py does not survive; Check names the
// broken rule (F2). It is the only difference between the two in what
// [Formation] can say; those in what a file can say are in [filesDiffer].
func withoutSlots(s *Snapshot, f *Formation) bool {
	for _, p := range f.Pools {
		o := slices.IndexFunc(s.Offers, func(o Offer) bool { return o.ID == p.Offer })
		if o < 0 || !s.Offers[o].rota() || p.Slot != "" {
			continue
		}
		if slices.ContainsFunc(p.Members, func(m Member) bool { return len(m.Slots) == 0 }) {
			return true
		}
	}
	return false
}

// Check and the reference checker, which others wrote in Python, agree about
// thousands of formations, valid and broken in every way.
func TestCheckAgreesWithTheReferenceChecker(t *testing.T) {
	t.Parallel()
	var documents [][]byte
	var names, want []string
	verdicts := map[string]map[string]int{}
	for k, round := range solvedRounds(t, 180) {
		instance := snapshotLine(t, round.s)
		for m, mutation := range mutations {
			for try := range 2 {
				f := copyOf(round.f)
				if !mutation.apply(round.s, f, seeded(uint64(k*1000+m*10+try))) {
					continue
				}
				b, err := f.JSON()
				if err != nil {
					t.Fatal(err)
				}
				is := verdict(round.s, b)
				if withoutSlots(round.s, f) {
					is = "refused" // see withoutSlots
				}
				documents, instance = append(documents, line(t, pair{instance, b})), nil
				names, want = append(names, round.name+": "+mutation.name), append(want, is)
				if verdicts[mutation.name] == nil {
					verdicts[mutation.name] = map[string]int{}
				}
				verdicts[mutation.name][is]++
			}
		}
	}
	for k, got := range byPython(t, []string{"agree.py"}, documents) {
		if got != want[k] {
			t.Errorf("%s: %s, by check.py %s\n%s", names[k], want[k], got, documents[k])
		}
	}
	harmless := []string{"nothing", "pool left out, no totals", "no totals", "another pool id", "members in another order", "hours in another order"}
	for _, m := range mutations {
		if n := verdicts[m.name]; slices.Contains(harmless, m.name) && n["valid"] == 0 || !slices.Contains(harmless, m.name) && n["invalid"]+n["refused"] < 5 {
			t.Errorf("mutation %q proves too little: %v", m.name, n)
		}
	}
	t.Logf("%d solutions compared", len(documents))
}

// edit is a change to one value of a solution file.
type edit struct {
	name  string
	apply func(old any) any
}

// gone is what an edit returns to take a field or an element away.
type gone struct{}

var edits = []edit{
	{"dropped", func(any) any { return gone{} }},
	{"null", func(any) any { return nil }},
	{"a number", func(any) any { return 7 }},
	{"a text", func(any) any { return "x" }},
	{"an empty text", func(any) any { return "" }},
	{"a list", func(any) any { return []any{} }},
	{"an object", func(any) any { return map[string]any{} }},
	{"true", func(any) any { return true }},
	{"spelled with a zero before", func(old any) any { return respelled(old, func(s string) string { return "0" + s }) }},
	{"spelled with a zero behind", func(old any) any { return respelled(old, func(s string) string { return s + "0" }) }},
	{"spelled with a plus", func(old any) any { return respelled(old, func(s string) string { return "+" + s }) }},
	{"spelled with a minus", func(old any) any { return respelled(old, func(s string) string { return "-" + s }) }},
	{"spelled with an exponent", func(old any) any { return respelled(old, func(s string) string { return s + "e0" }) }},
	{"spelled without zeros behind", func(old any) any { return respelled(old, func(s string) string { return strings.TrimRight(s, "0") }) }},
	{"spelled with a space", func(old any) any { return respelled(old, func(s string) string { return " " + s }) }},
	{"with a fraction", func(old any) any {
		if n, is := old.(json.Number); is {
			return json.Number(n + ".0")
		}
		return old
	}},
	{"one more", func(old any) any {
		if n, is := old.(json.Number); is {
			v, _ := n.Int64()
			return v + 1
		}
		return old
	}},
	{"a field more", func(old any) any {
		if m, is := old.(map[string]any); is {
			m["more"] = 1
		}
		return old
	}},
}

func respelled(old any, how func(string) string) any {
	if s, is := old.(string); is {
		return how(s)
	}
	return old
}

// filesDiffer lists the only edits of files that the reference checker accepts
// and this one does not, and why. There are none the other way round. A field
// is named by its path, with * for every element; no edits stand for all.
var filesDiffer = []struct {
	why    string
	fields []string
	edits  []string
}{
	{"check.py passes over fields that the format does not know",
		[]string{"file", "file.bound", "file.pools.*", "file.pools.*.members.*", "file.totals"}, []string{"a field more"}},
	{"check.py reads no bound", []string{"file.bound", "file.bound.method", "file.bound.served"}, nil},
	{"check.py only prints the id of a pool", []string{"file.pools.*.id"}, []string{"dropped", "null", "a number", "a list", "an object", "true"}},
	{"check.py takes empty totals for none", []string{"file.totals"}, []string{"null", "an empty text", "a list", "an object"}},
	{"in Python 12.0 and true are whole numbers", []string{"file.totals.served", "file.totals.distance_m"}, []string{"with a fraction", "true"}},
}

// Random edits of the JSON of valid solutions: whatever one of the two
// checkers accepts the other does, except where filesDiffer says so.
func TestCheckAgreesWithTheReferenceCheckerOnEditedFiles(t *testing.T) {
	t.Parallel()
	var documents [][]byte
	var want []string
	var made [][2]string // field and edit, by document
	for _, round := range solvedRounds(t, 30) {
		if len(round.s.Demands) > 50 {
			continue
		}
		instance := snapshotLine(t, round.s)
		round.f.Bound = &Bound{Served: len(round.s.Demands), Method: "stated"}
		whole, err := round.f.JSON()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[[2]string]bool{}
		for _, path := range pathsOf(decoded(t, whole), nil) {
			for _, e := range edits {
				name := [2]string{named(path), e.name}
				if seen[name] { // one pool, one member of each file will do
					continue
				}
				seen[name] = true
				b := line(t, changed(decoded(t, whole), path, e.apply))
				documents, instance = append(documents, line(t, pair{instance, b})), nil
				made, want = append(made, name), append(want, verdict(round.s, b))
			}
		}
	}
	used := map[string]bool{}
	for k, got := range byPython(t, []string{"agree.py"}, documents) {
		if (got == "valid") == (want[k] == "valid") {
			continue
		}
		why := whyFilesDiffer(made[k][0], made[k][1])
		if used[why] = true; why == "" || want[k] == "valid" {
			t.Errorf("%s %s: %s, by check.py %s\n%s", made[k][0], made[k][1], want[k], got, documents[k])
		}
	}
	for _, d := range filesDiffer {
		if !used[d.why] {
			t.Errorf("no difference because %s", d.why)
		}
	}
	t.Logf("%d solutions compared", len(documents))
}

func whyFilesDiffer(field, edit string) string {
	for _, d := range filesDiffer {
		if slices.Contains(d.fields, field) && (d.edits == nil || slices.Contains(d.edits, edit)) {
			return d.why
		}
	}
	return ""
}

func decoded(t *testing.T, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// pathsOf lists the paths to every value of a document, in order.
func pathsOf(v any, at []any) [][]any {
	paths := [][]any{at}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			paths = append(paths, pathsOf(v[key], append(slices.Clone(at), key))...)
		}
	case []any:
		for k := range v {
			paths = append(paths, pathsOf(v[k], append(slices.Clone(at), k))...)
		}
	}
	return paths
}

func named(path []any) string {
	parts := []string{"file"}
	for _, p := range path {
		if key, is := p.(string); is {
			parts = append(parts, key)
		} else {
			parts = append(parts, "*")
		}
	}
	return strings.Join(parts, ".")
}

// changed applies an edit at a path.
func changed(v any, path []any, apply func(any) any) any {
	if len(path) == 0 {
		return apply(v)
	}
	switch parent := v.(type) {
	case map[string]any:
		key := path[0].(string)
		parent[key] = changed(parent[key], path[1:], apply)
		if parent[key] == any(gone{}) {
			delete(parent, key)
		}
	case []any:
		k := path[0].(int)
		parent[k] = changed(parent[k], path[1:], apply)
		if parent[k] == any(gone{}) {
			return slices.Delete(parent, k, k+1)
		}
	}
	return v
}
