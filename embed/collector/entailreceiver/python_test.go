package entailreceiver

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"
)

// The exporters of the Python SDK, through mutual TLS with a token. tools/test-go --long installs them.
func TestPythonExportersAreAcceptedOrRefusedWithAReason(t *testing.T) {
	python, packages := os.Getenv("ENTAIL_PYTHON"), os.Getenv("ENTAIL_PYTHON_SDK")
	if os.Getenv("ENTAIL_LONG_TESTS") == "" || python == "" || packages == "" {
		t.Skip("a long test that needs the Python SDK")
	}
	const token = "correct-horse"
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	certificate, client := ours.leaf(t, "server", time.Hour), ours.leaf(t, "client", time.Hour)
	foreign := others.leaf(t, "client", time.Hour)
	sink := new(consumertest.TracesSink)
	s := start(t, keepAll(), sink, with{host: newSecureHost(t, token), protocols: func(grpc, http settings) {
		for _, protocol := range []settings{grpc, http} {
			protocol["auth"] = settings{"authenticator": "bearertokenauth"}
			protocol["tls"] = settings{"cert_file": certificate.certFile, "key_file": certificate.keyFile,
				"client_ca_file": filepath.Join(ours.folder, "ca.pem")}
		}
	}})
	trusted, untrusted := filepath.Join(ours.folder, "ca.pem"), filepath.Join(others.folder, "ca.pem")
	accepted := 0
	for _, each := range []struct {
		name, authority, token string
		client                 []string
		isAccepted             bool
	}{
		{"all in order", trusted, token, []string{client.certFile, client.keyFile}, true},
		{"another authority", untrusted, token, []string{client.certFile, client.keyFile}, false},
		{"no client certificate", trusted, token, nil, false},
		{"foreign client certificate", trusted, token, []string{foreign.certFile, foreign.keyFile}, false},
		{"wrong token", trusted, "battery-staple", []string{client.certFile, client.keyFile}, false},
	} {
		for protocol, endpoint := range map[string]string{"grpc": s.grpc, "http": s.http} {
			seconds := "3" // of retries
			if each.isAccepted {
				seconds = "30"
			}
			arguments := append([]string{"send_spans.py", protocol, endpoint, seconds, each.authority, each.token},
				each.client...)
			command := exec.Command(python, arguments...)
			// requests prefers the bundle that this variable names to that of the exporter.
			command.Env = append(os.Environ(), "PYTHONPATH="+packages, "REQUESTS_CA_BUNDLE=", "CURL_CA_BUNDLE=")
			var out, log bytes.Buffer
			command.Stdout, command.Stderr = &out, &log
			if err := command.Run(); err != nil {
				t.Fatalf("%s, %s: %v\n%s", each.name, protocol, err, log.String())
			}
			want := "FAILURE"
			if each.isAccepted {
				want = "SUCCESS"
				accepted++
			}
			if got := strings.TrimSpace(out.String()); got != want || (log.Len() == 0) != each.isAccepted {
				t.Errorf("%s, %s: %q, want %q; its log:\n%s", each.name, protocol, got, want, log.String())
			}
		}
	}
	s.stop(t)
	if sink.SpanCount() != accepted {
		t.Errorf("%d spans arrived, %d were acknowledged", sink.SpanCount(), accepted)
	}
}
