package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// solutionFile is where a solution goes. A named file is written beside its
// place and moved there when it is whole, so that nobody ever reads half a
// solution, and an older one stays until then.
type solutionFile struct {
	w         io.Writer
	file      *os.File // nil for standard output
	temporary string   // path of file; empty when it is no regular file
	place     string
}

// createSolution opens the output before the search, so that a folder that
// cannot be written is known before the work is done. A device or a pipe is
// written to directly: a file must not take its place.
func createSolution(name string, stdout io.Writer) (*solutionFile, error) {
	if name == "-" {
		return &solutionFile{w: stdout}, nil
	}
	mode := os.FileMode(0o644)
	if there, err := os.Stat(name); err == nil {
		if !there.Mode().IsRegular() {
			f, err := os.OpenFile(name, os.O_WRONLY, 0)
			if err != nil {
				return nil, err
			}
			return &solutionFile{w: f, file: f}, nil
		}
		mode = there.Mode().Perm()
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	temporary := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d.part", filepath.Base(name), os.Getpid()))
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err // the name of the temporary file says nothing
		}
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &solutionFile{w: f, file: f, temporary: temporary, place: name}, nil
}

// save writes the solution and moves it to its place.
func (o *solutionFile) save(write func(io.Writer) error) error {
	if err := write(o.w); err != nil || o.file == nil {
		return err
	}
	if err := o.file.Close(); err != nil || o.temporary == "" {
		return err
	}
	return os.Rename(o.temporary, o.place)
}

// discard removes what was not saved; after [solutionFile.save] it does nothing.
func (o *solutionFile) discard() {
	if o.file != nil {
		o.file.Close() // closed already when it was saved
	}
	if o.temporary != "" {
		os.Remove(o.temporary)
	}
}
