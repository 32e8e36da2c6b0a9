package storage

import "context"

// MayType implements [Store].
func (e *Engine) MayType(ctx context.Context, p Principal, class string) (m *Member, err error) {
	err = e.driver.View(ctx, func(r Reader) error {
		a, err := authorize(ctx, r, p, class, Type)
		if err != nil {
			return err
		}
		m = a.member
		return nil
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
