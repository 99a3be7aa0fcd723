package subsidies

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
)

//go:embed measures/*.yaml
var measureFiles embed.FS

// Measures lists the measures that come with the program, by file name. They
// are for demonstration: each one says so in its Note. Callers must not change
// what it returns.
func Measures() []*Measure { return measures() }

// MeasureFile returns the YAML text of a measure that comes with the program,
// so that it can be stored and shown; false when there is none with that ID.
func MeasureFile(id string) ([]byte, bool) {
	data, err := measureFiles.ReadFile("measures/" + id + ".yaml")
	return data, err == nil
}

var measures = sync.OnceValue(func() []*Measure {
	var list []*Measure
	names, err := fs.Glob(measureFiles, "measures/*.yaml")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		data, err := measureFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		m, err := LoadMeasure(data)
		if err != nil {
			panic(fmt.Sprintf("subsidies: %s: %v", name, err))
		}
		list = append(list, m)
	}
	return list
})
