package postgres

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsSealedOpensOnlyAtItsPlace(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte{7}, keyBytes)
	key := newDataKey(3, data)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		at := place{"isee_certificates", "row", "household"}
		bytes1 := sealWith(key.cipher, plain, at.bytes(1, 3))
		got, err := openWith(key.cipher, bytes1, at.bytes(1, 3))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opens to %q, %v", got, err)
		}
		elsewhere := map[string][]byte{
			"another municipality": at.bytes(2, 3), "another key": at.bytes(1, 4),
			"another table":     place{"outcomes", "row", "household"}.bytes(1, 3),
			"another row":       place{"isee_certificates", "row2", "household"}.bytes(1, 3),
			"another household": place{"isee_certificates", "row", "neighbour"}.bytes(1, 3),
		}
		for where, bound := range elsewhere {
			if _, err := openWith(key.cipher, bytes1, bound); !errors.Is(err, ErrSealBroken) {
				t.Fatalf("opens at %s", where)
			}
		}
		i := rapid.IntRange(0, len(bytes1)-1).Draw(t, "byte")
		bytes1[i] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		if _, err := openWith(key.cipher, bytes1, at.bytes(1, 3)); !errors.Is(err, ErrSealBroken) {
			t.Fatalf("opens with byte %d changed", i)
		}
		if _, err := openWith(key.cipher, bytes1[:i], at.bytes(1, 3)); !errors.Is(err, ErrSealBroken) {
			t.Fatalf("opens cut to %d bytes", i)
		}
	})
}

// Two sealings of one text differ, and small texts are all of one length.
func TestSealedBytesTellNothingOfTheAmount(t *testing.T) {
	t.Parallel()
	key := newDataKey(1, bytes.Repeat([]byte{9}, keyBytes))
	one := sealWith(key.cipher, padded([]byte(`{"value":"0.00"}`)), nil)
	two := sealWith(key.cipher, padded([]byte(`{"value":"0.00"}`)), nil)
	rich := sealWith(key.cipher, padded([]byte(`{"value":"1234567.89"}`)), nil)
	if bytes.Equal(one, two) || bytes.Equal(one[1:13], two[1:13]) {
		t.Error("two sealings are alike")
	}
	if len(one) != len(rich) {
		t.Errorf("%d bytes for zero, %d for a million", len(one), len(rich))
	}
}

func TestMasterKeysAreReadAndNeverPrinted(t *testing.T) {
	t.Parallel()
	m := NewMaster()
	again, err := ParseMaster(" " + strings.TrimRight(m.Text(), "=") + "\n")
	if err != nil || again.ID() != m.ID() {
		t.Errorf("read again as %s, %v", again, err)
	}
	if printed := fmt.Sprintf("%v %+v %#v %s", m, m, m, m); strings.Contains(printed, m.Text()[:20]) || strings.Contains(printed, fmt.Sprint(m.key[:4])) {
		t.Errorf("prints %s", printed)
	}
	for _, text := range []string{"", "x", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33)), strings.Repeat("!", 44)} {
		if _, err := ParseMaster(text); !errors.Is(err, ErrMasterKeyShape) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if NewMaster().ID() == m.ID() {
		t.Error("two keys of one name")
	}
}

func TestWithoutTheMasterKeyNothingIsSealedOrRead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	v := newVillage(t)
	locked, err := Open(v.dsn, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Close()
	if err := locked.InTx(ctx, func(tx *Tx) error { return tx.AddISEE(ctx, v.certificates(1), "", "", v.at) }); !errors.Is(err, ErrLocked) {
		t.Errorf("sealed without a key: %v", err)
	}
	v.add(2)
	if err := locked.InTx(ctx, func(tx *Tx) error { _, err := tx.ReadISEE(ctx, v.why(PurposeLook), v.households()); return err }); !errors.Is(err, ErrLocked) {
		t.Errorf("read without a key: %v", err)
	}
	if err := locked.Unlock(ctx, Master{}); !errors.Is(err, ErrLocked) {
		t.Errorf("no key at all: %v", err)
	}
	wrong := NewMaster()
	if err := locked.Unlock(ctx, wrong); !errors.Is(err, ErrMasterKeyWrong) || !strings.Contains(err.Error(), v.master.ID()) || !strings.Contains(err.Error(), wrong.ID()) {
		t.Errorf("a wrong key: %v", err)
	}
	if err := locked.Unlock(ctx, v.master); err != nil {
		t.Error(err)
	}
}
