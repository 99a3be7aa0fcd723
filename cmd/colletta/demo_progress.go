package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// withProgress runs f and draws what it reports as a bar on w. Where w is not a
// terminal nothing is drawn. f may call progress from one goroutine at a time,
// with done never falling.
func withProgress(w io.Writer, f func(progress func(done, total int, what string)) error) error {
	if !isTerminal(w) {
		return f(func(int, int, string) {})
	}
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(40))
	var doing atomic.Value // text beside the bar; the bar is drawn by another goroutine
	doing.Store("")
	bar := bars.AddBar(0,
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return fmt.Sprintf("%-34.34s", doing.Load()) })),
		mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5})),
	)
	err := f(func(done, total int, what string) {
		doing.Store(what)
		bar.SetTotal(int64(total), false)
		bar.SetCurrent(int64(done))
	})
	if err != nil {
		bar.Abort(false)
	} else {
		bar.SetTotal(-1, true)
	}
	bars.Wait()
	return err
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
