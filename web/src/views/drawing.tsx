// The causal graph as SVG: boxes, arrows and the time axis.
import { useEffect, useRef } from "preact/hooks";
import type { EdgeRow } from "../format";
import { boxHeight, boxWidth, type Box, type Graph, type StackBox, type TimeMark, type TraceBox } from "../graph";
import type { Report } from "../model";
import * as text from "../text";

function clipped(words: string, room: number): string {
  const characters = Math.floor(room / 6.7);
  return words.length > characters ? `${words.slice(0, characters - 1)}…` : words;
}

function delayWords(edge: EdgeRow): string {
  const [, , links, , delay] = edge;
  const parts = [delay === null ? "" : delay >= 0 ? `+${text.duration(delay)}` : text.duration(delay)];
  if (links > 1) parts.push(`${text.count(links)} links`);
  return parts.filter(Boolean).join(" · ");
}

export function edgeWords(report: Report, edge: EdgeRow): string {
  return [report.string(edge[3]), delayWords(edge)].filter(Boolean).join(" · ");
}

// From the linking trace to the linked one: the arrow points to the cause. Its words stand beside `child`, which has no
// other arrow of the tree on that side.
function Arrow({ report, from, to, edge, kind, child }: {
  report: Report; from: Box; to: Box; edge: EdgeRow | null; kind: string; child?: Box;
}) {
  const leftward = to.x <= from.x;
  const x1 = leftward ? from.x : from.x + boxWidth;
  const x2 = leftward ? to.x + boxWidth + 5 : to.x - 5;
  const y1 = from.y + heightOf(from) / 2;
  const y2 = to.y + heightOf(to) / 2;
  const bend = Math.max(30, Math.abs(x2 - x1) / 2) * (leftward ? -1 : 1);
  const room = Math.abs(x2 - x1) - 16;
  let words = null;
  if (child && edge && room > 60) {
    const right = child === from ? leftward : !leftward;
    const x = right ? child.x - 12 : child.x + boxWidth + 12;
    const y = child.y + heightOf(child) / 2;
    const anchor = right ? "end" : "start";
    words = (
      <>
        <text x={x} y={y - 6} text-anchor={anchor}>{clipped(report.string(edge[3]), room)}</text>
        <text x={x} y={y + 14} text-anchor={anchor}>{clipped(delayWords(edge), room)}</text>
      </>
    );
  }
  return (
    <g class={`edge ${kind}`}>
      <path d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} marker-end="url(#head)" />
      {words}
    </g>
  );
}

const heightOf = (box: Box): number => (box.kind === "stack" ? boxHeight - 14 : boxHeight);

function TraceNode({ report, box, focus, selected, onSelect }: {
  report: Report; box: TraceBox; focus: boolean; selected: boolean; onSelect: () => void;
}) {
  const trace = report.trace(box.trace);
  const service = report.string(trace.service) || (report.hasNames && trace.state === "absent" ? "absent trace" : "trace");
  const name = report.string(trace.name) || text.shortId(trace.id);
  const failed = (trace.errors ?? 0) > 0 || trace.error !== undefined;
  const words = [
    trace.duration === undefined ? "" : text.duration(trace.duration),
    trace.state === "kept" ? (trace.origin ? "origin" : "") : text.stateWord[trace.state],
    failed ? report.error(trace) || "error" : "",
  ].filter(Boolean).join(" · ");
  const label = `${report.title(trace)}, ${trace.origin ? "origin" : text.stateWord[trace.state]}, ${words}, ` +
    (box.level === 0 ? "the origin of this chain" : `${text.plural(Math.abs(box.level), "hop")} ${box.level < 0 ? "toward causes" : "toward consequences"}`);
  return (
    <g class={`box ${trace.state}${failed ? " failed" : ""}${trace.origin ? " origin" : ""}${box.level === 0 && !box.parent ? " root" : ""}`}
      transform={`translate(${box.x} ${box.y})`} role="button" tabindex={focus ? 0 : -1} aria-label={label} aria-pressed={selected}
      data-box={box.key} onClick={onSelect}>
      <g aria-hidden="true">
        <rect class="body" width={boxWidth} height={boxHeight} rx="8" />
        <rect class="side" width="5" height={boxHeight - 16} x="0" y="8" rx="2.5" />
        <text class="service" x="16" y="19">{clipped(service, boxWidth - 44)}</text>
        <text class="glyph" x={boxWidth - 12} y="20" text-anchor="end">
          {failed ? "▲" : trace.origin ? "◆" : text.stateMark[trace.state]}
        </text>
        <text class="name" x="16" y="35">{clipped(name, boxWidth - 24)}</text>
        <text class="detail" x="16" y="51">{clipped(words, boxWidth - 20)}</text>
      </g>
    </g>
  );
}

function StackNode({ box, focus, onExpand }: { box: StackBox; focus: boolean; onExpand: () => void }) {
  const n = box.hidden.length;
  const words = n > 0 ? `and ${text.count(n)} more` : `and ${text.count(box.left_out)} more`;
  return (
    <g class={n > 0 ? "box stack" : "box stack left-out"} transform={`translate(${box.x} ${box.y})`} role={n > 0 ? "button" : "img"}
      tabindex={focus ? 0 : -1} aria-label={`${words}: ${box.label}${n > 0 ? ". Expand" : ""}`} data-box={box.key} onClick={n > 0 ? onExpand : undefined}>
      <g aria-hidden="true">
        <rect class="behind" x="6" y="-5" width={boxWidth - 12} height={boxHeight - 14} rx="8" />
        <rect class="body" width={boxWidth} height={boxHeight - 14} rx="8" />
        <text class="name" x="16" y="19">{words}</text>
        <text class="detail" x="16" y="36">{clipped(box.label, boxWidth - 24)}</text>
      </g>
    </g>
  );
}

// The words stay at the top edge of what is visible.
function Axis({ report, marks, top, height }: { report: Report; marks: TimeMark[]; top: number; height: number }) {
  const words = useRef<SVGGElement>(null);
  useEffect(() => {
    const svg = words.current?.ownerSVGElement;
    const view = svg?.parentElement;
    if (!svg || !view) return;
    const follow = () => {
      const scale = svg.viewBox.baseVal.width / svg.clientWidth;
      const hidden = Math.max(0, view.getBoundingClientRect().top - svg.getBoundingClientRect().top);
      words.current?.setAttribute("transform", `translate(0 ${top + hidden * scale})`);
    };
    follow();
    view.addEventListener("scroll", follow);
    return () => view.removeEventListener("scroll", follow);
  });
  return (
    <g class="axis" aria-hidden="true">
      {marks.map((mark) => <line x1={mark.x} x2={mark.x} y1={top} y2={top + height} class={mark.gap ? "gap" : ""} />)}
      <g ref={words}>
        {marks.map((mark, i) => (
          <text x={mark.x + 4} y={14}>{i === 0 ? report.moment(mark.ms) : `+${text.duration(mark.ms - marks[0]!.ms)}`}</text>
        ))}
      </g>
    </g>
  );
}

export interface Bounds {
  left: number;
  top: number;
  width: number;
  height: number;
}

export function boundsOf(graph: Graph): Bounds {
  const pad = 48;
  const xs = graph.boxes.map((box) => box.x);
  const ys = graph.boxes.map((box) => box.y);
  const left = xs.reduce((a, b) => Math.min(a, b), 0) - pad;
  const top = ys.reduce((a, b) => Math.min(a, b), 0) - pad;
  return {
    left, top,
    width: xs.reduce((a, b) => Math.max(a, b), 0) + boxWidth + pad - left,
    height: ys.reduce((a, b) => Math.max(a, b), 0) + boxHeight + pad - top,
  };
}

export function Drawing({ report, graph, marks, bounds, zoom, focused, selected, onSelect, onExpand }: {
  report: Report; graph: Graph; marks: TimeMark[]; bounds: Bounds; zoom: number; focused: Box; selected: TraceBox;
  onSelect: (box: TraceBox) => void; onExpand: (box: StackBox) => void;
}) {
  const touches = (a: Box, b: Box) => a === selected || b === selected;
  return (
    <svg width={bounds.width * zoom} height={bounds.height * zoom} viewBox={`${bounds.left} ${bounds.top} ${bounds.width} ${bounds.height}`}>
      <defs>
        <marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse" markerUnits="userSpaceOnUse">
          <path d="M0 0 L8 4 L0 8 z" />
        </marker>
      </defs>
      {marks.length > 0 && <Axis report={report} marks={marks} top={bounds.top} height={bounds.height} />}
      <g class="edges">
        {graph.cross.map((edge) => {
          const from = graph.byTrace.get(edge[0])!;
          const to = graph.byTrace.get(edge[1])!;
          return <Arrow report={report} from={from} to={to} edge={edge} kind={touches(from, to) ? "cross lit" : "cross"} />;
        })}
        {graph.boxes.map((box) => {
          if (!box.parent) return null;
          const later = box.level > box.parent.level;
          const from = later ? box : box.parent;
          const to = later ? box.parent : box;
          const edge = box.kind === "trace" ? box.edge : null;
          return <Arrow report={report} from={from} to={to} edge={edge} kind={box.kind === "stack" ? "faint" : touches(from, to) ? "tree lit" : "tree"} child={box} />;
        })}
      </g>
      {graph.boxes.map((box) =>
        box.kind === "trace" ? (
          <TraceNode key={box.key} report={report} box={box} focus={box === focused} selected={box === selected}
            onSelect={() => onSelect(box)} />
        ) : (
          <StackNode key={box.key} box={box} focus={box === focused} onExpand={() => onExpand(box)} />
        ),
      )}
    </svg>
  );
}
