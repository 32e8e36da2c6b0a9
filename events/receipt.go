package events

import (
	"context"
	"sync"
	"time"
)

// DefaultReceiptRate is how many receipt.updated a class sends per second at most: enough to look live, and with a
// hundred members who read along still only a handful of frames for each message.
const DefaultReceiptRate = 4

// receiptsMost bounds one receipt.updated; the others that changed come with the next.
const receiptsMost = 500

// Receipt is up to which seq of a class's channel a member has received and read it.
type Receipt struct {
	Class     string `json:"-"`
	User      string `json:"user"`
	Delivered int64  `json:"delivered"`
	Read      int64  `json:"read"`
}

// receipts is the data of receipt.updated.
type receipts struct {
	Receipts []Receipt `json:"receipts"`
}

// receiptPace gathers receipts that changed, the newest of each member, until it is time for a class's next signal.
// One goroutine serves all classes, and no timer runs while nothing changes.
type receiptPace struct {
	interval time.Duration
	wake     chan struct{} // has room for one: "something is waiting"

	mu      sync.Mutex                    // guards waiting
	waiting map[string]map[string]Receipt // by class and user
}

func newReceiptPace(rate int) *receiptPace {
	return &receiptPace{
		interval: time.Second / time.Duration(rate),
		wake:     make(chan struct{}, 1),
		waiting:  map[string]map[string]Receipt{},
	}
}

// Receipts hands over receipts that have changed, in any number: their classes' streams on this node are told, by
// signals at the rate of [Config.ReceiptRate]. It never blocks.
func (h *Hub) Receipts(changed []Receipt) {
	for _, r := range changed {
		if h.lookup(ClassChannel(r.Class)) != nil { // else nobody here reads it, and who comes fetches them
			h.pace.add(r)
		}
	}
}

// add puts a receipt in the place of its member's older one.
func (p *receiptPace) add(r Receipt) {
	p.mu.Lock()
	of := p.waiting[r.Class]
	if of == nil {
		of = map[string]Receipt{}
		p.waiting[r.Class] = of
	}
	// Receipts only grow; two commits that were handed over in the wrong order must not make one shrink.
	before := of[r.User]
	r.Delivered, r.Read = max(r.Delivered, before.Delivered), max(r.Read, before.Read)
	of[r.User] = r
	p.mu.Unlock()
	p.rouse()
}

func (p *receiptPace) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take removes what the next signals carry, by class, and reports whether more is left.
func (p *receiptPace) take() (next map[string][]Receipt, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next = make(map[string][]Receipt, len(p.waiting))
	for class, of := range p.waiting {
		for user, r := range of {
			if len(next[class]) == receiptsMost {
				break
			}
			next[class] = append(next[class], r)
			delete(of, user)
		}
		if len(of) == 0 {
			delete(p.waiting, class)
		}
	}
	return next, len(p.waiting) > 0
}

// run sends what is waiting until ctx ends. The first change goes out at once, what follows after the interval.
func (p *receiptPace) run(ctx context.Context, send func(class string, changed []Receipt)) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		}
		next, more := p.take()
		for class, changed := range next {
			send(class, changed)
		}
		if more {
			p.rouse()
		}
		pause.Reset(p.interval)
	}
}

// signalReceipts is where the pace sends to.
func (h *Hub) signalReceipts(class string, changed []Receipt) {
	h.Signal(class, ReceiptUpdated, receipts{changed})
}
