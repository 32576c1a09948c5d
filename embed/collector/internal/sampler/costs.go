package sampler

import (
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// Services that are counted by name; further ones count as otherService, so that random names do not fill memory.
	servicesMax  = 100
	serviceBytes = 128 // of a name
	otherService = "(other)"
	noService    = "(none)"
)

// cost is what was kept of a service: spans, and bytes of OTLP with resources and scopes.
type cost struct{ spans, bytes uint64 }

// serviceCosts counts kept spans by service, for a bounded number of services.
type serviceCosts struct {
	mutex     sync.Mutex // Guarded by mutex: byService
	byService map[string]cost
}

// add counts an emitted batch. It reads only the frame of the batch and the resources, not the spans.
func (c *serviceCosts) add(batch []byte) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.byService == nil {
		c.byService = map[string]cost{}
	}
	// An error ends the counting of a batch that nobody could decode either.
	_ = eachField(batch, fieldResourceSpans, func(resourceSpans []byte) error {
		var spans uint64
		err := eachField(resourceSpans, fieldScopeSpans, func(scopeSpans []byte) error {
			return eachField(scopeSpans, fieldSpans, func([]byte) error {
				spans++
				return nil
			})
		})
		name := c.named(serviceOf(resourceSpans))
		of := c.byService[name]
		c.byService[name] = cost{of.spans + spans, of.bytes + uint64(protowire.SizeBytes(len(resourceSpans))) + 1}
		return err
	})
}

// named returns the name that the service counts as. The caller holds mutex.
func (c *serviceCosts) named(service string) string {
	if service == "" {
		service = noService
	}
	if _, known := c.byService[service]; !known && len(c.byService) >= servicesMax {
		return otherService
	}
	return service
}

func (c *serviceCosts) each(visit func(service string, of cost)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for service, of := range c.byService {
		visit(service, of)
	}
}

// serviceOf returns service.name of a ResourceSpans message; "" if there is none.
func serviceOf(resourceSpans []byte) string {
	var service string
	_ = eachField(resourceSpans, fieldResource, func(resource []byte) error {
		return eachField(resource, fieldResourceAttributes, func(attribute []byte) error {
			if service == "" && string(lastField(attribute, fieldKey)) == "service.name" {
				service = string(lastField(lastField(attribute, fieldValue), fieldStringValue))
			}
			return nil
		})
	})
	if len(service) > serviceBytes {
		service = service[:serviceBytes]
	}
	return strings.ToValidUTF8(service, "\uFFFD")
}
