package entailreceiver

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/configgrpc"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.uber.org/zap"
	"google.golang.org/grpc"

	"entail.dev/collector/internal/sampler"
	"entail.dev/entail"
)

// tracesReceiver has two servers in front of one sampler. Handlers run on the servers' goroutines.
type tracesReceiver struct {
	config     *Config
	settings   receiver.Settings
	sampler    *sampler.Sampler
	reportGRPC *receiverhelper.ObsReport
	reportHTTP *receiverhelper.ObsReport

	serverGRPC *grpc.Server
	serverHTTP *http.Server
	serving    sync.WaitGroup
}

func newReceiver(set receiver.Settings, config *Config, next consumer.Traces) (*tracesReceiver, error) {
	r := &tracesReceiver{config: config, settings: set}
	who := sampler.Settings{Kind: "receiver", ID: set.ID, Telemetry: set.TelemetrySettings}
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
		configgrpc.WithGrpcServerOption(grpc.ForceServerCodecV2(newRawCodec())))
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
	server, err := config.ServerConfig.ToServer(ctx, host.GetExtensions(), r.settings.TelemetrySettings, mux,
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

// Shutdown stops the servers, then decides pending traces (or drops them, if configured) and delivers kept ones.
func (r *tracesReceiver) Shutdown(ctx context.Context) error {
	var err error
	if r.serverHTTP != nil {
		err = r.serverHTTP.Shutdown(ctx)
	}
	if r.serverGRPC != nil {
		stopGRPC(ctx, r.serverGRPC)
	}
	r.serving.Wait()
	return errors.Join(err, r.sampler.Shutdown(ctx))
}

// stopGRPC waits for running calls until ctx ends.
func stopGRPC(ctx context.Context, server *grpc.Server) {
	stopped := make(chan struct{})
	go func() {
		server.GracefulStop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		server.Stop()
		<-stopped
	}
}

// ingest passes one request to the engine and counts it in the Collector's metrics of accepted and refused spans.
func (r *tracesReceiver) ingest(ctx context.Context, report *receiverhelper.ObsReport, format string,
	take sampler.Take, request []byte) (entail.Receipt, error) {
	ctx = report.StartTracesOp(ctx)
	receipt, err := r.sampler.Ingest(take, request)
	if err == nil && receipt.Signal != entail.SignalTraces {
		err = errOtherSignal
	}
	report.EndTracesOp(ctx, format, int(receipt.Spans), err)
	return receipt, err
}
