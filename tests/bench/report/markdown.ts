/**
 * The report, for who has never seen the project.
 *
 * @module
 */
import { machineText } from "../system/machine.ts";
import { EXPLAINED } from "./explained.ts";
import { boundText, type Figure, rounded, verdict } from "./figure.ts";
import type { Result, Results, Scale } from "./results.ts";

export interface Sources {
  readonly results: Results;
  /** Names of all pictures beside the report, with `.svg`; those of a target begin with its name. */
  readonly pictures: readonly string[];
  /** Where the CPU time goes: Markdown, whose first heading is of level 1. */
  readonly profile?: string;
}

export function report({ results, pictures, profile }: Sources): string {
  const targets = Object.keys(EXPLAINED).filter((target) => target in results);
  return [
    INTRODUCTION,
    whenAndWhere(Object.values(results)),
    "## Summary",
    "",
    summary(targets, results),
    "",
    ...absence(results),
    ...targets.flatMap((target) => section(target, results[target]!, pictures)),
    "## Where the CPU time goes",
    "",
    profile === undefined
      ? "No profile was taken."
      : profile.replace(/^# .*\n+/, "").replace(/^(#+ )/gm, "#$1").trim(),
    "",
    "## What is not measured, and why",
    "",
    ...unmeasured(targets, results),
    "",
    AGAIN,
  ].join("\n");
}

const INTRODUCTION = `# What meshlift costs, measured

meshlift is a signaling service for small-group calls: browsers find each other through it, talk peer to peer, and are lifted to
an SFU (a server that forwards media) when they are too many for that. This report says what that costs the server, how it
compares with other signaling servers and with the bare runtime, and what people in a call notice when something changes or fails.

**How to read it.** Each target has a figure that it is held to ("at least", "at most") and a verdict; figures "to compare" are held to
nothing. A ratio is taken side by side in one run on one machine, so that it means something elsewhere; a plain time or rate holds for this machine
alone. What could not be measured honestly is "not measured", with the reason. Servers, load programs and browsers share the machine.
`;

const AGAIN = `## Again

    npx --yes deno@2.9.6 task bench            # all of it, about an hour and a half; Linux
    npx --yes deno@2.9.6 task bench T1 T2 T5   # some targets
    npx --yes deno@2.9.6 task bench --quick    # what can be measured in a minute

It writes bench/report.md, its pictures, and bench/bench.json with every sample; \`--quick\` the same in bench/quick/. What each target needs is in docs/bench.md.
`;

function whenAndWhere(results: readonly Result[]): string {
  const machines = new Set(results.map(({ machine }) => machineText(machine)));
  const dates = results.map(({ date }) => date.slice(0, 10)).sort();
  const when = dates[0] === dates.at(-1) ? dates[0] : `${dates[0]} to ${dates.at(-1)}`;
  return `Measured on ${when}, on ${[...machines].join("; and on ")}.\n`;
}

function summary(targets: readonly string[], results: Results): string {
  const rows = targets.flatMap((target) => {
    const { figures, failure, scale } = results[target]!;
    if (failure !== undefined) return [[target, EXPLAINED[target]!.title, "-", "-", "failed"]];
    return figures.filter(isOfSummary).map((figure) => {
      const why = figure.kind === "not measured" ? `: ${figure.why}` : "";
      const said = mark(figure, scale) + why;
      return [target, figure.what.trim(), valueOf(figure), boundText(figure), said];
    });
  });
  return table(["", "what", "measured", "target", "verdict"], rows);
}

/** What a reader of the summary would miss. */
function absence(results: Results): string[] {
  const missing = absent(results).join(", ");
  return missing === "" ? [] : [`Not in this run: ${missing}; what they are is at the end.`, ""];
}

function absent(results: Results): string[] {
  return Object.keys(EXPLAINED).filter((target) => !(target in results));
}

/** What is held to a bound, and what could not be: not every bound is known before. */
function isOfSummary(figure: Figure): boolean {
  return figure.kind === "measured" ? figure.bound !== undefined : !figure.compared;
}

function section(target: string, result: Result, pictures: readonly string[]): string[] {
  const { title, what, how, quick } = EXPLAINED[target]!;
  const { figures, failure, date, seconds, scale, load, revision } = result;
  const own = pictures.filter((name) =>
    name.startsWith(`${target.toLowerCase()}_`) || name === `${target.toLowerCase()}.svg`
  );
  const rows = figures.map((figure) => [
    figure.what.trim(),
    valueOf(figure),
    boundText(figure),
    mark(figure, scale),
    figure.kind === "measured" ? figure.note ?? "" : figure.why,
  ]);
  return [
    `## ${target}: ${title}`,
    "",
    what,
    "",
    `*How.* ${how}${scale === "quick" && quick ? ` **Here in short: ${quick}.**` : ""}`,
    "",
    failure === undefined
      ? table(["what", "measured", "target", "verdict", "spread and notes"], rows) + tables(figures)
      : `The measurement failed, which says nothing about the target: ${failure.split("\n")[0]}`,
    "",
    ...own.flatMap((name) => [`![${name.replace(".svg", "").replaceAll("_", " ")}](${name})`, ""]),
    `*${date.slice(0, 16).replace("T", " ")} UTC, ${Math.round(seconds)} s, ${
      scale === "quick" ? "**quick**, " : ""
    }the machine's load ${rounded(load.before)} before and ${rounded(load.after)} after${
      revision === undefined ? "" : `, commit ${revision}`
    }.*`,
    "",
  ];
}

function tables(figures: readonly Figure[]): string {
  return figures.map((figure) =>
    figure.kind === "measured" && figure.table
      ? `\n\n*${figure.what.trim()}*\n\n${table(figure.table.head, figure.table.rows)}`
      : ""
  ).join("");
}

function unmeasured(targets: readonly string[], results: Results): string[] {
  const never = absent(results)
    .map((target) => `- ${target}, ${EXPLAINED[target]!.title}: not in this run.`);
  const figures = targets.flatMap((target) => results[target]!.figures)
    .filter((figure) => figure.kind === "not measured")
    .map(({ target, what, why }) => `- ${target}, ${what.trim()}: ${why}.`);
  const failed = targets.filter((target) => results[target]!.failure !== undefined)
    .map((target) =>
      `- ${target}, ${EXPLAINED[target]!.title}: the measurement failed, see there.`
    );
  return [
    ...never,
    ...figures,
    ...failed,
    "- Networks between machines: everything runs on one, over its loopback interface; only ratios and counts carry over.",
    "- TLS: a proxy in front has that to do, for all servers alike.",
    "- Real cameras, microphones and people: pictures and voices are made up.",
  ];
}

function valueOf(figure: Figure): string {
  return figure.kind === "measured" ? `${rounded(figure.value)} ${figure.unit}`.trim() : "-";
}

/** What was measured in a hurry is no verdict yet. */
function mark(figure: Figure, scale: Scale): string {
  const word = verdict(figure);
  if (word !== "met" && word !== "not met") return word;
  return scale === "quick" ? `${word}, in short` : `**${word}**`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
