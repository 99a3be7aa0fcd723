package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"colletta/billing"
	"colletta/pooling"
	"colletta/postgres"
)

// Errands are later work promised in an act's own transaction. A worker may do
// one twice: each begins by looking whether it was done.

// StepRound does the next step of a round: close, form or charge it.
type StepRound struct {
	Round pooling.RoundID    `json:"round" river:"unique"`
	To    pooling.RoundState `json:"to" river:"unique"`
}

// Kind names the errand.
func (StepRound) Kind() string { return "step_round" }

// SendMessage sends one stored message.
type SendMessage struct {
	Message string `json:"message" river:"unique"`
}

// Kind names the errand.
func (SendMessage) Kind() string { return "send_message" }

// SyncCardPayment asks the gateway what became of a card payment. Event is the
// webhook that announced it, if one did.
type SyncCardPayment struct {
	Payment billing.PaymentID `json:"payment"`
	Event   string            `json:"event"`
}

// Kind names the errand.
func (SyncCardPayment) Kind() string { return "sync_card_payment" }

// Times of errands. A worker that dies is noticed after rescueAfter, which is
// longer than the longest errand.
const (
	errandTimeout = 5 * time.Minute
	RescueAfter   = 10 * time.Minute
)

// once makes an errand unique by its arguments while it waits, runs or is done.
func once() *river.InsertOpts {
	return &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// Workers returns what does the errands, for River.
func (d *Desk) Workers() *river.Workers {
	w := river.NewWorkers()
	river.AddWorker(w, &stepWorker{desk: d})
	river.AddWorker(w, &messageWorker{desk: d})
	river.AddWorker(w, &cardWorker{desk: d})
	return w
}

type stepWorker struct {
	river.WorkerDefaults[StepRound]
	desk *Desk
}

func (w *stepWorker) Timeout(job *river.Job[StepRound]) time.Duration {
	if job.Args.To == pooling.RoundFormed {
		return formTimeout
	}
	return errandTimeout
}

func (w *stepWorker) Work(ctx context.Context, job *river.Job[StepRound]) error {
	switch job.Args.To {
	case pooling.RoundClosed:
		return w.desk.closeRound(ctx, job.Args.Round, "")
	case pooling.RoundFormed:
		return w.desk.formRound(ctx, job.Args.Round, "")
	case pooling.RoundCharged:
		return w.desk.chargeRound(ctx, job.Args.Round, "")
	}
	return river.JobCancel(fmt.Errorf("step_round: no step to %q", job.Args.To))
}

type messageWorker struct {
	river.WorkerDefaults[SendMessage]
	desk *Desk
}

func (w *messageWorker) Work(ctx context.Context, job *river.Job[SendMessage]) error {
	return w.desk.sendMessage(ctx, job.Args.Message)
}

type cardWorker struct {
	river.WorkerDefaults[SyncCardPayment]
	desk *Desk
}

func (w *cardWorker) Work(ctx context.Context, job *river.Job[SyncCardPayment]) error {
	return w.desk.syncCardPayment(ctx, job.Args.Payment, job.Args.Event)
}

// sendMessage hands one message to the mailer, at least once.
func (d *Desk) sendMessage(ctx context.Context, id string) error {
	if d.mailer == nil {
		return nil
	}
	m, err := d.db.MessageToSend(ctx, id)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.mailer.Send(ctx, m.Recipient, m.Subject, m.Body); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error { return tx.MarkSent(ctx, id, d.clock.Now()) })
}
