package entailreceiver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/experimental"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

// The names of the encodings in the Collector's metrics.
const formatProtobuf, formatJSON = "protobuf", "json"

// The part of shutdown_timeout that running requests get, before they are cut off.
const serversShare = 4

// tracesReceiver has two servers in front of one sampler. Handlers run on the servers' goroutines.
type tracesReceiver struct {
	config     *Config
	settings   receiver.Settings
	sampler    *sampler.Sampler
	reportGRPC *receiverhelper.ObsReport
	reportHTTP *receiverhelper.ObsReport

	intake        *intake
	parsing       *parsing
	decompression *decompression

	serverGRPC *grpc.Server
	serverHTTP *http.Server
	serving    sync.WaitGroup
}

func newReceiver(set receiver.Settings, config *Config, next consumer.Traces) (*tracesReceiver, error) {
	r := &tracesReceiver{config: config, settings: set}
	largest := config.Protocols.largestRequest()
	r.intake, r.parsing = newIntake(largest), newParsing(largest)
	who := sampler.Settings{Kind: sampler.KindReceiver, ID: set.ID, Telemetry: set.TelemetrySettings}
	var failures [3]error
	r.reportGRPC, failures[0] = newReport(set, "grpc")
	r.reportHTTP, failures[1] = newReport(set, "http")
	r.sampler, failures[2] = sampler.New(who, &config.sampling, next)
	return r, errors.Join(failures[:]...)
}

func newReport(set receiver.Settings, transport string) (*receiverhelper.ObsReport, error) {
	return receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID: set.ID, Transport: transport, ReceiverCreateSettings: set,
	})
}

// Start starts the engine, then the servers that feed it.
func (r *tracesReceiver) Start(ctx context.Context, host component.Host) error {
	err := r.sampler.Start(ctx)
	if err == nil {
		err = r.startGRPC(ctx, host)
	}
	if err == nil {
		err = r.startHTTP(ctx, host)
	}
	if err != nil {
		return errors.Join(err, r.Shutdown(ctx))
	}
	return nil
}

func (r *tracesReceiver) startGRPC(ctx context.Context, host component.Host) error {
	if !r.config.Protocols.GRPC.HasValue() {
		return nil
	}
	config := r.config.Protocols.GRPC.Get()
	server, err := config.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings,
		configgrpc.WithGrpcServerOption(grpc.ForceServerCodecV2(newRawCodec())),
		configgrpc.WithGrpcServerOption(grpc.UnknownServiceHandler(r.handleUnknownMethod)),
		configgrpc.WithGrpcServerOption(experimental.BufferPool(newReceiveBuffers(r.intake))))
	if err != nil {
		return err
	}
	server.RegisterService(&traceService, r)
	listener, err := config.NetAddr.Listen(ctx)
	if err != nil {
		return err
	}
	r.serverGRPC = server
	r.serve(host, "gRPC", listener, server.Serve, grpc.ErrServerStopped)
	return nil
}

func (r *tracesReceiver) startHTTP(ctx context.Context, host component.Host) error {
	if !r.config.Protocols.HTTP.HasValue() {
		return nil
	}
	config := r.config.Protocols.HTTP.Get()
	path, err := config.tracesPath()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc(path, r.handleHTTP)
	if path != "/" {
		mux.HandleFunc("/", r.answerNotFound)
	}
	serverConfig := config.ServerConfig
	r.decompression = newDecompression(serverConfig.CompressionAlgorithms, config.requestBytesMax())
	serverConfig.CompressionAlgorithms = []string{} // bodies are decompressed here
	server, err := serverConfig.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings, mux,
		confighttp.WithErrorHandler(answerServerError))
	if err != nil {
		return err
	}
	listener, err := config.ServerConfig.ToListener(ctx)
	if err != nil {
		return err
	}
	r.serverHTTP = server
	r.serve(host, "HTTP", listener, server.Serve, http.ErrServerClosed)
	return nil
}

func (r *tracesReceiver) serve(host component.Host, name string, listener net.Listener,
	serve func(net.Listener) error, stopped error) {
	r.settings.Logger.Info("Starting "+name+" server", zap.String("endpoint", listener.Addr().String()))
	r.serving.Go(func() {
		if err := serve(listener); err != nil && !errors.Is(err, stopped) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
}

// Shutdown stops the servers, then decides pending traces (or drops them, if configured) and delivers kept ones. All of it
// ends with shutdown_timeout: requests that are still being received after a quarter of it are cut off.
func (r *tracesReceiver) Shutdown(ctx context.Context) error {
	ctx, cancel := r.sampler.WithShutdownTimeout(ctx)
	defer cancel()
	r.stopServers(ctx)
	return r.sampler.Shutdown(ctx)
}

func (r *tracesReceiver) stopServers(ctx context.Context) {
	if by, bounded := ctx.Deadline(); bounded {
		limited, cancel := context.WithTimeout(ctx, time.Until(by)/serversShare)
		defer cancel()
		ctx = limited
	}
	var cut atomic.Int64
	var stopping sync.WaitGroup
	if r.serverHTTP != nil {
		stopping.Go(func() {
			if r.serverHTTP.Shutdown(ctx) != nil {
				cut.Store(int64(r.intake.count()))
				_ = r.serverHTTP.Close()
			}
		})
	}
	if r.serverGRPC != nil {
		stopping.Go(func() {
			if !stopGRPC(ctx, r.serverGRPC) {
				cut.Store(max(cut.Load(), int64(r.intake.count())))
				r.serverGRPC.Stop()
			}
		})
	}
	stopping.Wait()
	r.serving.Wait()
	if requests := cut.Load(); requests > 0 {
		r.settings.Logger.Warn("requests that were still being received were cut off by the shutdown",
			zap.Int64("requests", requests))
	}
}

// stopGRPC waits for running calls. It returns false if ctx ends before.
func stopGRPC(ctx context.Context, server *grpc.Server) bool {
	stopped := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
		return true
	case <-ctx.Done():
		return false
	}
}

// ingest passes one request to the engine and counts it in the Collector's metrics of accepted and refused spans.
func (r *tracesReceiver) ingest(ctx context.Context, report *receiverhelper.ObsReport, format string,
	take sampler.Take, request []byte) (entail.Receipt, error) {
	ctx = report.StartTracesOp(ctx)
	var receipt entail.Receipt
	var err error
	signal := sampler.Signal("")
	if format == formatProtobuf {
		signal = signalOfProtobuf(request)
	}
	if signal == "" {
		receipt, err = r.parse(ctx, take, request, format == formatJSON)
		signal = signalOf(receipt)
	}
	if signal != "" && err == nil {
		r.sampler.CountOtherSignal(signal)
		err = otherSignalError{signal}
	}
	report.EndTracesOp(ctx, format, int(receipt.Spans), err)
	return receipt, err
}

// parse waits until the parser may use the memory that the request needs.
func (r *tracesReceiver) parse(ctx context.Context, take sampler.Take, request []byte,
	isJSON bool) (entail.Receipt, error) {
	bytes, err := parserMemory(request, isJSON)
	if err != nil {
		return entail.Receipt{}, err
	}
	release, err := r.parsing.acquire(ctx, bytes)
	if err != nil {
		return entail.Receipt{}, err
	}
	defer release()
	return r.sampler.Ingest(take, request)
}
