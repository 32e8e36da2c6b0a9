package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"homeroom/handlers/web"
)

// Handler is the whole route tree. No middleware here may buffer, time out or wrap a response: the streams are below.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.logRequests, s.recoverPanics, s.allowOrigins)
	r.NotFound(s.handle(noRoute))
	r.MethodNotAllowed(s.handle(noMethod))

	r.Get("/", web.Page)
	r.Get("/assets/{file}", s.handle(asset))
	r.Get("/openapi.yaml", serveContract)
	r.Get("/healthz", s.handle(s.healthy))
	r.Get("/readyz", s.handle(s.ready))
	r.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}))
	if s.demo != nil {
		r.Get("/dev/session", s.handle(s.demoSession))
	}

	r.Route("/v1", func(r chi.Router) {
		r.Delete("/session", s.handle(s.deleteSession))

		r.Group(func(r chi.Router) {
			r.Use(s.authenticate)
			r.Post("/session", s.handle(s.createSession))
			r.Post("/classes", s.handle(s.createClass))
			r.Get("/classes", s.handle(s.listClasses))
			r.Get("/stream", s.handle(s.streamAll))

			r.Route("/classes/{class}", func(r chi.Router) {
				r.Get("/", s.handle(s.getClass))
				r.Patch("/", s.handle(s.updateClass))
				r.Delete("/", s.handle(s.deleteClass))

				r.Get("/members", s.handle(s.listMembers))
				r.Get("/members/{user}", s.handle(s.getMember))
				r.Put("/members/{user}", s.handle(s.putMember))
				r.Delete("/members/{user}", s.handle(s.removeMember))

				r.Get("/join-code", s.handle(s.getJoinCode))
				r.Put("/join-code", s.handle(s.putJoinCode))
				r.Delete("/join-code", s.handle(s.deleteJoinCode))
				r.With(s.joinLimits...).Post("/join", s.handle(s.joinClass))

				r.Post("/messages", s.handle(s.createMessage))
				r.Get("/messages", s.handle(s.listMessages))
				r.Get("/messages/{message}", s.handle(s.getMessage))
				r.Patch("/messages/{message}", s.handle(s.editMessage))
				r.Delete("/messages/{message}", s.handle(s.deleteMessage))
				r.Get("/messages/{message}/replies", s.handle(s.listReplies))
				r.Get("/messages/{message}/history", s.handle(s.listHistory))

				r.Put("/receipt", s.handle(s.updateReceipt))
				r.Get("/receipts", s.handle(s.listReceipts))
				r.Get("/messages/{message}/receipts", s.handle(s.getMessageReceipts))

				r.Get("/stream", s.handle(s.stream))
				r.Get("/events", s.handle(s.listEvents))
			})
		})
	})
	return r
}
