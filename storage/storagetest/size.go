package storagetest

import (
	"fmt"
	"testing"

	"homeroom/events"
	"homeroom/storage"
)

// BenchmarkSize measures posting and resuming over a log of a thousand messages and of a million: both are to cost the
// same. Filling the log is not measured, and takes a minute or two; -short leaves the million out.
func BenchmarkSize(b *testing.B, fresh Fresh) {
	for _, size := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("messages=%d", size), func(b *testing.B) {
			if testing.Short() && size > 1_000 {
				b.Skip("filling the log takes long")
			}
			s, class := benchClass(b, fresh)
			post := func(caller int) error {
				_, err := s.CreateMessage(b.Context(), benchUser(caller%benchUsers), class, storage.MessageDraft{Text: benchText})
				return err
			}
			shareOf(b, size, 256, post)
			b.Run("post", func(b *testing.B) {
				share(b, benchUsers, post)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
			})
			b.Run("resume", func(b *testing.B) { // a hundred events from the middle
				share(b, benchUsers, func(int) error {
					_, err := s.Read(b.Context(), events.ClassChannel(class), int64(size/2), 100)
					return err
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "resumes/s")
			})
		})
	}
}
