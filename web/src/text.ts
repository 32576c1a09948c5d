// Numbers, times and states as people read them.
import type { Direction, State } from "./format";

const grouped = new Intl.NumberFormat("en-US");

export const count = (n: number): string => grouped.format(n);

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function compact(n: number): string {
  if (n < 10_000) return count(n);
  return inUnits(n, [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]);
}

export function bytes(n: number): string {
  return inUnits(n, [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]], " B");
}

// In the first unit that is not larger than n.
function inUnits(n: number, units: [number, string][], smallest = ""): string {
  for (const [size, unit] of units) if (n >= size) return `${trimmed(n / size)} ${unit}`;
  return `${count(n)}${smallest}`;
}

// Three digits that mean something: 1.23, 12.3, 123.
function trimmed(n: number): string {
  const digits = n >= 100 ? 0 : n >= 10 ? 1 : 2;
  return n.toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

export function duration(ms: number): string {
  const sign = ms < 0 ? "−" : "";
  const t = Math.abs(ms);
  if (t === 0) return "0 ms";
  if (t < 0.001) return `${sign}${trimmed(t * 1e6)} ns`;
  if (t < 1) return `${sign}${trimmed(t * 1e3)} µs`;
  if (t < 1000) return `${sign}${trimmed(t)} ms`;
  if (t < 60_000) return `${sign}${trimmed(t / 1000)} s`;
  const units: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  for (let first = 0; first + 1 < units.length; ++first) {
    const [size, unit] = units[first]!;
    const [nextSize, nextUnit] = units[first + 1]!;
    const rounded = Math.round(t / nextSize) * nextSize;
    if (rounded < size) continue;
    const whole = Math.floor(rounded / size);
    const rest = Math.round((rounded - whole * size) / nextSize);
    return `${sign}${whole} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ""}`;
  }
  return `${sign}${trimmed(t / 1000)} s`;
}

export function share(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

// UTC, with as much as two moments of one report need: the date once, milliseconds.
export function moment(epochMs: number, withDate = true): string {
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > 8.64e15) return "unknown time";
  const text = new Date(epochMs).toISOString();
  return withDate ? `${text.slice(0, 10)} ${text.slice(11, 23)}` : text.slice(11, 23);
}

// The label of a tick of a time axis whose ticks are `stepMs` apart.
export function tickWords(epochMs: number, stepMs: number): string {
  const iso = new Date(epochMs).toISOString();
  if (stepMs >= 86_400_000 || iso.slice(11, 19) === "00:00:00") return iso.slice(5, 10);
  return stepMs > 0 && stepMs < 60_000 ? iso.slice(11, 19) : iso.slice(11, 16);
}

export const shortId = (id: string): string => id.slice(0, 8);

export const stateWord: Record<State, string> = {
  kept: "kept",
  dropped: "dropped",
  sealed: "dropped, too late to keep",
  refused: "dropped by a drop policy",
  absent: "no spans received",
};

export const stateMark: Record<State, string> = { kept: "●", dropped: "○", sealed: "◐", refused: "⊘", absent: "◌" };

export const directionWord: Record<Direction, string> = {
  linked: "toward causes",
  linking: "toward consequences",
  mixed: "in both directions",
};

export const reasonWord: Record<string, string> = {
  no_match: "no policy kept it",
  drop_policy: "a drop policy matched",
  too_large: "too large",
};

export const kindWord = ["", "internal", "server", "client", "producer", "consumer"];
