// Package catalogue owns what may be bought: the category tree, providers and
// their qualifications, services, group offers as they are published, the
// weekly slots and the calendar of meetings.
//
// It does not own who buys (communities), how groups are formed and what they
// cost (pooling: a listing carries a pooling.Offer and asks pooling whether it
// is sound), or what is granted (subsidies).
//
// Invariants: an offer is published only for a category in which its provider
// is qualified; its terms have passed pooling.ValidateOffer; a series of
// meetings has exactly as many meetings as were asked, none on a holiday.
//
// Times: PublishedAt is an instant; ValidFrom, ValidTo, DecidedOn and the dates
// of meetings are calendar days in Europe/Rome, held at midnight UTC, and
// ValidTo is included.
package catalogue
