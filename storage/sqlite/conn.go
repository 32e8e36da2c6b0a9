package sqlite

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// conn is one connection to the file, with its prepared statements; one goroutine at a time uses it. It speaks to
// SQLite's driver itself: the locks, conversions and goroutines of database/sql cost as much as statements as small
// as ours. No statement watches a context: SQLite answers from its own memory and disk, and waits for nobody.
type conn struct {
	raw      rawConn
	prepared map[string]rawStmt
	args     []sqldriver.NamedValue // the last statement's, for the next one
}

// rawConn and rawStmt are what a conn uses of the driver.
type (
	rawConn interface {
		sqldriver.Conn
		sqldriver.ConnPrepareContext
	}
	rawStmt interface {
		sqldriver.Stmt
		sqldriver.StmtExecContext
		sqldriver.StmtQueryContext
	}
)

func connect(ctx context.Context, connector sqldriver.Connector) (*conn, error) {
	opened, err := connector.Connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", wrap(err))
	}
	raw, ok := opened.(rawConn)
	if !ok {
		return nil, errors.Join(errors.New("open database: a driver without prepared statements"), opened.Close())
	}
	return &conn{raw: raw, prepared: map[string]rawStmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, stmt := range c.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.raw.Close())...)
}

// stmt prepares a statement the first time it is used.
func (c *conn) stmt(sql string) (rawStmt, error) {
	if stmt, ok := c.prepared[sql]; ok {
		return stmt, nil
	}
	prepared, err := c.raw.PrepareContext(context.Background(), sql)
	if err != nil {
		return nil, wrap(err)
	}
	stmt, ok := prepared.(rawStmt)
	if !ok {
		return nil, errors.Join(errors.New("a driver with statements of another kind"), prepared.Close())
	}
	c.prepared[sql] = stmt
	return stmt, nil
}

// bind makes arguments of values: int64, string, *string or nil.
func (c *conn) bind(values []any) []sqldriver.NamedValue {
	c.args = c.args[:0]
	for i, value := range values {
		if text, ok := value.(*string); ok {
			value = nil
			if text != nil {
				value = *text
			}
		}
		c.args = append(c.args, sqldriver.NamedValue{Ordinal: i + 1, Value: value})
	}
	return c.args
}

// exec carries out a statement without rows.
func (c *conn) exec(sql string, values ...any) error {
	stmt, err := c.stmt(sql)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(context.Background(), c.bind(values))
	return wrap(err)
}

// query calls each with every row of a query.
func (c *conn) query(each func(row) error, sql string, values ...any) (err error) {
	stmt, err := c.stmt(sql)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), c.bind(values))
	if err != nil {
		return wrap(err)
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = wrap(closeErr)
		}
	}()
	r := make(row, len(rows.Columns()))
	for {
		if err := rows.Next(r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return wrap(err)
		}
		if err := each(r); err != nil {
			return err
		}
	}
}

// row is a row of a query.
type row []sqldriver.Value

// scan copies the columns, each into a *int64, *string, *[]byte or, where there may be no value, a **string.
func (r row) scan(into ...any) error {
	if len(into) != len(r) {
		return fmt.Errorf("scan %d columns into %d", len(r), len(into))
	}
	for i, value := range r {
		if !assign(into[i], value) {
			return fmt.Errorf("scan column %d, a %T, into a %T", i, value, into[i])
		}
	}
	return nil
}

func assign(into any, value sqldriver.Value) bool {
	switch v := value.(type) {
	case int64:
		if to, ok := into.(*int64); ok {
			*to = v
			return true
		}
	case string:
		switch to := into.(type) {
		case *string:
			*to = v
			return true
		case **string:
			*to = &v
			return true
		case *[]byte:
			*to = []byte(v)
			return true
		}
	case nil:
		to, ok := into.(**string)
		if ok {
			*to = nil
		}
		return ok
	}
	return false
}
