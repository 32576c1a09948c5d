// The causal graph of one chain, with a panel about the selected trace.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { EdgeRow } from "../format";
import { boxHeight, boxWidth, buildGraph, placeByTime, shownPerExpansion, type Box, type Graph, type StackBox, type TimeMark, type TraceBox } from "../graph";
import type { Report } from "../model";
import { go } from "../route";
import * as text from "../text";
import { Legend } from "./charts";
import { Id, StateMark, TraceFacts, TraceLink, TracePath } from "./parts";

type Layout = "hops" | "time";
const pad = 48;

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

function edgeWords(report: Report, edge: EdgeRow): string {
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

// The box that an arrow key leads to: the nearest one on that side.
function nextBox(graph: Graph, from: Box, key: string): Box | null {
  let best: Box | null = null;
  let bestCost = Infinity;
  for (const box of graph.boxes) {
    if (box === from) continue;
    const dx = box.x - from.x;
    const dy = box.y - from.y;
    const [ahead, aside] =
      key === "ArrowLeft" ? [-dx, dy] : key === "ArrowRight" ? [dx, dy] : key === "ArrowUp" ? [-dy, dx] : [dy, dx];
    if (ahead <= 4) continue;
    const related = box.parent === from || from.parent === box ? 0.5 : 1;
    const cost = (ahead + 3 * Math.abs(aside)) * (key === "ArrowLeft" || key === "ArrowRight" ? related : 1);
    if (cost < bestCost) [best, bestCost] = [box, cost];
  }
  return best;
}

function Panel({ report, graph, box }: { report: Report; graph: Graph; box: TraceBox }) {
  const trace = report.trace(box.trace);
  const origin = report.originOf.get(box.trace);
  const near = report.neighbours[box.trace]!;
  const list = (side: "linked" | "linking") => near.filter((n) => n.side === side);
  return (
    <aside class="panel" aria-label="Selected trace">
      <h2><StateMark state={trace.state} origin={trace.origin} error={(trace.errors ?? 0) > 0} /> {report.title(trace)}</h2>
      <Id id={trace.id} />
      <div class="actions">
        {trace.spans && <a class="button primary" href={`#/trace/${trace.id}`}>Spans of this trace</a>}
        {origin && graph.root.trace !== box.trace && <a class="button" href={`#/chain/${trace.id}`}>Its own chain</a>}
      </div>
      <TraceFacts report={report} trace={trace} />
      <TracePath report={report} trace={trace} />
      {(["linked", "linking"] as const).map((side) => list(side).length > 0 && (
        <section>
          <h3>{side === "linked" ? "Links to" : "Linked from"} <span class="pill">{text.count(list(side).length)}</span></h3>
          <ul class="plain">
            {list(side).slice(0, 12).map((n) => (
              <li>
                <TraceLink report={report} index={n.trace} />
                <span class="dim"> {edgeWords(report, n.edge)}</span>
              </li>
            ))}
            {list(side).length > 12 && <li class="dim">and {text.count(list(side).length - 12)} more</li>}
          </ul>
        </section>
      ))}
    </aside>
  );
}

export function ChainView({ report, origin, selected }: { report: Report; origin: number; selected: string | undefined }) {
  const [expanded, setExpanded] = useState<ReadonlyMap<string, number>>(new Map());
  const [layout, setLayout] = useState<Layout>("hops");
  const [zoom, setZoom] = useState(1);
  const trace = report.trace(origin);
  const [focusKey, setFocusKey] = useState(trace.id);
  const [selectedKey, setSelectedKey] = useState(trace.id);
  const scroller = useRef<HTMLDivElement>(null);
  const moved = useRef(false);

  const { graph, marks } = useMemo(() => {
    const built = buildGraph(report, origin, expanded);
    return { graph: built, marks: layout === "time" ? placeByTime(report, built) : [] };
  }, [report, origin, expanded, layout]);
  const bounds = useMemo(() => {
    const xs = graph.boxes.map((box) => box.x);
    const ys = graph.boxes.map((box) => box.y);
    const left = xs.reduce((a, b) => Math.min(a, b), 0) - pad;
    const top = ys.reduce((a, b) => Math.min(a, b), 0) - pad;
    return {
      left, top,
      width: xs.reduce((a, b) => Math.max(a, b), 0) + boxWidth + pad - left,
      height: ys.reduce((a, b) => Math.max(a, b), 0) + boxHeight + pad - top,
    };
  }, [graph]);
  const selectedBox = graph.boxes.find((box): box is TraceBox => box.kind === "trace" && box.key === selectedKey) ?? graph.root;
  const focused = graph.boxes.find((box) => box.key === focusKey) ?? graph.root;

  const centre = (box: Box, factor: number) => {
    const view = scroller.current;
    if (!view) return;
    view.scrollLeft = (box.x - bounds.left + boxWidth / 2) * factor - view.clientWidth / 2;
    view.scrollTop = (box.y - bounds.top + boxHeight / 2) * factor - view.clientHeight / 2;
  };
  const fit = () => {
    const view = scroller.current;
    if (!view) return;
    const factor = Math.min(1, Math.max(0.25, Math.min(view.clientWidth / bounds.width, view.clientHeight / bounds.height)));
    setZoom(factor);
    requestAnimationFrame(() => centre(graph.root, factor));
  };
  useLayoutEffect(() => {
    const view = scroller.current;
    if (!view) return;
    const factor = Math.min(1, Math.max(0.75, Math.min(view.clientWidth / bounds.width, view.clientHeight / bounds.height)));
    setZoom(factor);
    requestAnimationFrame(() => centre(graph.root, factor));
  }, [report, origin, layout]);
  useEffect(() => {
    if (selected) setSelectedKey(selected);
  }, [selected]);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    const element = scroller.current?.querySelector<SVGGElement>('[tabindex="0"]');
    element?.focus();
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [focusKey, graph]);

  const expand = (box: StackBox) => {
    const next = new Map(expanded);
    const shown = graph.boxes.filter((other) => other.kind === "trace" && other.parent === box.parent).length;
    next.set(box.key, Math.max(expanded.get(box.key) ?? 0, Math.min(shown, 4)) + shownPerExpansion);
    if (box.hidden[0] !== undefined) {
      moved.current = true;
      setFocusKey(report.trace(box.hidden[0]).id);
    }
    setExpanded(next);
  };
  const onKey = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    const key = (event.target as Element).closest<SVGElement>("[data-box]")?.dataset.box;
    const focusBox = graph.boxes.find((box) => box.key === key) ?? focused;
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      const next = nextBox(graph, focusBox, event.key);
      if (!next) return;
      moved.current = true;
      setFocusKey(next.key);
      if (next.kind === "trace") setSelectedKey(next.key);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (focusBox.kind === "stack") {
        if (focusBox.hidden.length > 0) expand(focusBox);
      } else if (event.key === "Enter" && report.trace(focusBox.trace).spans) go({ view: "trace", id: focusBox.key });
      else setSelectedKey(focusBox.key);
    } else if (event.key === "+" || event.key === "=") setZoom(Math.min(2, zoom * 1.2));
    else if (event.key === "-") setZoom(Math.max(0.2, zoom / 1.2));
    else if (event.key === "0") fit();
  };
  const drag = (event: JSX.TargetedPointerEvent<HTMLDivElement>) => {
    const view = scroller.current;
    if (!view || event.button !== 0 || (event.target as Element).closest(".box")) return;
    const begin = { x: event.clientX + view.scrollLeft, y: event.clientY + view.scrollTop };
    const move = (now: PointerEvent) => {
      view.scrollLeft = begin.x - now.clientX;
      view.scrollTop = begin.y - now.clientY;
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
  };

  const info = report.originOf.get(origin);
  const hiddenCount = graph.boxes.reduce((n, box) => n + (box.kind === "stack" ? box.hidden.length : 0), 0);
  const lit = new Set([selectedBox.key]);
  const touches = (a: Box, b: Box) => lit.has(a.key) || lit.has(b.key);
  return (
    <div class="chain">
      <div class="chain-head">
        <div>
          <nav class="crumbs" aria-label="Where this is"><a href="#/chains">Chains</a> / </nav>
          <h1>{report.title(trace)}</h1>
          <p class="dim">
            {info ? `${text.plural(info.traces, "trace")} kept by this origin, ${text.plural(info.spans, "span")}` : "not an origin of this page"}
            {info?.not_kept ? `; ${text.plural(info.not_kept, "trace")} reached too late` : ""}
            {`; ${text.plural(graph.traces, "trace")} in this graph`}
            {info && info.alike > 1 ? `; ${text.plural(info.alike - 1, "chain")} like it` : ""}
          </p>
        </div>
        <div class="toolbar">
          <div class="switch" role="group" aria-label="Layout">
            <button type="button" aria-pressed={layout === "hops"} onClick={() => setLayout("hops")}>Hops</button>
            <button type="button" aria-pressed={layout === "time"} onClick={() => setLayout("time")}>Time</button>
          </div>
          <div class="switch" role="group" aria-label="Zoom">
            <button type="button" onClick={() => setZoom(Math.max(0.2, zoom / 1.25))} aria-label="Zoom out">−</button>
            <button type="button" onClick={fit}>Fit</button>
            <button type="button" onClick={() => setZoom(Math.min(2, zoom * 1.25))} aria-label="Zoom in">+</button>
          </div>
          {hiddenCount > 0 && (
            <button type="button" onClick={() => setExpanded(new Map([["*", Infinity]]))}>Expand all ({text.count(hiddenCount)})</button>
          )}
          {expanded.size > 0 && <button type="button" onClick={() => setExpanded(new Map())}>Collapse</button>}
        </div>
      </div>
      <div class="chain-body">
        <div class="canvas" ref={scroller} onKeyDown={onKey} onPointerDown={drag} role="group"
          aria-label="Causal graph. Arrow keys move between traces, Enter opens one.">
          <svg width={bounds.width * zoom} height={bounds.height * zoom} viewBox={`${bounds.left} ${bounds.top} ${bounds.width} ${bounds.height}`}>
            <defs>
              <marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse" markerUnits="userSpaceOnUse">
                <path d="M0 0 L8 4 L0 8 z" />
              </marker>
            </defs>
            {layout === "time" && <Axis report={report} marks={marks} top={bounds.top} height={bounds.height} />}
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
                <TraceNode key={box.key} report={report} box={box} focus={box.key === focused.key} selected={box.key === selectedBox.key}
                  onSelect={() => { setFocusKey(box.key); setSelectedKey(box.key); }} />
              ) : (
                <StackNode key={box.key} box={box} focus={box.key === focused.key} onExpand={() => expand(box)} />
              ),
            )}
          </svg>
        </div>
        <Panel report={report} graph={graph} box={selectedBox} />
      </div>
      <div class="chain-foot">
        <Legend items={[["kept", "kept"], ["origin", "origin"], ["failed", "error"], ["dropped", "dropped"], ["sealed", "dropped, too late to keep"], ["absent", "no spans received"]]} />
        <span class="dim">Arrows point from a linking trace to the trace that it links to: causes are on the left.</span>
      </div>
    </div>
  );
}
