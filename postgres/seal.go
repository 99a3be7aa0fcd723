package postgres

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"colletta/communities"
)

// keyBytes is the length of every key: AES-256.
const keyBytes = 32

// sealFormat is the first byte of everything sealed, so that the way of sealing
// can change.
const sealFormat = 1

var (
	// ErrMasterKeyShape says that a text is no master key: 32 bytes in base64.
	ErrMasterKeyShape = errors.New("the master key is not 32 bytes in base64: make one with \"head -c 32 /dev/urandom | base64\"")
	// ErrSealBroken says that sealed bytes are not those that were stored there:
	// changed, copied from another row, or sealed by another key.
	ErrSealBroken = errors.New("postgres: sealed bytes do not open at this place")
)

// Master is the key that wraps the data keys of municipalities. It is never
// stored in the database, and prints as its name only.
type Master struct{ key []byte }

// NewMaster makes a master key.
func NewMaster() Master {
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails
	return Master{key}
}

// ParseMaster reads a master key as an operator keeps it: 32 bytes in base64,
// with or without padding. [ErrMasterKeyShape].
func ParseMaster(text string) (Master, error) {
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
	if err != nil || len(key) != keyBytes {
		return Master{}, ErrMasterKeyShape
	}
	return Master{key}, nil
}

// Text is the key itself in base64, to be kept in a file.
func (m Master) Text() string { return base64.StdEncoding.EncodeToString(m.key) }

// ID names the key and tells nothing of it.
func (m Master) ID() string {
	if len(m.key) == 0 {
		return "none"
	}
	return hex.EncodeToString(derive(m.key, "colletta/1 name of a master key", 8))
}

// String is the name, so that the key does not get into a log.
func (m Master) String() string { return "master key " + m.ID() }

// GoString is the name, too.
func (m Master) GoString() string { return m.String() }

// wrap seals a data key for a municipality and a version.
func (m Master) wrap(data []byte, municipality communities.MunicipalityID, version int) []byte {
	return sealWith(aead(m.key), data, wrapPlace(municipality, version))
}

// unwrap opens what wrap sealed; [ErrSealBroken].
func (m Master) unwrap(wrapped []byte, municipality communities.MunicipalityID, version int) (*dataKey, error) {
	data, err := openWith(aead(m.key), wrapped, wrapPlace(municipality, version))
	if err != nil {
		return nil, err
	}
	return newDataKey(version, data), nil
}

func wrapPlace(municipality communities.MunicipalityID, version int) []byte {
	return fmt.Appendf(nil, "colletta/1|data_keys|%d|%d", municipality, version)
}

// dataKey seals the rows of one municipality. Two keys come from it: one to
// encrypt, one for the keyed hashes of protocols.
type dataKey struct {
	version int
	cipher  cipher.AEAD
	mac     []byte
}

func newDataKey(version int, data []byte) *dataKey {
	return &dataKey{version, aead(derive(data, "colletta/1 encryption", keyBytes)), derive(data, "colletta/1 protocol", keyBytes)}
}

// place says where sealed bytes lie. It is bound to them: elsewhere they do not
// open.
type place struct {
	table     string // with the column, where a table has several
	row       string // its key below the municipality
	household string // empty where a row concerns many
}

func (p place) bytes(municipality communities.MunicipalityID, version int) []byte {
	return fmt.Appendf(nil, "colletta/1|%d|%s|%s|%s|%d", municipality, p.table, p.row, p.household, version)
}

// padding hides the length of small texts, from which the size of an amount
// could be told.
const padding = 256

// padded fills a JSON text with blanks, which a reader of JSON skips.
func padded(text []byte) []byte {
	short := (padding - len(text)%padding) % padding
	return append(text, bytes.Repeat([]byte{' '}, short)...)
}

// hash is the keyed hash of a text.
func (k *dataKey) hash(text string) []byte {
	h := hmac.New(sha256.New, k.mac)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// sealWith encrypts and authenticates, with a random nonce in front. A key may seal
// some 2^32 times; "colletta keys rotate" begins anew long before.
func sealWith(c cipher.AEAD, plain, bound []byte) []byte {
	out := make([]byte, 1+c.NonceSize(), 1+c.NonceSize()+len(plain)+c.Overhead())
	out[0] = sealFormat
	rand.Read(out[1:]) // never fails
	return c.Seal(out, out[1:1+c.NonceSize()], plain, bound)
}

func openWith(c cipher.AEAD, sealed, bound []byte) ([]byte, error) {
	if len(sealed) < 1+c.NonceSize() || sealed[0] != sealFormat {
		return nil, ErrSealBroken
	}
	plain, err := c.Open(nil, sealed[1:1+c.NonceSize()], sealed[1+c.NonceSize():], bound)
	if err != nil {
		return nil, ErrSealBroken
	}
	return plain, nil
}

// aead is AES-256-GCM; the length of the key is right by construction.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("postgres: " + err.Error())
	}
	c, err := cipher.NewGCM(block)
	if err != nil {
		panic("postgres: " + err.Error())
	}
	return c
}

// derive makes a key for one use out of another (HKDF, RFC 5869).
func derive(secret []byte, use string, length int) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, use, length)
	if err != nil {
		panic("postgres: " + err.Error())
	}
	return key
}
