package catalogue

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"colletta/communities"
	"colletta/pooling"
	"colletta/refusal"
)

// Offer is a listing: the group terms of a service as citizens find them.
type Offer struct {
	ID           OfferID
	Municipality communities.MunicipalityID
	Service      ServiceID
	Provider     ProviderID
	Category     CategoryID
	Title        string
	Description  string
	Terms        pooling.Offer // what the engine needs; its ID, Provider and Category repeat the ones above
	Period       string        // what prices are per: "course", "month", "week"
	Meetings     int           // weekly meetings of a course; 0 otherwise
	ValidFrom    time.Time     // first day on which it takes part in rounds
	ValidTo      time.Time     // last such day, included; zero means without end
	PublishedAt  time.Time     // zero for a draft
}

// The periods that prices may be per.
const (
	PeriodCourse = "course"
	PeriodMonth  = "month"
	PeriodWeek   = "week"
)

// The limits of a listing.
const (
	TitleCharsMin       = 3
	TitleCharsMax       = 120
	DescriptionCharsMax = 4000
	MeetingsMax         = 100
)

// The refusals of a listing; those of its terms are pooling's.
var (
	// ErrTitle says that a title is too short, too long, or has control
	// characters. Args: min, max.
	ErrTitle = refusal.New(refusal.KindInvalid, "offer_title")
	// ErrDescription says that a description is too long or has control
	// characters other than line breaks. Args: max.
	ErrDescription = refusal.New(refusal.KindInvalid, "offer_description")
	// ErrTermsDiffer says that the terms belong to another offer, provider or
	// category than the listing. Args: none.
	ErrTermsDiffer = refusal.New(refusal.KindInvalid, "offer_terms_differ")
	// ErrPeriod says that a period is unknown. Args: period.
	ErrPeriod = refusal.New(refusal.KindInvalid, "offer_period")
	// ErrMeetings says that a course has no meetings or too many, or that
	// something else than a course has some. Args: max.
	ErrMeetings = refusal.New(refusal.KindInvalid, "offer_meetings")
	// ErrValidity says that the first day is missing or after the last. Args: none.
	ErrValidity = refusal.New(refusal.KindInvalid, "offer_validity")
	// ErrSlotsOverlap says that two slots share time. Args: slot, other (labels).
	ErrSlotsOverlap = refusal.New(refusal.KindInvalid, "offer_slots_overlap")
	// ErrSlotTwice says that a slot is listed twice. Args: slot (label).
	ErrSlotTwice = refusal.New(refusal.KindInvalid, "offer_slot_twice")
	// ErrNotQualified says that the Comune has not qualified the provider in the
	// category on that day. Args: category.
	ErrNotQualified = refusal.New(refusal.KindForbidden, "provider_not_qualified")
)

// Validate lists everything that keeps the offer from being published, by the
// field it concerns: the refusals of this package, those of slots, and those of
// pooling.ValidateOffer. Whether the provider is qualified is [CheckQualified].
func (o Offer) Validate(tree Tree) refusal.List {
	var list refusal.List
	check := func(ok bool, r *refusal.Error, field string) {
		if !ok {
			list = append(list, r.At(field))
		}
	}
	title := utf8.RuneCountInString(strings.TrimSpace(o.Title))
	check(title >= TitleCharsMin && title <= TitleCharsMax && printable(o.Title, ""),
		ErrTitle.With("min", TitleCharsMin, "max", TitleCharsMax), "title")
	check(utf8.RuneCountInString(o.Description) <= DescriptionCharsMax && printable(o.Description, "\r\n\t"),
		ErrDescription.With("max", DescriptionCharsMax), "description")
	if _, err := tree.Leaf(o.Category); err != nil {
		check(false, ErrCategoryUnknown.With("category", string(o.Category)), "category")
	}
	check(o.Terms.ID == string(o.ID) && o.Terms.Provider == string(o.Provider) && o.Terms.Category == string(o.Category),
		ErrTermsDiffer, "terms")
	check(slices.Contains([]string{PeriodCourse, PeriodMonth, PeriodWeek}, o.Period), ErrPeriod.With("period", o.Period), "period")
	course := o.Period == PeriodCourse
	check(course && o.Meetings >= 1 && o.Meetings <= MeetingsMax || !course && o.Meetings == 0,
		ErrMeetings.With("max", MeetingsMax), "meetings")
	check(!o.ValidFrom.IsZero() && (o.ValidTo.IsZero() || !o.ValidTo.Before(o.ValidFrom)), ErrValidity, "valid_from")
	list = append(list, checkSlots(o.Terms.Slots)...)
	return append(list, pooling.ValidateOffer(o.Terms)...)
}

// checkSlots wants every slot readable, once, and free of the others.
func checkSlots(ids []string) refusal.List {
	var list refusal.List
	var before []Slot
	for _, id := range ids {
		s, err := ParseSlot(id)
		if err != nil {
			list = append(list, ErrSlotFormat.With("slot", id).At("slots"))
			continue
		}
		for _, other := range before {
			switch {
			case s == other:
				list = append(list, ErrSlotTwice.With("slot", s.Label()).At("slots"))
			case s.Overlaps(other):
				list = append(list, ErrSlotsOverlap.With("slot", s.Label(), "other", other.Label()).At("slots"))
			}
		}
		before = append(before, s)
	}
	return list
}

// InForce tells whether a published offer takes part in rounds on a day.
func (o Offer) InForce(day time.Time) bool {
	return !o.PublishedAt.IsZero() && !day.Before(o.ValidFrom) && (o.ValidTo.IsZero() || !day.After(o.ValidTo))
}

// CheckQualified returns nil when the provider may publish in a category on a
// day, or [ErrNotQualified]. A decision on a section covers what is below it,
// unless a decision on something nearer says otherwise; of several decisions on
// one category the latest counts.
func CheckQualified(tree Tree, decisions []Qualification, provider ProviderID, category CategoryID, day time.Time) error {
	for id := category; id != ""; {
		var last *Qualification
		for _, q := range decisions {
			decided := q.State != QualificationRequested && !q.DecidedOn.IsZero() && !day.Before(q.DecidedOn)
			if q.Provider == provider && q.Category == id && decided && (last == nil || !q.DecidedOn.Before(last.DecidedOn)) {
				last = &q
			}
		}
		if last != nil {
			if last.State == QualificationGranted {
				return nil
			}
			break
		}
		c, err := tree.Find(id)
		if err != nil {
			break
		}
		id = c.ParentID
	}
	return ErrNotQualified.With("category", string(category))
}

func printable(s, allowed string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Cc, unicode.Cf) && !strings.ContainsRune(allowed, r)
	})
}
