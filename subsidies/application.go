package subsidies

// ApplicationState says what became of an application to a fund. The values are
// stored.
type ApplicationState string

// The states of an application.
const (
	ApplicationWaiting   ApplicationState = "waiting"   // nothing yet
	ApplicationGranted   ApplicationState = "granted"   // all that was asked, or all that was still due
	ApplicationPartly    ApplicationState = "partly"    // some of it: the rest waits where the fund has a waiting list
	ApplicationRefused   ApplicationState = "refused"   // nothing, and nothing will come
	ApplicationWithdrawn ApplicationState = "withdrawn" // by the family, or taken back by the Comune
)

// ApplicationStates lists every state.
func ApplicationStates() []ApplicationState {
	return []ApplicationState{ApplicationWaiting, ApplicationGranted, ApplicationPartly, ApplicationRefused, ApplicationWithdrawn}
}

// Open tells whether an application may still get something.
func (s ApplicationState) Open() bool { return s == ApplicationWaiting || s == ApplicationPartly }

// EndReason says why an application ended; empty where its state says it. The
// values are stored.
type EndReason string

// The reasons.
const (
	EndNothingDue EndReason = "nothing_due" // the charge was paid otherwise meanwhile
	EndFundEnded  EndReason = "fund_ended"  // the last day of the fund is over
	EndFundShort  EndReason = "fund_short"  // everybody was cut alike, and nothing was left for it
	EndTakenBack  EndReason = "taken_back"  // an officer took the award back
)

// EndReasons lists every reason.
func EndReasons() []EndReason {
	return []EndReason{EndNothingDue, EndFundEnded, EndFundShort, EndTakenBack}
}
