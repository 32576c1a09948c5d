package entailreceiver

import (
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

// itemsExamined is how many items of a request are examined for what signal they are. The first is enough unless it has
// hardly any fields.
const itemsExamined = 16

// otherSignalError is a request of another signal than traces.
type otherSignalError struct{ signal sampler.Signal }

func (e otherSignalError) Error() string {
	advice := fmt.Sprintf("send them to the service %s or the path %s of a receiver that accepts them, such as otlp",
		serviceOf(e.signal), pathOf(e.signal))
	return fmt.Sprintf("the request contains %s, but this receiver accepts traces only; %s", e.signal, advice)
}

func serviceOf(signal sampler.Signal) string {
	switch signal {
	case sampler.Logs:
		return "LogsService"
	case sampler.Metrics:
		return "MetricsService"
	}
	return "ProfilesService"
}

func pathOf(signal sampler.Signal) string {
	if signal == sampler.Profiles {
		return "/v1development/profiles"
	}
	return "/v1/" + string(signal)
}

// signalOf is what the engine says of a JSON request; "" for traces.
func signalOf(receipt entail.Receipt) sampler.Signal {
	switch receipt.Signal {
	case entail.SignalLogs:
		return sampler.Logs
	case entail.SignalMetrics:
		return sampler.Metrics
	case entail.SignalProfiles:
		return sampler.Profiles
	}
	return ""
}

// signalOfProtobuf recognises an export request of logs or metrics; "" for everything else. The requests of all signals
// are nested alike: only the fields of their items differ. So a request of another signal would otherwise be one of
// spans whose IDs are missing.
func signalOfProtobuf(request []byte) sampler.Signal {
	const resource, scope, item = 1, 2, 2
	signal, seen := sampler.Signal(""), 0
	eachMessage(request, resource, func(content []byte) bool {
		return eachMessage(content, scope, func(content []byte) bool {
			return eachMessage(content, item, func(content []byte) bool {
				seen++
				var isDecided bool
				signal, isDecided = signalOfItem(content)
				return !isDecided && seen < itemsExamined
			})
		})
	})
	return signal
}

// The fields of a Span, a LogRecord and a Metric that tell them apart.
const (
	spanStart, spanEnd, spanFlags            = 7, 8, 16        // fixed64, fixed64, fixed32
	logTime, logObservedTime                 = 1, 11           // fixed64
	metricName                               = 1               // string
	gauge, sum, histogram, exponential, summ = 5, 7, 9, 10, 11 // messages
)

// signalOfItem also returns whether the item has fields that decide. Fields come in any order, and those of a span count
// most.
func signalOfItem(item []byte) (signal sampler.Signal, isDecided bool) {
	isSpan := false
	isWhole := eachField(item, func(number protowire.Number, kind protowire.Type, value []byte) bool {
		switch {
		case kind == protowire.Fixed64Type && (number == spanStart || number == spanEnd),
			kind == protowire.Fixed32Type && number == spanFlags:
			isSpan = true
		case kind == protowire.Fixed64Type && (number == logTime || number == logObservedTime):
			signal = sampler.Logs
		case signal == "" && kind == protowire.BytesType && isMetricData(number, value):
			signal = sampler.Metrics
		}
		return !isSpan
	})
	if isSpan || !isWhole {
		return "", isSpan
	}
	return signal, signal != ""
}

// isMetricData reports whether a field, with its length, has the data points of a metric. Each has its time as a fixed64.
func isMetricData(number protowire.Number, value []byte) bool {
	const dataPoints, startTime, time = 1, 2, 3
	switch number {
	case gauge, sum, histogram, exponential, summ:
	default:
		return false
	}
	content, size := protowire.ConsumeBytes(value)
	if size < 0 {
		return false
	}
	isData := false
	eachMessage(content, dataPoints, func(point []byte) bool {
		eachField(point, func(number protowire.Number, kind protowire.Type, _ []byte) bool {
			isData = kind == protowire.Fixed64Type && (number == startTime || number == time)
			return !isData
		})
		return !isData
	})
	return isData
}

// handleUnknownMethod answers gRPC calls of other services. The exporters of logs and metrics do not retry it.
func (r *tracesReceiver) handleUnknownMethod(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	for _, signal := range sampler.OtherSignals {
		if strings.HasSuffix(method, serviceOf(signal)+"/Export") {
			r.sampler.CountOtherSignal(signal)
			return status.Error(codes.Unimplemented, otherSignalError{signal}.Error())
		}
	}
	return status.Errorf(codes.Unimplemented, "unknown method %s; this receiver accepts traces only", limited(method))
}

// signalOfPath is the signal that is usually sent to a path; "" for traces and everything else.
func signalOfPath(path string) sampler.Signal {
	for _, signal := range sampler.OtherSignals {
		if strings.HasSuffix(path, pathOf(signal)) {
			return signal
		}
	}
	return ""
}
