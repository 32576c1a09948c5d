// Charts as SVG, each with the same figures as a table for screen readers.
import { max } from "d3-array";
import { scaleLinear, scaleUtc } from "d3-scale";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import * as text from "../text";

export interface Step {
  ms: number; // since the epoch
  kept: number;
  dropped: number;
}

const width = 1120;
const height = 200;
const margin = { top: 12, right: 8, bottom: 26, left: 56 };

export function VolumeChart({ steps, stepMs, unit }: { steps: Step[]; stepMs: number; unit: string }) {
  const [at, setAt] = useState<number | null>(null);
  const first = steps[0]?.ms ?? 0;
  const end = (steps[steps.length - 1]?.ms ?? 0) + stepMs;
  const x = scaleUtc().domain([new Date(first), new Date(end)]).range([margin.left, width - margin.right]);
  const top = max(steps, (step) => step.kept + step.dropped) ?? 0;
  const y = scaleLinear().domain([0, top || 1]).nice(4).range([height - margin.bottom, margin.top]);
  const px = (ms: number) => x(new Date(ms));
  const barWidth = Math.max(1, px(first + stepMs) - px(first) - (steps.length > 150 ? 0.4 : 1.5));
  const ticks = x.ticks(8);
  const shown = at === null ? null : steps[at];
  const move = (event: MouseEvent) => {
    const box = (event.currentTarget as SVGSVGElement).getBoundingClientRect();
    const ms = x.invert(((event.clientX - box.left) / box.width) * width).getTime();
    const index = Math.floor((ms - first) / stepMs);
    setAt(index >= 0 && index < steps.length ? index : null);
  };
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${unit} over time, kept and dropped`} onMouseMove={move}
        onMouseLeave={() => setAt(null)}>
        {y.ticks(4).map((value) => (
          <g class="grid">
            <line x1={margin.left} x2={width - margin.right} y1={y(value)} y2={y(value)} />
            <text x={margin.left - 8} y={y(value)} dy="0.32em" text-anchor="end">{text.compact(value)}</text>
          </g>
        ))}
        {steps.map((step, index) => {
          const left = px(step.ms);
          const keptTop = y(step.kept);
          return (
            <g class={index === at ? "bar at" : "bar"}>
              {step.kept > 0 && <rect class="kept" x={left} y={keptTop} width={barWidth} height={Math.max(0.75, y(0) - keptTop)} />}
              {step.dropped > 0 && (
                <rect class="dropped" x={left} y={y(step.kept + step.dropped)} width={barWidth}
                  height={Math.max(0.75, keptTop - y(step.kept + step.dropped))} />
              )}
            </g>
          );
        })}
        {ticks.map((date) => (
          <text class="tick" x={x(date)} y={height - 8} text-anchor="middle">
            {text.tickWords(date.getTime(), (ticks[1] ?? date).getTime() - ticks[0]!.getTime())}
          </text>
        ))}
      </svg>
      <figcaption>
        <Legend items={[["kept", "kept"], ["dropped", "dropped"]]} />
        <span class="readout" aria-hidden="true">
          {shown
            ? `${text.moment(shown.ms)} UTC: ${text.count(shown.kept)} kept, ${text.count(shown.dropped)} dropped ${unit}`
            : `${unit} in steps of ${text.duration(stepMs)}, UTC`}
        </span>
      </figcaption>
      <HiddenTable caption={`${unit} over time`} head={["from", "kept", "dropped"]}
        rows={steps.slice(0, 60).map((step) => [text.moment(step.ms), text.count(step.kept), text.count(step.dropped)])} />
    </figure>
  );
}

export function Legend({ items }: { items: [string, string][] }) {
  return (
    <span class="legend">
      {items.map(([kind, label]) => <span><i class={`swatch ${kind}`} aria-hidden="true" />{label}</span>)}
    </span>
  );
}

export function HiddenTable({ caption, head, rows }: { caption: string; head: string[]; rows: string[][] }) {
  return (
    <table class="hidden">
      <caption>{caption}</caption>
      <thead><tr>{head.map((cell) => <th scope="col">{cell}</th>)}</tr></thead>
      <tbody>{rows.map((row) => <tr>{row.map((cell) => <td>{cell}</td>)}</tr>)}</tbody>
    </table>
  );
}

export interface BarRow {
  label: ComponentChildren;
  parts: { kind: string; value: number }[];
  note: string;
}

// Rows of bars, of one scale; a table, so that each row is read out with its figures.
export function Bars({ rows, caption, head }: { rows: BarRow[]; caption: string; head: [string, string] }) {
  const total = (row: BarRow) => row.parts.reduce((sum, part) => sum + part.value, 0);
  const top = max(rows, total) || 1;
  return (
    <table class="bars">
      <caption class="hidden">{caption}</caption>
      <thead class="hidden"><tr><th scope="col">{head[0]}</th><td /><th scope="col">{head[1]}</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            <th scope="row">{row.label}</th>
            <td class="track" aria-hidden="true">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none">
                {row.parts.map((part, i) => (
                  <rect class={part.kind} y="0" height="10" x={(100 * row.parts.slice(0, i).reduce((sum, p) => sum + p.value, 0)) / top}
                    width={(100 * part.value) / top} />
                ))}
              </svg>
            </td>
            <td class="figure">{row.note}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// The shape of a chain: traces by hops, causes on the left of the origin, consequences on the right.
export function Shape({ linked = [], linking = [] }: { linked?: number[] | undefined; linking?: number[] | undefined }) {
  const bar = 7;
  const tall = 26;
  const top = Math.max(1, ...linked, ...linking);
  const h = (n: number) => (n === 0 ? 0 : Math.max(2, (tall * Math.log2(1 + n)) / Math.log2(1 + Math.max(top, 7))));
  const shown = 8;
  const left = linked.slice(0, shown);
  const right = linking.slice(0, shown);
  const words = (hops: number[], way: string) => (hops.length > 0 ? `${hops.join(", ")} ${way} by hops` : "");
  const label = [words(linked, "causes"), words(linking, "consequences")].filter(Boolean).join("; ") || "the origin alone";
  return (
    <svg class="shape" width={(2 * shown + 1) * bar} height={tall} viewBox={`0 0 ${(2 * shown + 1) * bar} ${tall}`} role="img" aria-label={label}>
      {left.map((n, i) => <rect class="cause" x={(shown - 1 - i) * bar} y={tall - h(n)} width={bar - 1.5} height={h(n)} />)}
      <rect class="origin" x={shown * bar} y={tall - h(1) - 2} width={bar - 1.5} height={h(1) + 2} />
      {right.map((n, i) => <rect class="consequence" x={(shown + 1 + i) * bar} y={tall - h(n)} width={bar - 1.5} height={h(n)} />)}
    </svg>
  );
}
