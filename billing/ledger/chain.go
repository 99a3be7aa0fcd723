package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Hash is a link of the chain of a municipality's entries: SHA-256. The chain
// begins with the zero Hash.
type Hash [sha256.Size]byte

// String writes the hash as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Link is the hash of an entry, a chained transaction: SHA-256 of the hash of the
// entry before it, followed by [Bytes]. Whatever is changed in an entry changes
// its hash and all that follow.
func Link(previous Hash, municipality int, number int64, t Transaction) Hash {
	return sha256.Sum256(append(previous[:], Bytes(municipality, number, t)...))
}

// Bytes writes an entry in the one form that is hashed, of which the function
// ledger_bytes of the database makes the same: fields in UTF-8, each as its
// length in bytes, a colon, itself and a comma (a netstring, so that no two
// entries are written alike). The fields are colletta-ledger-1, the municipality,
// the number of the entry in the chain (from 1, without gaps), id, kind, source,
// the id that it reverses or nothing, the microseconds since 1970 of its time,
// the description; then for each posting, in order, the kind and the subject of
// its account, [Currency] and the cents.
func Bytes(municipality int, number int64, t Transaction) []byte {
	b := make([]byte, 0, 256+128*len(t.Postings))
	field := func(s string) {
		b = strconv.AppendInt(b, int64(len(s)), 10)
		b = append(append(append(b, ':'), s...), ',')
	}
	field("colletta-ledger-1")
	field(strconv.Itoa(municipality))
	field(strconv.FormatInt(number, 10))
	field(string(t.ID))
	field(string(t.Kind))
	field(t.SourceID)
	field(string(t.Reverses))
	field(strconv.FormatInt(t.At.UnixMicro(), 10))
	field(t.Description)
	for _, p := range t.Postings {
		field(string(p.Account.Kind))
		field(p.Account.Subject)
		field(Currency)
		field(strconv.FormatInt(int64(p.Amount), 10))
	}
	return b
}
