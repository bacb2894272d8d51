/**
 * What the service tells of itself, by the OpenTelemetry API: as Prometheus text here, and through Deno's own OTLP
 * where `OTEL_DENO` is set.
 *
 * @module
 */
import { type Attributes, type Histogram, type Meter, metrics } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import type { Hub } from "./hub.ts";
import { qualityRecorder } from "./quality_metrics.ts";

/** Records how long something took, in s. */
export type Duration = (seconds: number, attributes?: Attributes) => void;

export interface Metrics {
  requestDuration: Duration;
  /** The metrics as Prometheus text exposition format 0.0.4. */
  text(): Promise<string>;
}

/** Metrics of one node. */
export function nodeMetrics(hub: Hub, options: { otlp: boolean }): Metrics {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const own = new MeterProvider({ readers: [exporter] }).getMeter("meshlift");
  const meters = options.otlp ? [own, metrics.getMeter("meshlift")] : [own];
  for (const meter of meters) observe(meter, hub);
  hub.qualities.onTaken(qualityRecorder(meters));
  const serializer = new PrometheusSerializer();
  return {
    requestDuration: histogram(meters, "http.server.request.duration", "Duration of REST requests"),
    async text() {
      const { resourceMetrics } = await exporter.collect();
      return serializer.serialize(resourceMetrics);
    },
  };
}

interface Reading {
  value: number;
  attributes: Attributes;
}

function observe(meter: Meter, hub: Hub): void {
  gauge(meter, "meshlift.connections", "Open sockets", () => hub.size.connections);
  gauge(meter, "meshlift.participants", "Joined sockets", () => hub.size.participants);
  gauge(meter, "meshlift.rooms", "Rooms with a socket here", () => hub.size.rooms);
  gauge(
    meter,
    "meshlift.rooms.unsettled",
    "Rooms here of which the store may not know all",
    () => hub.rooms.unsettled,
  );
  gauge(meter, "meshlift.serving", "1 serving, 0 draining", () => hub.status === "serving" ? 1 : 0);
  const clock = (name: "offset" | "error", description: string) =>
    gauges(meter, `meshlift.clock.${name}`, description, () => {
      const { estimate } = hub.clock;
      return estimate ? [{ value: estimate[name] / 1000, attributes: {} }] : [];
    });
  clock("offset", "What to add to this node's clock for the store's, in s");
  clock("error", "By how much the offset may be wrong at most, in s");
  gauge(meter, "process.memory.rss", "Resident memory in bytes", () => Deno.memoryUsage().rss);
  gauges(
    meter,
    "meshlift.dependency.up",
    "1 there, 0 away",
    () =>
      Object.entries(hub.dependencies).map(([dependency, state]) => ({
        value: state === "up" ? 1 : 0,
        attributes: { dependency },
      })),
  );
  counter(
    meter,
    "meshlift.dependency.failures",
    "Calls that failed, or were not tried",
    () =>
      hub.parts.guards.flatMap(({ dependency, counts }) =>
        byKey(counts, "outcome").map(({ value, attributes }) => ({
          value,
          attributes: { ...attributes, dependency },
        }))
      ),
  );
  counter(meter, "meshlift.limits", "Verdicts of rate limits", () => [
    ...hub.counters.limits.readings(),
  ]);
  gauges(
    meter,
    "meshlift.sfu.up",
    "SFUs: 1 can be used, 0 not, as seen from this node",
    () =>
      hub.parts.sfus.views.map(({ id, region, state }) => ({
        value: state === "down" ? 0 : 1,
        attributes: { sfu: id, region },
      })),
  );
  gauges(
    meter,
    "meshlift.sfu.participants",
    "Participants at each SFU, of all nodes",
    () =>
      hub.parts.sfus.views.map(({ id, region, load }) => ({
        value: load,
        attributes: { sfu: id, region },
      })),
  );
  gauge(
    meter,
    "meshlift.sfu.sessions",
    "Sessions at SFUs that this node holds",
    () => hub.lift.sessions.size,
  );
  gauge(meter, "meshlift.entries.waiting", "Who waits to be let in", () => hub.entries.waiting);
  const { frames, entered, left, errors, switches, shed } = hub.counters;
  counter(
    meter,
    "meshlift.shed",
    "Entries refused because there was too much to do, by cause",
    () => byKey(shed, "cause"),
  );
  counter(
    meter,
    "meshlift.topologies",
    "Topologies committed by this node, by mode",
    () => byKey(switches, "mode"),
  );
  counter(meter, "meshlift.bus.lost", "Messages that no other node got", () => [
    { value: hub.counters.busFailures, attributes: {} },
  ]);
  counter(meter, "meshlift.quality.dropped", "Summaries of quality that came too often", () => [
    { value: hub.counters.qualityDropped, attributes: {} },
  ]);
  counter(
    meter,
    "meshlift.frames",
    "Frames handed to clients, by class",
    () => byKey(frames, "class"),
  );
  counter(meter, "meshlift.entered", "Participants let in", () => byKey(entered, "how"));
  counter(meter, "meshlift.left", "Participants that left", () => byKey(left, "reason"));
  counter(
    meter,
    "meshlift.errors",
    "Error frames, by code",
    () => byKey(Object.fromEntries(errors), "code"),
  );
}

function gauge(meter: Meter, name: string, description: string, read: () => number): void {
  gauges(meter, name, description, () => [{ value: read(), attributes: {} }]);
}

function gauges(meter: Meter, name: string, description: string, read: () => Reading[]): void {
  meter.createObservableGauge(name, { description }).addCallback((result) => {
    for (const { value, attributes } of read()) result.observe(value, attributes);
  });
}

function counter(
  meter: Meter,
  name: string,
  description: string,
  read: () => Reading[],
): void {
  meter.createObservableCounter(name, { description }).addCallback((result) => {
    for (const { value, attributes } of read()) result.observe(value, attributes);
  });
}

function byKey(numbers: Record<string, number>, label: string) {
  return Object.entries(numbers).map(([key, value]) => ({ value, attributes: { [label]: key } }));
}

function histogram(meters: Meter[], name: string, description: string): Duration {
  const advice = {
    explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10],
  };
  const all: Histogram[] = meters.map((meter) =>
    meter.createHistogram(name, { description, unit: "s", advice })
  );
  return (seconds, attributes) => {
    for (const one of all) one.record(seconds, attributes);
  };
}
