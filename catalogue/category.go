package catalogue

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"

	"colletta/refusal"
)

// CategoryID is the slug of a category, for example "sport-psicomotricita". It
// is the same text in the database, in snapshots and in measures.
type CategoryID string

// The units in which a category is demanded (round schema, categories[].unit).
const (
	UnitHour  = "hour"  // an hour a week
	UnitSeat  = "seat"  // a place in a vehicle or in a course
	UnitPlace = "place" // a place in a group
	UnitChild = "child" // a child in a laboratory
)

// Category is a node of the tree. Only leaves carry services.
type Category struct {
	ID          CategoryID
	ParentID    CategoryID // empty for a section
	Name        string     // Italian, as citizens read it
	Description string     // Italian; may be empty
	Unit        string     // one of the units; empty for a node that has children
	Qualifier   string     // who qualifies providers, in Italian; may be empty
}

// IsLeaf tells whether services may be published in the category.
func (c Category) IsLeaf() bool { return c.Unit != "" }

// Tree is a tree of categories in the order in which pages show them; parents
// come before their children.
type Tree []Category

// ErrCategoryUnknown says that there is no such category, or that it is a node
// with children where a leaf is needed. Args: category.
var ErrCategoryUnknown = refusal.New(refusal.KindInvalid, "category_unknown")

//go:embed milan_categories.yaml
var milanCategories []byte

// MilanCategories is the category tree of Milan's WeMi portal. Callers must not
// change what it returns.
func MilanCategories() Tree { return milanTree() }

var milanTree = sync.OnceValue(func() Tree {
	tree, err := readTree(milanCategories)
	if err != nil {
		panic(fmt.Sprintf("catalogue: embedded categories of Milan: %v", err))
	}
	return tree
})

// Find returns the category with an ID, or [ErrCategoryUnknown].
func (t Tree) Find(id CategoryID) (Category, error) {
	i := slices.IndexFunc(t, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, ErrCategoryUnknown.With("category", string(id))
	}
	return t[i], nil
}

// Leaf is [Tree.Find] for a category that carries services.
func (t Tree) Leaf(id CategoryID) (Category, error) {
	c, err := t.Find(id)
	if err == nil && !c.IsLeaf() {
		return Category{}, ErrCategoryUnknown.With("category", string(id))
	}
	return c, err
}

// Leaves lists the categories that carry services.
func (t Tree) Leaves() []Category {
	return slices.DeleteFunc(slices.Clone(t), func(c Category) bool { return !c.IsLeaf() })
}

// Children lists what is directly below a node; of the empty ID, the sections.
func (t Tree) Children(id CategoryID) []Category {
	return slices.DeleteFunc(slices.Clone(t), func(c Category) bool { return c.ParentID != id })
}

// Within tells whether a category is another one or lies below it.
func (t Tree) Within(id, ancestor CategoryID) bool {
	for range t {
		if id == ancestor {
			return true
		}
		c, err := t.Find(id)
		if err != nil || c.ParentID == "" {
			return false
		}
		id = c.ParentID
	}
	return false
}

type categoryFile struct {
	ID          string `yaml:"id"`
	Parent      string `yaml:"parent"`
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
	Unit        string `yaml:"unit"`
	Qualifier   string `yaml:"qualifier"`
}

func readTree(data []byte) (Tree, error) {
	var file []categoryFile
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&file); err != nil {
		return nil, err
	}
	var tree Tree
	for _, c := range file {
		if _, err := tree.Find(CategoryID(c.ID)); err == nil || c.ID == "" || c.Name == "" {
			return nil, fmt.Errorf("category %q: twice or without name", c.ID)
		}
		if c.Parent != "" {
			if parent, err := tree.Find(CategoryID(c.Parent)); err != nil || parent.IsLeaf() {
				return nil, fmt.Errorf("category %q: parent %q is not above it or is a leaf", c.ID, c.Parent)
			}
		}
		if c.Unit != "" && !slices.Contains([]string{UnitHour, UnitSeat, UnitPlace, UnitChild}, c.Unit) {
			return nil, fmt.Errorf("category %q: unit %q", c.ID, c.Unit)
		}
		tree = append(tree, Category{CategoryID(c.ID), CategoryID(c.Parent), c.Name, c.Description, c.Unit, c.Qualifier})
	}
	return tree, nil
}
