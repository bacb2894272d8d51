/** Numbers and text as a person reads them. Pure. @module */
import type { Value } from "./plot.ts";

/** For what was not measured. */
export const NOTHING = "–";

/** `42 ms` */
export function milliseconds(value: Value): string {
  return value === undefined ? NOTHING : `${Math.round(value)} ms`;
}

/** `0 %`, `0.4 %`, `12 %` */
export function percent(value: Value): string {
  if (value === undefined) return NOTHING;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} %`;
}

/** `812 kbit/s`, `1.4 Mbit/s` */
export function bitrate(value: Value): string {
  if (value === undefined) return NOTHING;
  if (value < 999_500) return `${Math.round(value / 1000)} kbit/s`;
  return `${(value / 1_000_000).toFixed(1)} Mbit/s`;
}

/** `4:07`, `1:02:30` */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pair = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = pair(seconds % 60);
  return hours ? `${hours}:${pair(minutes)}:${rest}` : `${minutes}:${rest}`;
}

export type TextPart = { kind: "text"; text: string } | { kind: "link"; text: string };

/** Splits a chat message into plain text and web links. */
export function textParts(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/g)) {
    const link = match[0].replace(/[.,;:!?)\]'}]+$/, "");
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    parts.push({ kind: "link", text: link });
    end = match.index + link.length;
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** `Connection poor` */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Text with an end: a full stop where it has none. */
export function sentence(text: string): string {
  return !text || /[.!?…]$/.test(text) ? text : `${text}.`;
}
