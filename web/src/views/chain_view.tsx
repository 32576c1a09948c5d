// The causal graph of one chain, with a panel about the selected trace.
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { boxHeight, boxWidth, buildGraph, placeByTime, shownPerExpansion, type Box, type Graph, type StackBox, type TraceBox } from "../graph";
import type { Report } from "../model";
import { go } from "../route";
import * as text from "../text";
import { Legend } from "./charts";
import { boundsOf, Drawing, edgeWords } from "./drawing";
import { Id, TraceFacts, TraceLink, TraceMark, TracePath } from "./parts";

type Layout = "hops" | "time";

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

// Scrolls with the pointer until the button is released.
function drag(event: JSX.TargetedPointerEvent<HTMLDivElement>): void {
  const view = event.currentTarget;
  if (event.button !== 0 || (event.target as Element).closest(".box")) return;
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
}

function Panel({ report, graph, box }: { report: Report; graph: Graph; box: TraceBox }) {
  const trace = report.trace(box.trace);
  const origin = report.originOf.get(box.trace);
  const near = report.neighbours[box.trace]!;
  const sides = (["linked", "linking"] as const).map((side) => ({ side, list: near.filter((n) => n.side === side) }));
  return (
    <aside class="panel" aria-label="Selected trace">
      <h2><TraceMark trace={trace} /> {report.title(trace)}</h2>
      <Id id={trace.id} />
      <div class="actions">
        {trace.spans && <a class="button primary" href={`#/trace/${trace.id}`}>Spans of this trace</a>}
        {origin && graph.root.trace !== box.trace && <a class="button" href={`#/chain/${trace.id}`}>Its own chain</a>}
      </div>
      <TraceFacts report={report} trace={trace} />
      <TracePath report={report} trace={trace} />
      {sides.map(({ side, list }) => list.length > 0 && (
        <section>
          <h3>{side === "linked" ? "Links to" : "Linked from"} <span class="pill">{text.count(list.length)}</span></h3>
          <ul class="plain">
            {list.slice(0, 12).map((n) => (
              <li>
                <TraceLink report={report} index={n.trace} />
                <span class="dim"> {edgeWords(report, n.edge)}</span>
              </li>
            ))}
            {list.length > 12 && <li class="dim">and {text.count(list.length - 12)} more</li>}
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
  const bounds = useMemo(() => boundsOf(graph), [graph]);
  const selectedBox = graph.boxes.find((box): box is TraceBox => box.kind === "trace" && box.key === selectedKey) ?? graph.root;
  const focused = graph.boxes.find((box) => box.key === focusKey) ?? graph.root;

  const centre = (box: Box, factor: number) => {
    const view = scroller.current;
    if (!view) return;
    view.scrollLeft = (box.x - bounds.left + boxWidth / 2) * factor - view.clientWidth / 2;
    view.scrollTop = (box.y - bounds.top + boxHeight / 2) * factor - view.clientHeight / 2;
  };
  const fit = (least: number) => {
    const view = scroller.current;
    if (!view) return;
    const factor = Math.min(1, Math.max(least, Math.min(view.clientWidth / bounds.width, view.clientHeight / bounds.height)));
    setZoom(factor);
    requestAnimationFrame(() => centre(graph.root, factor));
  };
  const fitAll = () => fit(0.25);
  const zoomBy = (factor: number) => setZoom(Math.min(2, Math.max(0.2, zoom * factor)));
  useLayoutEffect(() => fit(0.75), [report, origin, layout]); // the texts stay readable
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
    next.set(box.key, box.shown + shownPerExpansion);
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
    } else if (event.key === "+" || event.key === "=") zoomBy(1.2);
    else if (event.key === "-") zoomBy(1 / 1.2);
    else if (event.key === "0") fitAll();
  };

  const info = report.originOf.get(origin);
  const hiddenCount = graph.boxes.reduce((n, box) => n + (box.kind === "stack" ? box.hidden.length : 0), 0);
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
            <button type="button" onClick={() => zoomBy(1 / 1.25)} aria-label="Zoom out">−</button>
            <button type="button" onClick={fitAll}>Fit</button>
            <button type="button" onClick={() => zoomBy(1.25)} aria-label="Zoom in">+</button>
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
          <Drawing report={report} graph={graph} marks={marks} bounds={bounds} zoom={zoom} focused={focused} selected={selectedBox} onExpand={expand}
            onSelect={(box) => { setFocusKey(box.key); setSelectedKey(box.key); }} />
        </div>
        <Panel report={report} graph={graph} box={selectedBox} />
      </div>
      <div class="chain-foot">
        <Legend items={[["kept", "kept"], ["origin", "origin"], ["failed", "error"], ["dropped", "dropped"], ["sealed", text.stateWord.sealed], ["absent", text.stateWord.absent]]} />
        <span class="dim">Arrows point from a linking trace to the trace that it links to: causes are on the left.</span>
      </div>
    </div>
  );
}
