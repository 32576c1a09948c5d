package sampler

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"

	"entail.dev/collector/internal/captures"
	"entail.dev/entail"
)

func waitUntil(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("timed out: ", what)
		}
	}
}

func get(t *testing.T, url string) (int, http.Header, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// A row of a trace with a service.
var namedMember = regexp.MustCompile(`<td>link(ed|ing)</td><td><code>[0-9a-f]{32}</code></td><td>[^<]+</td>`)

// With and without a decision log: the records are taken once.
func TestDebugPageShowsTheOriginsAndTheirChains(t *testing.T) {
	for _, log := range []string{"", filepath.Join(t.TempDir(), "decisions.jsonl")} {
		endpoint := captures.FreeAddress(t)
		sampler := start(t, settings("1ms", keepErrors, map[string]any{keyDebugPage: endpoint, keyDecisionLog: log}),
			new(consumertest.TracesSink))
		takeProducerError(t, sampler)
		var header http.Header
		var page string
		waitUntil(t, "three members are shown", func() bool {
			_, header, page = get(t, "http://"+endpoint+"/")
			return strings.Count(page, "<td>linking</td>")+strings.Count(page, "<td>linked</td>") == 3
		})
		if strings.Count(page, "<h2>") != 1 || !strings.Contains(page, "kept by policy errors at 20") {
			t.Error(page)
		}
		if named := namedMember.FindAllString(page, -1); len(named) != 3 {
			t.Error("members without a service: ", page)
		}
		if !strings.HasPrefix(header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Error(header)
		}
		if status, _, _ := get(t, "http://"+endpoint+"/other"); status != http.StatusNotFound {
			t.Error(status)
		}
		shutdown(t, sampler)
		if _, err := net.DialTimeout("tcp", endpoint, time.Second); err == nil {
			t.Error("the page outlives its component")
		}
	}
}

func TestDebugPageIsOffByDefault_AndReportsAnEndpointInUse(t *testing.T) {
	off := start(t, settings("1h", keepErrors, nil), new(consumertest.TracesSink))
	if off.page != nil || off.chains != nil {
		t.Error("there is a page")
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	values := settings("1h", keepErrors, map[string]any{keyDebugPage: listener.Addr().String()})
	faulty, err := New(nopSettings(), configOf(t, values), new(consumertest.TracesSink))
	if err != nil {
		t.Fatal(err)
	}
	if err := faulty.Start(context.Background()); err == nil || !strings.Contains(err.Error(), keyDebugPage) {
		t.Error(err)
	}
	shutdown(t, faulty)
}

func TestChainsAreBounded(t *testing.T) {
	c := newChains()
	idOf := func(kind, i int) entail.TraceID { return entail.TraceID{byte(kind), byte(i >> 8), byte(i)} }
	for i := range 2 * originsMax {
		c.add(&entail.Decision{TraceID: idOf(1, i), IsOrigin: true, Policy: "p"})
	}
	last := idOf(1, 2*originsMax-1)
	for i := range 3 * membersMax {
		for range 2 { // a later record replaces the first
			c.add(&entail.Decision{TraceID: idOf(2, i), HasOrigin: true, OriginTraceID: last, Hops: uint32(3*membersMax - i)})
		}
	}
	all := c.latest()
	if len(all) != originsMax || len(c.byOrigin) != originsMax {
		t.Error(len(all))
	}
	latest := all[0]
	if len(latest.Members) != membersMax || latest.More != 4*membersMax {
		t.Error(len(latest.Members), latest.More)
	}
	if latest.Members[0].Hops > latest.Members[1].Hops {
		t.Error("the nearest does not come first")
	}
}

// The record of a cause may come before that of the origin.
func TestChainsTakeRecordsInAnyOrder_AndNamesAreEscaped(t *testing.T) {
	c := newChains()
	origin, cause := entail.TraceID{1}, entail.TraceID{2}
	c.add(&entail.Decision{TraceID: cause, HasOrigin: true, OriginTraceID: origin, Hops: 1,
		Direction: entail.DirectionLinked, Path: []entail.TraceID{origin, cause}})
	c.add(&entail.Decision{TraceID: origin, IsOrigin: true, Policy: "<script>alert(1)</script>"})
	all := c.latest()
	if len(all) != 1 || len(all[0].Members) != 1 || all[0].Members[0].From != all[0].Origin.ID {
		t.Errorf("%+v", all)
	}
	var page strings.Builder
	err := pageTemplate.Execute(&page, map[string]any{"Component": "<b>", "Chains": all})
	if err != nil || strings.Contains(page.String(), "<script>") || strings.Contains(page.String(), "<b>") {
		t.Error(err, page.String())
	}
}
