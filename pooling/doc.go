// Package pooling owns the rules by which demands of households become pools:
// the frozen input of a round (snapshot), who holds a voucher, which groups
// form, what each member pays to the cent, and why somebody stays out. It can
// be used alone, as a library, without a database.
//
// It does not own people, ISEE certificates or measures (a snapshot carries
// what each programme grants as a function of the price), charges or payments.
// It answers with codes and numbers; the words that a family reads about its
// outcome are in words/, one file for each language, and not in Go.
//
// Invariants, checked by [Check], which shares no arithmetic with [Form]:
//   - the shares of a pool sum to its cost, to the cent;
//   - nobody pays more, net of subsidy, than the maximum of the demand;
//   - no quote in a pool rises when another member joins it;
//   - the vouchers of a programme never exceed its budget, whatever forms;
//   - a provider never runs more groups in a slot than its staff allows;
//   - no formation serves more than a bound that carries its certificate;
//   - the same snapshot, seed and work give the same formation, byte for byte,
//     with any number of workers.
//
// Times: the package reads no clock. Dates in a snapshot (posted_on) are civil
// dates that only order waiting demands; a [Slot] is a weekly block, [start,
// end), in the local time of the municipality.
//
// Sources: Moulin and Shenker 2001, "Strategyproof sharing of submodular
// costs: budget balance versus efficiency", Economic Theory 18 (cross-monotonic
// shares, dropping iteration); Hamilton's largest remainder for odd cents;
// Minoux 1978 (lazy greedy); Shaw 1998 (large neighbourhood search); Dueck and
// Scheuer 1990 (threshold accepting); Held and Karp 1971 and Geoffrion 1974
// (Lagrangian bounds); Nedić and Bertsekas 2001, Barahona and Anbil 2000
// (multipliers); Kuhn 1955 (bipartite matching by augmenting paths). README.md
// maps each to its file, and each promise to its test.
package pooling
