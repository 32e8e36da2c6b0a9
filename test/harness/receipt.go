package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Receipt is a receipt as the wire has it; the one in a signal has only the
// user and the positions.
type Receipt struct {
	Class     string     `json:"class"`
	User      string     `json:"user"`
	Delivered int64      `json:"delivered"`
	Read      int64      `json:"read"`
	UpdatedAt *time.Time `json:"updated_at"`
}

// MessageReceipts says how far a message has come.
type MessageReceipts struct {
	Message   string `json:"message"`
	Seq       int64  `json:"seq"`
	Members   int    `json:"members"`
	Delivered Reach  `json:"delivered"`
	Read      Reach  `json:"read"`
}

// Reach is the members whom a message has reached.
type Reach struct {
	Count int      `json:"count"`
	Users []string `json:"users"`
}

// Receipts are the receipts in a receipt.updated; none for other events.
func (e Event) Receipts() []Receipt {
	var data struct {
		Receipts []Receipt `json:"receipts"`
	}
	_ = json.Unmarshal(e.Data, &data)
	return data.Receipts
}

// Acknowledge moves the user's receipt on. Positions below zero are left away.
func (c *Client) Acknowledge(class string, delivered, read int64) Receipt {
	c.tb.Helper()
	body := map[string]int64{}
	if delivered >= 0 {
		body["delivered"] = delivered
	}
	if read >= 0 {
		body["read"] = read
	}
	var r Receipt
	c.Do(http.MethodPut, ClassPath(class, "receipt"), body).Want(http.StatusOK).Into(&r)
	return r
}

// Receipts are those of all members of a class, by user.
func (c *Client) Receipts(class string) map[string]Receipt {
	c.tb.Helper()
	all := map[string]Receipt{}
	for _, r := range List[Receipt](c, ClassPath(class, "receipts"), url.Values{"limit": {"200"}}) {
		all[r.User] = r
	}
	return all
}

// MessageReceipts reads how far a message has come.
func (c *Client) MessageReceipts(class, message string) MessageReceipts {
	c.tb.Helper()
	var r MessageReceipts
	c.Get(ClassPath(class, "messages", message, "receipts")).Want(http.StatusOK).Into(&r)
	return r
}
