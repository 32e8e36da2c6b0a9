package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom/handlers/web"
)

// Handler is the whole route tree. No middleware here may buffer, time out or wrap a response: the streams are below.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.proxies.find, s.logRequests, s.secureHeaders, s.recoverPanics, boundBodies, s.allowOrigins, answerHead)
	r.NotFound(s.handle(noRoute))
	r.MethodNotAllowed(s.handle(noMethod))

	r.Get("/", web.Page)
	r.Get(assets+"{file}", s.handle(asset))
	r.Get("/openapi.yaml", serveContract)
	r.Get("/healthz", s.handle(s.healthy))
	r.Get("/readyz", s.handle(s.ready))
	if !s.metricsElsewhere {
		r.Method(http.MethodGet, "/metrics", Metrics(s.metrics))
	}
	if s.demo != nil {
		r.Get("/dev/session", s.handle(s.demoSession))
	}

	r.Route("/v1", func(r chi.Router) {
		r.With(s.limitCalls).Delete("/session", s.handle(s.deleteSession))
		r.With(s.authenticateStream, s.limitCalls).Get("/classes/{class}/stream", s.handle(s.stream))

		r.Group(func(r chi.Router) {
			r.Use(s.authenticate, s.limitCalls)
			r.Post("/session", s.handle(s.createSession))
			r.Post("/stream-tokens", s.handle(s.createStreamToken))
			r.Post("/classes", s.handle(s.createClass))
			r.Get("/classes", s.handle(s.listClasses))
			r.Get("/stream", s.handle(s.streamAll))
			r.Put("/presence", s.handle(s.putPresence))

			r.Get("/admin/connections", s.handle(s.listConnections))
			r.Delete("/admin/connections/{connection}", s.handle(s.closeConnection))
			r.Delete("/admin/users/{user}/sessions", s.handle(s.endSessions))

			r.Get("/notifications", s.handle(s.listNotifications))
			r.Put("/notifications/read", s.handle(s.readNotifications))
			r.Get("/notifications/preferences", s.handle(s.getPreferences))
			r.Put("/notifications/preferences", s.handle(s.putPreferences))

			r.Post("/system/notices", s.handle(s.createNotice))
			r.Get("/system/notices", s.handle(s.listNotices))
			r.Get("/system/notices/{notice}", s.handle(s.getNotice))
			r.Delete("/system/notices/{notice}", s.handle(s.withdrawNotice))

			const class = "/classes/{class}" // and no subrouter: a mount would answer every method of its root
			r.Get(class, s.handle(s.getClass))
			r.Patch(class, s.handle(s.updateClass))
			r.Delete(class, s.handle(s.deleteClass))

			r.Get(class+"/members", s.handle(s.listMembers))
			r.Get(class+"/members/{user}", s.handle(s.getMember))
			r.Put(class+"/members/{user}", s.handle(s.putMember))
			r.Delete(class+"/members/{user}", s.handle(s.removeMember))
			r.Put(class+"/members/{user}/mute", s.handle(s.muteMember))
			r.Delete(class+"/members/{user}/mute", s.handle(s.unmuteMember))

			r.Get(class+"/join-code", s.handle(s.getJoinCode))
			r.Put(class+"/join-code", s.handle(s.putJoinCode))
			r.Delete(class+"/join-code", s.handle(s.deleteJoinCode))
			r.Post(class+"/join", s.handle(s.joinClass))

			r.Post(class+"/messages", s.handle(s.createMessage))
			r.Get(class+"/messages", s.handle(s.listMessages))
			r.Get(class+"/messages/{message}", s.handle(s.getMessage))
			r.Patch(class+"/messages/{message}", s.handle(s.editMessage))
			r.Delete(class+"/messages/{message}", s.handle(s.deleteMessage))
			r.Get(class+"/messages/{message}/replies", s.handle(s.listReplies))
			r.Get(class+"/messages/{message}/history", s.handle(s.listHistory))

			r.Get(class+"/held-messages", s.handle(s.listHeldMessages))
			r.Delete(class+"/held-messages/{held}", s.handle(s.dismissMessage))
			r.Post(class+"/held-messages/{held}/release", s.handle(s.releaseMessage))

			for kind, path := range bulletinPaths { // announcements and assignments
				one := class + path + "/{" + string(kind) + "}"
				r.Post(class+path, s.createBulletin(kind))
				r.Get(class+path, s.listBulletins(kind))
				r.Get(one, s.onBulletin(kind, s.getBulletin))
				r.Patch(one, s.onBulletin(kind, s.updateBulletin))
				r.Delete(one, s.onBulletin(kind, s.deleteBulletin))
				r.Put(one+"/acknowledgement", s.onBulletin(kind, s.acknowledge))
				r.Get(one+"/acknowledgements", s.onBulletin(kind, s.listAcknowledgements))
			}

			r.Put(class+"/receipt", s.handle(s.updateReceipt))
			r.Get(class+"/receipts", s.handle(s.listReceipts))
			r.Get(class+"/messages/{message}/receipts", s.handle(s.getMessageReceipts))

			r.Put(class+"/typing", s.handle(s.putTyping))
			r.Get(class+"/presence", s.handle(s.listPresence))
			r.Get(class+"/attendance", s.handle(s.listAttendance))

			r.Get(class+"/events", s.handle(s.listEvents))
		})
	})
	return r
}
