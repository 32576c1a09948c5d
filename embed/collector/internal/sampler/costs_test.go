package sampler

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

func batchOf(t *testing.T, services ...string) []byte {
	t.Helper()
	traces := ptrace.NewTraces()
	for i, service := range services {
		resourceSpans := traces.ResourceSpans().AppendEmpty()
		if service != "" {
			resourceSpans.Resource().Attributes().PutStr("host.name", "h")
			resourceSpans.Resource().Attributes().PutStr("service.name", service)
		}
		for range i + 1 {
			resourceSpans.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("work")
		}
	}
	bytes, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(traces)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func TestCostsCountEveryByteAndSpanByService(t *testing.T) {
	var costs serviceCosts
	batch := batchOf(t, "a", "b", "", "a")
	costs.add(batch)
	costs.add(batch)
	var bytes uint64
	spans := map[string]uint64{}
	costs.each(func(service string, of cost) {
		bytes += of.bytes
		spans[service] = of.spans
	})
	if bytes != 2*uint64(len(batch)) {
		t.Errorf("%d of %d bytes", bytes, 2*len(batch))
	}
	if len(spans) != 3 || spans["a"] != 10 || spans["b"] != 4 || spans[noService] != 6 {
		t.Error(spans)
	}
}

func TestCostsNameABoundedNumberOfServices(t *testing.T) {
	var costs serviceCosts
	for i := range 3 * servicesMax {
		costs.add(batchOf(t, fmt.Sprint("service-", i)))
	}
	seen := map[string]uint64{}
	costs.each(func(service string, of cost) { seen[service] = of.spans })
	if len(seen) != servicesMax+1 || seen[otherService] != 2*servicesMax {
		t.Error(len(seen), seen[otherService])
	}
}

// Batches that are not valid protobuf cause no failure, and invalid UTF-8 in names is replaced.
func TestCostsSurviveDamagedBatches(t *testing.T) {
	var costs serviceCosts
	batch := batchOf(t, "a")
	for size := range batch {
		costs.add(batch[:size])
	}
	value := message(fieldValue, message(fieldStringValue, []byte("x\xff")))
	attribute := append(message(fieldKey, []byte("service.name")), value...)
	resource := message(fieldResource, message(fieldResourceAttributes, attribute))
	if name := serviceOf(resource); name != "x\uFFFD" {
		t.Errorf("%q", name)
	}
	if name := serviceOf(protowire.AppendVarint(nil, 1<<40)); name != "" {
		t.Errorf("%q", name)
	}
}
