package stripepay_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The tests run stripe-mock, a tool of go.mod, as a child of this process, over
// a Unix socket. It checks requests against Stripe's OpenAPI description and
// answers with Stripe's fixtures; it keeps nothing.

const mockURL = "http://stripe-mock"

type mock struct {
	dir    string
	child  *exec.Cmd
	client *http.Client
}

var startMock = sync.OnceValues(func() (*mock, error) {
	dir, err := os.MkdirTemp("", "mock")
	if err != nil {
		return nil, err
	}
	m := &mock{dir: dir}
	binary, socket := filepath.Join(dir, "stripe-mock"), filepath.Join(dir, "h.sock")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/stripe/stripe-mock").CombinedOutput(); err != nil {
		return m, fmt.Errorf("build stripe-mock: %w\n%s", err, out)
	}
	m.child = exec.Command(binary, "-http-unix", socket, "-https-unix", filepath.Join(dir, "s.sock"))
	if err := m.child.Start(); err != nil {
		return m, fmt.Errorf("start stripe-mock: %w", err)
	}
	m.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
	}}
	// It reads a large description first: seconds on a quiet machine.
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		answer, err := m.client.Get(mockURL + "/v1/")
		if err == nil {
			return m, answer.Body.Close()
		}
	}
	return m, errors.New("stripe-mock did not answer within 30 s")
})

var mockUsed atomic.Bool

func theMock(t *testing.T) *mock {
	t.Helper()
	mockUsed.Store(true)
	m, err := startMock()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMain(m *testing.M) {
	code := m.Run()
	if mockUsed.Load() {
		if started, _ := startMock(); started != nil {
			if started.child != nil && started.child.Process != nil {
				_ = started.child.Process.Kill()
				_ = started.child.Wait()
			}
			_ = os.RemoveAll(started.dir)
		}
	}
	os.Exit(code)
}
