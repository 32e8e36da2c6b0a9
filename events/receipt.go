package events

import (
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
type receiptPace struct {
	pace *pace

	mu      sync.Mutex                    // guards waiting
	waiting map[string]map[string]Receipt // by class and user
}

func newReceiptPace(rate int) *receiptPace {
	return &receiptPace{pace: newPace(time.Second / time.Duration(rate)), waiting: map[string]map[string]Receipt{}}
}

// Receipts hands over receipts that have changed, in any number: their classes' streams on this node are told, by
// signals at the rate of [Config.ReceiptRate]. It never blocks.
func (h *Hub) Receipts(changed []Receipt) {
	for _, r := range changed {
		if h.lookup(ClassChannel(r.Class)) != nil { // else nobody here reads it, and who comes fetches them
			h.receipts.add(r)
		}
	}
}

// add puts a receipt in the place of its member's older one.
func (p *receiptPace) add(r Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.waiting[r.Class]
	if of == nil {
		of = map[string]Receipt{}
		p.waiting[r.Class] = of
	}
	// Receipts only grow; two commits that were handed over in the wrong order must not make one shrink.
	before := of[r.User]
	r.Delivered, r.Read = max(r.Delivered, before.Delivered), max(r.Read, before.Read)
	of[r.User] = r
	p.pace.mark(r.Class)
}

// take removes what a class's next signal carries, and reports whether more is left.
func (p *receiptPace) take(class string) (next []Receipt, more bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.waiting[class]
	for user, r := range of {
		if len(next) == receiptsMost {
			return next, true
		}
		next = append(next, r)
		delete(of, user)
	}
	delete(p.waiting, class)
	return next, false
}

// tellReceipts sends a class its next receipt.updated.
func (h *Hub) tellReceipts(class string) (more bool) {
	next, more := h.receipts.take(class)
	if len(next) > 0 {
		h.Signal(class, ReceiptUpdated, receipts{next})
	}
	return more
}
