package subsidies

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// fixed is a measure that grants a sum, never above the cost.
func fixed(id string, sum money.Amount, s Stacking) Award {
	return Award{id, s, func(cost money.Amount) (money.Amount, error) { return min(sum, cost), nil }}
}

func TestMeasuresPayInTheirOrderAndNeverAboveTheCost(t *testing.T) {
	t.Parallel()
	all := Stacking{All: true}
	// Nidi Gratis pays only what exceeds the national bonus: it comes after it and
	// looks at the remainder.
	after := Stacking{All: true, After: []string{"nido"}, Basis: BasisRemainder}
	half := Award{"a-half", Stacking{All: true, After: []string{"nido"}, Basis: BasisRemainder}, func(cost money.Amount) (money.Amount, error) { return cost / 2, nil }}
	for _, c := range []struct {
		name   string
		cost   money.Amount
		awards []Award
		want   []Paid
		left   money.Amount
	}{
		{"what exceeds the other", 400_00, []Award{fixed("gratis", 400_00, after), fixed("nido", 272_73, all)}, []Paid{{"nido", 272_73}, {"gratis", 127_27}}, 0},
		{"by ID where nothing is said", 100_00, []Award{fixed("b", 80_00, all), fixed("a", 70_00, all)}, []Paid{{"a", 70_00}, {"b", 30_00}}, 0},
		{"half of the remainder", 400_00, []Award{half, fixed("nido", 200_00, all)}, []Paid{{"nido", 200_00}, {"a-half", 100_00}}, 100_00},
		{"all but one that is not there", 100_00, []Award{fixed("a", 70_00, Stacking{All: true, Without: []string{"c"}}), fixed("b", 80_00, all)}, []Paid{{"a", 70_00}, {"b", 30_00}}, 0},
		{"the larger of two that exclude each other", 100_00, []Award{fixed("a", 70_00, Stacking{All: true, Without: []string{"b"}, Conflict: ConflictLargest}),
			fixed("b", 80_00, Stacking{All: true, Conflict: ConflictLargest})}, []Paid{{"b", 80_00}}, 20_00},
		{"none", 50_00, nil, []Paid{}, 50_00},
	} {
		paid, left, err := Combine(c.cost, c.awards)
		if err != nil || left != c.left || len(paid) != len(c.want) {
			t.Errorf("%s: %v, left %s, %v", c.name, paid, left, err)
			continue
		}
		for i := range paid {
			if paid[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.name, paid, c.want)
			}
		}
	}
}

func TestMeasuresInConflict(t *testing.T) {
	t.Parallel()
	alone := func(c Conflict) Stacking { return Stacking{Conflict: c} }
	if _, _, err := Combine(100, []Award{fixed("a", 10, alone(ConflictRefuse)), fixed("b", 20, Stacking{All: true})}); !errors.Is(err, ErrStacking) {
		t.Errorf("a measure that stands alone: %v", err)
	}
	for conflict, want := range map[Conflict]Paid{ConflictLargest: {"b", 20}, ConflictSmallest: {"a", 10}} {
		paid, left, err := Combine(100, []Award{fixed("b", 20, alone(conflict)), fixed("a", 10, alone(conflict)), fixed("c", 10, Stacking{With: []string{"a", "b"}, All: true})})
		if !errors.Is(err, ErrStacking) {
			t.Errorf("%s: c is not allowed by a: %v %s %v", conflict, paid, left, err)
		}
		paid, left, err = Combine(100, []Award{fixed("b", 20, alone(conflict)), fixed("a", 10, alone(conflict))})
		if err != nil || len(paid) != 1 || paid[0] != want || left != 100-want.Amount {
			t.Errorf("%s: %v, left %s, %v", conflict, paid, left, err)
		}
	}
	circle := []Award{fixed("a", 1, Stacking{All: true, After: []string{"b"}}), fixed("b", 1, Stacking{All: true, After: []string{"a"}})}
	if _, _, err := Combine(100, circle); !errors.Is(err, ErrStacking) {
		t.Errorf("each after the other: %v", err)
	}
}

func TestPublicMoneyIsNeverAboveTheCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cost := money.Amount(rapid.Int64Range(0, 1000).Draw(t, "cost"))
		var awards []Award
		for i := range rapid.IntRange(0, 5).Draw(t, "measures") {
			s := Stacking{All: true, Basis: rapid.SampledFrom([]Basis{BasisCost, BasisRemainder}).Draw(t, "basis")}
			sum := money.Amount(rapid.Int64Range(-10, 2000).Draw(t, "sum"))
			awards = append(awards, Award{string(rune('a' + i)), s, func(money.Amount) (money.Amount, error) { return sum, nil }})
		}
		paid, left, err := Combine(cost, awards)
		total := left
		for _, p := range paid {
			if p.Amount < 0 {
				t.Fatalf("%v", p)
			}
			total += p.Amount
		}
		if err != nil || total != cost || left < 0 {
			t.Fatalf("%v, left %s of %s, %v", paid, left, cost, err)
		}
	})
}
