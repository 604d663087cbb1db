package admin

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/busrt-go/busrt/engine"
)

// collector reads the broker's own counters when it is scraped: nothing is counted
// for it on the way of a frame, and no lock of that way is taken
// (TestWatchingWaitsForNobody in the engine).
type collector struct{ Options }

func newCollector(o Options) *collector { return &collector{o} }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("busrt_"+name, help, labels, nil)
}

// The metrics of a broker; docs/observability.md has a word about each.
var (
	descInfo        = desc("build_info", "The broker that is running; always 1.", "version", "goversion")
	descUptime      = desc("uptime_seconds", "Time since the start.")
	descLag         = desc("loop_lag_seconds", "How long ago the slowest event loop has come by its clock.")
	descReady       = desc("ready", "1 if clients are let in.")
	descConnections = desc("connections", "Connections, those in the handshake among them.")
	descInProcess   = desc("inprocess_clients", "Clients inside the broker's process.")
	descRFrames     = desc("received_frames_total", "Frames that clients have sent.")
	descRBytes      = desc("received_bytes_total", "Bytes of these.")
	descWFrames     = desc("sent_frames_total", "Frames, and acks, for receivers.")
	descWBytes      = desc("sent_bytes_total", "Bytes of these.")
	descLost        = desc("lost_frames_total", "Frames that in-process clients had no room for.")
	descEnded       = desc("ended_connections_total", "Connections that have ended.", "reason")

	descClientRFrames = desc("client_received_frames_total", "Frames that the client has sent.", "client")
	descClientWFrames = desc("client_sent_frames_total", "Frames, and acks, for the client.", "client")
	descClientQueue   = desc("client_queue_frames", "Frames that wait for the client.", "client")
)

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) { Describe(ch) }

// Describe tells of all metrics that there may be.
func Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descInfo, descUptime, descLag, descReady, descConnections, descInProcess, descRFrames, descRBytes, descWFrames, descWBytes,
		descLost, descEnded, descClientRFrames, descClientWFrames, descClientQueue,
	} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	value := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64) { value(d, prometheus.GaugeValue, v) }
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		value(d, prometheus.CounterValue, float64(v), labels...)
	}
	s := c.Broker.Stats()
	value(descInfo, prometheus.GaugeValue, 1, c.Version, runtime.Version())
	gauge(descUptime, s.Uptime.Seconds())
	gauge(descLag, c.Lag().Seconds())
	ready := 0.0
	if c.Ready() {
		ready = 1
	}
	gauge(descReady, ready)
	gauge(descConnections, float64(s.Connections))
	gauge(descInProcess, float64(s.InProcess))
	count(descRFrames, s.RFrames)
	count(descRBytes, s.RBytes)
	count(descWFrames, s.WFrames)
	count(descWBytes, s.WBytes)
	count(descLost, s.Lost)
	for _, why := range engine.EndReasons() {
		count(descEnded, s.Ended[why], why)
	}
	limit := c.ClientSeries()
	if limit == 0 {
		return
	}
	for i, client := range c.Broker.Clients() {
		if i == limit {
			return
		}
		count(descClientRFrames, client.RFrames, client.Name)
		count(descClientWFrames, client.WFrames, client.Name)
		value(descClientQueue, prometheus.GaugeValue, float64(client.Queue), client.Name)
	}
}
