package colletta_test

import (
	"net/url"
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// publiccode holds the keys of the standard's version 0.4 that this project
// fills. Reading is strict: a key that is misspelt fails.
type publiccode struct {
	Version           string   `yaml:"publiccodeYmlVersion"`
	Name              string   `yaml:"name"`
	URL               string   `yaml:"url"`
	Platforms         []string `yaml:"platforms"`
	Categories        []string `yaml:"categories"`
	DevelopmentStatus string   `yaml:"developmentStatus"`
	SoftwareType      string   `yaml:"softwareType"`
	IntendedAudience  struct {
		Countries []string `yaml:"countries"`
		Scope     []string `yaml:"scope"`
	} `yaml:"intendedAudience"`
	Description map[string]struct {
		ShortDescription string   `yaml:"shortDescription"`
		LongDescription  string   `yaml:"longDescription"`
		Features         []string `yaml:"features"`
	} `yaml:"description"`
	Legal struct {
		License string `yaml:"license"`
	} `yaml:"legal"`
	Maintenance struct {
		Type     string `yaml:"type"`
		Contacts []struct {
			Name string `yaml:"name"`
		} `yaml:"contacts"`
		Contractors []struct {
			Name  string `yaml:"name"`
			Until string `yaml:"until"`
		} `yaml:"contractors"`
	} `yaml:"maintenance"`
	Localisation struct {
		LocalisationReady  *bool    `yaml:"localisationReady"`
		AvailableLanguages []string `yaml:"availableLanguages"`
	} `yaml:"localisation"`
	DependsOn struct {
		Open []struct {
			Name       string `yaml:"name"`
			VersionMin string `yaml:"versionMin"`
		} `yaml:"open"`
	} `yaml:"dependsOn"`
}

// TestPubliccode checks publiccode.yml by the standard: mandatory keys, values of
// closed lists, lengths in characters (shortDescription up to 150,
// longDescription 150 to 10,000).
func TestPubliccode(t *testing.T) {
	text, err := os.ReadFile("publiccode.yml")
	if err != nil {
		t.Fatal(err)
	}
	var p publiccode
	if err := yaml.UnmarshalWithOptions(text, &p, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	one := func(key, value string, of ...string) {
		t.Helper()
		if !slices.Contains(of, value) {
			t.Errorf("%s is %q, want one of %q", key, value, of)
		}
	}
	some := func(key string, n int) {
		t.Helper()
		if n == 0 {
			t.Errorf("%s is missing or empty", key)
		}
	}
	one("publiccodeYmlVersion", p.Version, "0.4", "0.5", "0.6", "0.7")
	some("name", len(p.Name))
	if u, err := url.Parse(p.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		t.Errorf("url is %q", p.URL)
	}
	some("platforms", len(p.Platforms))
	some("categories", len(p.Categories))
	one("developmentStatus", p.DevelopmentStatus, "concept", "development", "beta", "stable", "obsolete")
	one("softwareType", p.SoftwareType, "standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web",
		"standalone/backend", "standalone/other", "addon", "library", "configurationFiles")
	one("legal/license", p.Legal.License, "EUPL-1.2")
	one("maintenance/type", p.Maintenance.Type, "internal", "contract", "community", "none")
	switch p.Maintenance.Type {
	case "internal", "community":
		some("maintenance/contacts", len(p.Maintenance.Contacts))
	case "contract":
		some("maintenance/contractors", len(p.Maintenance.Contractors))
	}
	if p.Localisation.LocalisationReady == nil {
		t.Error("localisation/localisationReady is missing")
	}
	some("localisation/availableLanguages", len(p.Localisation.AvailableLanguages))
	some("description", len(p.Description))
	for language, d := range p.Description {
		if n := utf8.RuneCountInString(d.ShortDescription); n == 0 || n > 150 {
			t.Errorf("description/%s/shortDescription has %d characters", language, n)
		}
		if n := utf8.RuneCountInString(d.LongDescription); n < 150 || n > 10_000 {
			t.Errorf("description/%s/longDescription has %d characters", language, n)
		}
		some("description/"+language+"/features", len(d.Features))
	}
	for _, language := range p.Localisation.AvailableLanguages {
		if _, ok := p.Description[language]; !ok {
			t.Errorf("no description in the language %s, in which the program speaks", language)
		}
	}
}
