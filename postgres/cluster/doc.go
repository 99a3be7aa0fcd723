// Package cluster owns a private PostgreSQL server: it finds the binaries of the
// machine, makes a data folder, starts the server for this program alone and
// stops it with the program. It is what lets "make run" need no database of
// anybody, and tests have a real one.
//
// It does not own schemas or queries (postgres, migrations), nor servers that
// run without it: where DATABASE_URL names a database, this package is not used.
// It installs nothing; [NoBinariesError] says which command does.
//
// Invariants: the server listens on a Unix socket in a folder that only its own
// user (and root) may enter, never on TCP; the data folder is complete or not
// there (it is made beside and renamed); one data folder has one server, which a
// second program joins; a server does not outlive the program that started it
// (on Linux even when that is killed), and is started again when it dies
// unasked. PostgreSQL refuses to run as root, so for root it runs as the owner
// of the data folder, or as user postgres, or as nobody.
//
// The package decides nothing by the time of day; its limits are durations.
package cluster
