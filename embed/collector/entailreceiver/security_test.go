package entailreceiver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/credentials"
)

// authority signs certificates, as files and for Go's TLS.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	folder      string
}

// pair is a certificate with its key.
type pair struct {
	tls.Certificate
	certFile, keyFile string
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	a := &authority{folder: t.TempDir()}
	a.certificate = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.issue(t, "ca", a.certificate)
	return a
}

// issue signs a certificate; the authority's own comes first, and signs itself.
func (a *authority) issue(t testing.TB, name string, template *x509.Certificate) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if a.key == nil {
		a.key = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if template == a.certificate {
		if a.certificate, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	issued := pair{certFile: filepath.Join(a.folder, name+".pem"), keyFile: filepath.Join(a.folder, name+".key")}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	for file, text := range map[string][]byte{issued.certFile: certPEM, issued.keyFile: keyPEM} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if issued.Certificate, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		t.Fatal(err)
	}
	return issued
}

// leaf issues a certificate for a server on this machine and for clients, that ends after `validity`.
func (a *authority) leaf(t testing.TB, name string, validity time.Duration) pair {
	return a.issue(t, name, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(validity),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// secureHost has the extension bearertokenauth, which the Collector's users configure.
type secureHost struct {
	component.Host
	token component.Component
}

func (h secureHost) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{component.MustNewID("bearertokenauth"): h.token}
}

func newSecureHost(t testing.TB, token string) secureHost {
	t.Helper()
	factory := bearertokenauthextension.NewFactory()
	config := factory.CreateDefaultConfig().(*bearertokenauthextension.Config)
	config.BearerToken = configopaque.String(token)
	set := extension.Settings{ID: component.MustNewID("bearertokenauth"), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	made, err := factory.Create(context.Background(), set, config)
	if err != nil {
		t.Fatal(err)
	}
	host := secureHost{componenttest.NewNopHost(), made}
	if err := made.Start(context.Background(), host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.Shutdown(context.Background()) })
	return host
}

// sender is an application with one of the exporters of the Go SDK. tls = nil: without TLS.
type sender struct {
	tls   *tls.Config
	token string
}

// export sends one span as the exporter does, but without its retries, which would hide the answer for a minute.
func (s sender) export(t testing.TB, protocol string, to *server) error {
	t.Helper()
	headers := map[string]string{}
	if s.token != "" {
		headers["Authorization"] = "Bearer " + s.token
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var exporter *otlptrace.Exporter
	var err error
	if protocol == "grpc" {
		secured := otlptracegrpc.WithInsecure()
		if s.tls != nil {
			secured = otlptracegrpc.WithTLSCredentials(credentials.NewTLS(s.tls))
		}
		exporter, err = otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(to.grpc), otlptracegrpc.WithHeaders(headers),
			otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}), secured)
	} else {
		secured := otlptracehttp.WithInsecure()
		if s.tls != nil {
			secured = otlptracehttp.WithTLSClientConfig(s.tls)
		}
		exporter, err = otlptracehttp.New(ctx, otlptracehttp.WithEndpoint(to.http), otlptracehttp.WithHeaders(headers),
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{}), secured)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = exporter.Shutdown(context.Background()) }()
	var id trace.TraceID
	_, _ = rand.Read(id[:])
	stub := tracetest.SpanStub{Name: "checkout", StartTime: time.Now(), EndTime: time.Now(),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: trace.SpanID{1}})}
	return exporter.ExportSpans(ctx, tracetest.SpanStubs{stub}.Snapshots())
}

// refusedHandshake is how the server answers a client's certificate. An exporter may not learn it: with TLS 1.3 its own
// handshake is over by then, it is writing already, and what it reports is that the connection was closed.
func refusedHandshake(t testing.TB, address string, config *tls.Config) error {
	t.Helper()
	connection, err := tls.Dial("tcp", address, config)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }()
	_, err = connection.Read(make([]byte, 1))
	return err
}

// Every case sends with a sender that must be refused with a reason, then with one that must be accepted.
func TestSecuredServersRefuseOthersWithAReason(t *testing.T) {
	ours, others := newAuthority(t, "ours"), newAuthority(t, "others")
	good, expired := ours.leaf(t, "server", time.Hour), ours.leaf(t, "expired-server", -time.Hour)
	client, expiredClient := ours.leaf(t, "client", time.Hour), ours.leaf(t, "expired-client", -time.Hour)
	foreign := others.leaf(t, "client", time.Hour)
	trusting := func(pairs ...pair) *tls.Config {
		config := &tls.Config{RootCAs: ours.pool()}
		for _, each := range pairs { // whether or not the server names their authority
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return &each.Certificate, nil
			}
		}
		return config
	}
	serverTLS := func(certificate pair, isMutual bool) settings {
		keys := settings{"cert_file": certificate.certFile, "key_file": certificate.keyFile}
		if isMutual {
			keys["client_ca_file"] = filepath.Join(ours.folder, "ca.pem")
		}
		return keys
	}
	plain, mutual := serverTLS(good, false), serverTLS(good, true)
	const token = "correct-horse"
	for _, each := range []struct {
		name   string
		tls    settings
		token  bool
		sender sender
		reason []string // for gRPC, for HTTP; none: accepted
		// The server refuses the client's certificate.
		isHandshake bool
	}{
		{"TLS", plain, false, sender{tls: trusting()}, nil, false},
		{"mutual TLS", mutual, false, sender{tls: trusting(client)}, nil, false},
		{"TLS and token", plain, true, sender{tls: trusting(), token: token}, nil, false},
		{"mutual TLS and token", mutual, true, sender{tls: trusting(client), token: token}, nil, false},
		{"token without TLS", nil, true, sender{token: token}, nil, false},
		{"another authority", plain, false, sender{tls: &tls.Config{RootCAs: others.pool()}},
			[]string{"unknown authority", "unknown authority"}, false},
		{"another name", plain, false, sender{tls: &tls.Config{RootCAs: ours.pool(), ServerName: "collector.example"}},
			[]string{"not collector.example", "not collector.example"}, false},
		{"expired server certificate", serverTLS(expired, false), false, sender{tls: trusting()},
			[]string{"certificate has expired", "certificate has expired"}, false},
		{"no TLS to a TLS server", plain, false, sender{},
			[]string{"error reading server preface", "HTTP request to an HTTPS server"}, false},
		{"TLS to a server without", nil, false, sender{tls: trusting()},
			[]string{"does not look like a TLS handshake", "server gave HTTP response to HTTPS client"}, false},
		{"no client certificate", mutual, false, sender{tls: trusting()},
			[]string{"certificate required", "certificate required"}, true},
		{"client certificate of another authority", mutual, false, sender{tls: trusting(foreign)},
			[]string{"unknown certificate authority", "unknown certificate authority"}, true},
		{"expired client certificate", mutual, false, sender{tls: trusting(expiredClient)},
			[]string{"expired certificate", "expired certificate"}, true},
		{"no token", plain, true, sender{tls: trusting()}, []string{"Unauthenticated", "401"}, false},
		{"wrong token", plain, true, sender{tls: trusting(), token: "battery-staple"}, []string{"Unauthenticated", "401"}, false},
		{"wrong token, mutual TLS", mutual, true, sender{tls: trusting(client), token: "battery-staple"},
			[]string{"Unauthenticated", "401"}, false},
	} {
		t.Run(each.name, func(t *testing.T) {
			sink := new(consumertest.TracesSink)
			s := start(t, keepAll(), sink, with{host: newSecureHost(t, token), protocols: func(grpc, http settings) {
				for _, protocol := range []settings{grpc, http} {
					if each.tls != nil {
						protocol["tls"] = each.tls
					}
					if each.token {
						protocol["auth"] = settings{"authenticator": "bearertokenauth"}
					}
				}
			}})
			accepted := 0
			for i, protocol := range []string{"grpc", "http"} {
				err := each.sender.export(t, protocol, s)
				switch {
				case each.reason == nil && err != nil:
					t.Errorf("%s: %v", protocol, err)
				case each.reason == nil:
					accepted++
				case err != nil && each.isHandshake:
					address := map[string]string{"grpc": s.grpc, "http": s.http}[protocol]
					if alert := refusedHandshake(t, address, each.sender.tls); !strings.Contains(alert.Error(), each.reason[i]) {
						t.Errorf("%s: no %q in: %v", protocol, each.reason[i], alert)
					}
				case err == nil || !strings.Contains(err.Error(), each.reason[i]):
					t.Errorf("%s: no %q in: %v", protocol, each.reason[i], err)
				}
			}
			s.stop(t)
			if sink.SpanCount() != accepted {
				t.Errorf("%d spans arrived, %d were acknowledged", sink.SpanCount(), accepted)
			}
		})
	}
}

// A certificate that is replaced while the server runs is used without a restart.
func TestCertificatesAreReloaded(t *testing.T) {
	ours := newAuthority(t, "ours")
	current := ours.leaf(t, "server", -time.Hour)
	s := start(t, keepAll(), consumertest.NewNop(), with{protocols: func(grpc, http settings) {
		for _, protocol := range []settings{grpc, http} {
			protocol["tls"] = settings{"cert_file": current.certFile, "key_file": current.keyFile, "reload_interval": "20ms"}
		}
	}})
	client := sender{tls: &tls.Config{RootCAs: ours.pool()}}
	for _, protocol := range []string{"grpc", "http"} {
		if err := client.export(t, protocol, s); err == nil {
			t.Error("an expired certificate is trusted: ", protocol)
		}
	}
	ours.leaf(t, "server", time.Hour) // into the same files
	for _, protocol := range []string{"grpc", "http"} {
		waitUntil(t, "the new certificate: "+protocol, func() bool { return client.export(t, protocol, s) == nil })
	}
}
