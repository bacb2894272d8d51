/** The panel with live statistics: one card per participant, three small plots each. @module */
import type { Call, CallStats, ParticipantStats } from "../api.ts";
import { make, makeSvg } from "./dom.ts";
import { bitrate, milliseconds, percent } from "./format.ts";
import type { Named } from "./person.ts";
import { ceilingOf, plotOf, type Value } from "./plot.ts";
import { wayOf, whyOf } from "./topology.ts";
import { appended, type Sample, sampleOf, SAMPLES_SHOWN } from "./series.ts";

const BOX = { width: 120, height: 36 };
const EVERY_MS = 1_000;

/** The least that the vertical axis shows, so that a quiet line does not look wild. */
const LEAST = { roundTripMs: 50, lossPercent: 5, bitrate: 100_000 };

export interface StatsOptions {
  body: HTMLElement;
  nameOf(someone: Named): string;
  /** Whether anybody sees the panel now; it is drawn only then. */
  visible(): boolean;
}

/** Measures `call` each second and draws what it found, until closed. */
export function connectStats(call: Call, { body, nameOf, visible }: StatsOptions) {
  const samples = new Map<string, Sample[]>();
  const cards = new Map<string, Card>();
  const signaling = make("p", { class: "small" });
  const list = make("div", { class: "cards" });
  let before: CallStats | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let open = true;

  const mode = make("p");
  body.replaceChildren(make("div", { class: "summary" }, mode, signaling), list);
  const stop = call.on("topology", drawTopology);
  drawTopology();
  measure();

  function drawTopology() {
    const { epoch } = call.topology;
    mode.textContent = `${wayOf(call.topology)}, because ${whyOf(call.topology)} (epoch ${epoch}).`;
  }

  async function measure() {
    // A call that is just closing has nothing to measure; the next round finds `open` false.
    const now = await call.stats().catch(() => undefined);
    if (!open) return;
    if (now) {
      for (const id of Object.keys(now.participants)) {
        samples.set(id, appended(samples.get(id) ?? [], sampleOf(id, before, now)));
      }
      before = now;
      if (visible()) draw(now);
    }
    timer = setTimeout(measure, EVERY_MS);
  }

  function draw(now: CallStats) {
    const roundTrip = now.signalingRoundTripTime;
    signaling.textContent = `Round trip to the service: ${
      milliseconds(roundTrip === undefined ? undefined : roundTrip * 1000)
    }`;
    for (const [id, participant] of call.participants) {
      const card = cards.get(id) ?? makeCard(id, nameOf(participant));
      cards.set(id, card);
      if (!card.element.isConnected) list.append(card.element);
      card.draw(samples.get(id) ?? [], now.participants[id], call.topology.mode);
    }
    for (const [id, card] of cards) {
      if (call.participants.has(id)) continue;
      card.element.remove();
      cards.delete(id);
      samples.delete(id);
    }
    list.dataset.empty = String(cards.size === 0);
  }

  return {
    refresh() {
      if (before) draw(before);
    },
    close() {
      open = false;
      clearTimeout(timer);
      stop();
    },
  };
}

interface Card {
  element: HTMLElement;
  draw(
    samples: Sample[],
    stats: ParticipantStats | undefined,
    mode: Call["topology"]["mode"],
  ): void;
}

function makeCard(id: string, name: string): Card {
  const path = make("p", { class: "small" });
  const roundTrip = makePlot("Round trip");
  const loss = makePlot("Loss");
  const rate = makePlot("Bitrate in, out");
  const element = make(
    "article",
    { class: "stat", "data-participant": id },
    make("h3", {}, name),
    path,
    make("div", { class: "plots" }, roundTrip.element, loss.element, rate.element),
  );
  return {
    element,
    draw(samples, stats, mode) {
      const last = samples.at(-1);
      path.textContent = pathOf(stats, mode);
      roundTrip.draw([samples.map((s) => s.roundTripMs)], LEAST.roundTripMs, [
        milliseconds(last?.roundTripMs),
      ]);
      loss.draw([samples.map((s) => s.lossPercent)], LEAST.lossPercent, [
        percent(last?.lossPercent),
      ]);
      rate.draw(
        [samples.map((s) => s.receivedBitrate), samples.map((s) => s.sentBitrate)],
        LEAST.bitrate,
        [`↓ ${bitrate(last?.receivedBitrate)}`, `↑ ${bitrate(last?.sentBitrate)}`],
      );
    },
  };
}

/** How media travels and what arrives, in a line. */
export function pathOf(
  stats: ParticipantStats | undefined,
  mode: Call["topology"]["mode"] = "mesh",
): string {
  if (!stats?.localCandidateType) return "No media path yet";
  const types = [stats.localCandidateType, stats.remoteCandidateType];
  const camera = stats.inbound.find((row) => row.kind === "camera" && row.framesPerSecond);
  return [
    mode === "sfu" ? "By way of the SFU" : types.includes("relay") ? "Relayed" : "Direct",
    types.filter(Boolean).join(" to "),
    camera?.frameWidth ? `${camera.frameWidth}×${camera.frameHeight}` : undefined,
    camera?.framesPerSecond ? `${Math.round(camera.framesPerSecond)} fps` : undefined,
    camera?.codec?.replace("video/", ""),
  ].filter(Boolean).join(" · ");
}

function makePlot(label: string) {
  const lines = [makeSvg("path", { class: "line" }), makeSvg("path", { class: "line second" })];
  const area = makeSvg("path", { class: "area" });
  const numbers = make("span", { class: "now" });
  const top = make("span", { class: "top", "aria-hidden": "true" });
  const picture = makeSvg(
    "svg",
    {
      viewBox: `0 0 ${BOX.width} ${BOX.height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    area,
    ...lines,
  );
  const element = make(
    "div",
    { class: "plot" },
    make("span", { class: "what" }, label),
    make("div", { class: "chart" }, picture, top),
    numbers,
  );
  return {
    element,
    draw(series: Value[][], least: number, now: string[]) {
      const ceiling = ceilingOf(series.flat(), least);
      series.forEach((values, index) => {
        const shape = plotOf(values, BOX, { slots: SAMPLES_SHOWN, ceiling });
        lines[index]?.setAttribute("d", shape.line);
        if (index === 0) area.setAttribute("d", shape.area);
      });
      numbers.replaceChildren(...now.map((text) => make("span", {}, text)));
      top.textContent = ceiling >= 100_000 ? bitrate(ceiling) : String(ceiling);
    },
  };
}
