// Package communities owns who buys together and who may act: municipalities
// with their districts and quarters, communities, households, people, the
// weights of their units, the import of a building or a class from a
// spreadsheet, and the question whether an actor may do an act.
//
// It does not own what is demanded or shared (pooling), what is granted
// (subsidies), how anything is stored (postgres), or the words of a refusal
// (web/messages). It reads bytes that it is given and opens no file.
//
// Invariants: every value belongs to one municipality; a person may do only
// what a grant in force or the own household allows, everything else is
// refused; a file with one error is imported not at all; importing the same
// file twice changes nothing.
//
// Times: From and To of a grant are instants, the interval is [From, To), and a
// zero To means without end. Nothing here reads the clock.
package communities
