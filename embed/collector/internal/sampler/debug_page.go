package sampler

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// debugPage serves the latest origins and their chains as one HTML page without scripts. A nil page does nothing.
type debugPage struct {
	server *http.Server
	done   chan struct{}
}

const pageTimeout = 5 * time.Second

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Component}}: latest origins</title><style>
body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:.5em 0 1.5em}
th,td{border:1px solid #999;padding:.2em .6em;text-align:left}code{font-size:13px}
</style></head><body><h1>{{.Component}}: latest origins</h1>
<p>{{len .Chains}} origins, the latest first. An origin is a trace whose keep spreads over links.</p>
{{range .Chains}}<h2><code>{{.Origin.ID}}</code></h2>
<p>{{with .Origin}}{{if .DecidedAt}}{{.Service}} {{.Name}} kept by policy {{.Policy}} at {{.DecidedAt}}, {{.Spans}} spans
{{- else}}its own record is not known yet{{end}}{{end}}</p>
{{if .Members}}<table><tr><th>hops</th><th>direction</th><th>trace</th><th>service</th><th>operation</th><th>reached from</th>
<th>spans</th><th>decided at</th><th>loss</th></tr>
{{range .Members}}<tr><td>{{.Hops}}</td><td>{{.Direction}}</td><td><code>{{.ID}}</code></td><td>{{.Service}}</td>
<td>{{.Name}}</td><td><code>{{.From}}</code></td><td>{{.Spans}}</td><td>{{.DecidedAt}}</td><td>{{.Loss}}</td></tr>
{{end}}</table>{{else}}<p>It reached no other trace.</p>{{end}}
{{if .More}}<p>and {{.More}} more</p>{{end}}
{{end}}</body></html>
`))

// startDebugPage listens on the endpoint.
func startDebugPage(endpoint, component string, chains *chains, logger *zap.Logger) (*debugPage, error) {
	listener, err := net.Listen("tcp", endpoint)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(answer http.ResponseWriter, _ *http.Request) {
		var page bytes.Buffer
		err := pageTemplate.Execute(&page, struct {
			Component string
			Chains    []chain
		}{component, chains.latest()})
		if err != nil {
			http.Error(answer, err.Error(), http.StatusInternalServerError)
			return
		}
		header := answer.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		_, _ = answer.Write(page.Bytes()) // an error means that the client has disconnected
	})
	page := &debugPage{
		server: &http.Server{Handler: mux, ReadTimeout: pageTimeout, WriteTimeout: pageTimeout, IdleTimeout: pageTimeout,
			MaxHeaderBytes: 16 << 10},
		done: make(chan struct{}),
	}
	logger.Info("the debug page shows the latest origins", zap.String("endpoint", listener.Addr().String()))
	go func() {
		defer close(page.done)
		if err := page.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the debug page ended", zap.Error(err))
		}
	}()
	return page, nil
}

func (p *debugPage) close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	err := p.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, p.server.Close())
	}
	<-p.done
	return err
}
