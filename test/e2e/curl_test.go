package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom/test/harness"
)

func TestCurlFollowsAClassThroughARestart(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("SKIPPED: %s is missing; install it to run this", tool)
		}
	}
	script, err := filepath.Abs("../curl/follow.sh")
	if err != nil {
		t.Fatal(err)
	}
	r := openRoom(t, harness.Options{})
	output := &harness.Output{}
	cmd := exec.CommandContext(t.Context(), script, r.srv.URL+r.path(), ben.Token(t, time.Hour))
	cmd.Stdout, cmd.WaitDelay = output, time.Minute
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var want []string
	post := func(n int) {
		for range n {
			text := fmt.Sprint("message ", len(want))
			m := r.as(t, anna).Post(r.class, text)
			want = append(want, fmt.Sprintf("%d anna: %s", m.Seq, text))
		}
	}
	wait := func() {
		output.WaitLine(t, "the last message", func(line string) bool { return line == want[len(want)-1] })
	}
	post(3)
	wait()
	r.srv.Kill9()
	r.srv.Restart()
	post(3)
	wait()
	if code := r.srv.Terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	r.srv.Restart()
	post(3)
	wait()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed
	if got := strings.Split(strings.TrimSpace(output.String()), "\n"); !slices.Equal(got, want) {
		t.Errorf("printed %q, want %q", got, want)
	}
}
