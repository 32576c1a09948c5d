// The waterfall of one trace. Links are stubs beside their spans: following one opens the other trace at the linked
// span, and the browser's back button returns.
import { scaleLinear } from "d3-scale";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Trace } from "../format";
import type { Report } from "../model";
import { go } from "../route";
import * as text from "../text";
import { waterfallOf, type SpanLine, type SpanLink } from "../waterfall";
import { Id, StateMark, TraceFacts, TraceMark, TracePath } from "./parts";

function Stub({ report, link, incoming }: { report: Report; link: SpanLink; incoming: boolean }) {
  const type = report.string(link.type);
  const words = incoming ? "linked from" : type ? type.replace(/_/g, " ") : "links to";
  const arrow = incoming ? "←" : "→";
  if (link.trace < 0) {
    return <span class="stub absent">{arrow} {words} <code>{text.shortId(link.traceId)}</code> (not in this page)</span>;
  }
  const other = report.trace(link.trace);
  return (
    <a class={`stub ${other.state}`} href={`#/trace/${other.id}${link.spanId && other.spans ? `/${link.spanId}` : ""}`}
      onClick={(event) => event.stopPropagation()}>
      {arrow} {words} <TraceMark trace={other} /> {report.title(other)}
    </a>
  );
}

const stubsShown = 2;

function Stubs({ report, line }: { report: Report; line: SpanLine }) {
  const [all, setAll] = useState(false);
  const stubs = [...line.out.map((link) => ({ link, incoming: false })), ...line.into.map((link) => ({ link, incoming: true }))];
  if (stubs.length === 0) return null;
  const shown = all ? stubs.slice(0, 200) : stubs.slice(0, stubsShown);
  return (
    <div class="stubs" role="gridcell">
      {shown.map(({ link, incoming }) => <Stub report={report} link={link} incoming={incoming} />)}
      {!all && stubs.length > shown.length && (
        <button type="button" class="quiet" onClick={(event) => { event.stopPropagation(); setAll(true); }}>
          and {text.count(stubs.length - shown.length)} more
        </button>
      )}
      {all && stubs.length > shown.length && <span class="dim">and {text.count(stubs.length - shown.length)} more</span>}
    </div>
  );
}

function SpanPanel({ report, trace, line }: { report: Report; trace: Trace; line: SpanLine }) {
  const [id, , start, length, service, name, kind, status, message, links] = trace.spans![line.index]!;
  const truncation = trace.truncated?.find((entry) => entry.span === line.index);
  return (
    <section class="card span-card" aria-label="Selected span">
      <h2>{status === 2 && <StateMark state="kept" error />} {report.names(service, name) || `span ${id}`}</h2>
      <Id id={id} />
      {report.string(message) && <p class="error-box"><span>{report.string(message)}</span></p>}
      <dl class="facts">
        <div><dt>Start (UTC)</dt><dd>{report.moment((trace.spans_start ?? 0) + start)}</dd></div>
        <div><dt>Duration</dt><dd>{text.duration(length)}</dd></div>
        {text.kindWord[kind] && <div><dt>Kind</dt><dd>{text.kindWord[kind]}</dd></div>}
        <div><dt>Status</dt><dd>{["unset", "ok", "error"][status] ?? "unknown"}</dd></div>
        {links > 0 && <div><dt>Links</dt><dd>{text.count(links)}</dd></div>}
      </dl>
      {truncation && (
        <p><a href={`#/truncated/${trace.id}/${id}`}>
          {text.plural(truncation.received, "link")} arrived, {text.count(truncation.emitted)} were kept
        </a></p>
      )}
    </section>
  );
}

// Beside the bar, where there is room: on its right, on its left, or in it.
function placeOfTime(left: number, width: number): JSX.CSSProperties {
  const right = left + width;
  if (right <= 88) return { left: `${right + 0.5}%` };
  return { right: left < 12 ? `${100 - right + 0.8}%` : `${100 - left + 0.5}%` };
}

export function TraceView({ report, index, selected }: { report: Report; index: number; selected: string | undefined }) {
  const trace = report.trace(index);
  const fall = useMemo(() => waterfallOf(report, trace), [report, trace]);
  const rows = useRef<HTMLDivElement>(null);
  const spanAt = (id: string | undefined) => fall.lines.findIndex((line) => trace.spans![line.index]![0] === id);
  const firstError = fall.lines.findIndex((line) => trace.spans![line.index]![7] === 2);
  const at = selected === undefined ? -1 : spanAt(selected);
  const shownAt = at >= 0 ? at : Math.max(0, firstError);
  const keyed = useRef(false);
  useEffect(() => {
    if (at < 0) return;
    const row = rows.current?.querySelector<HTMLElement>(`[data-line="${at}"]`);
    row?.scrollIntoView({ block: "nearest" });
    if (keyed.current) row?.focus();
    keyed.current = false;
  }, [at, trace.id]);
  const select = (line: number, byKey = false) => {
    keyed.current = byKey;
    go({ view: "trace", id: trace.id, span: trace.spans![fall.lines[line]!.index]![0] }, true);
  };
  const onKey = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    if ((event.target as HTMLElement).closest("a, button")) return;
    if (event.key === "ArrowDown" && shownAt + 1 < fall.lines.length) select(shownAt + 1, true);
    else if (event.key === "ArrowUp" && shownAt > 0) select(shownAt - 1, true);
    else if (event.key === "Enter" || event.key === "ArrowRight") {
      const line = fall.lines[shownAt];
      const link = [...(line?.out ?? []), ...(line?.into ?? [])].find((entry) => entry.trace >= 0);
      if (!link) return;
      const other = report.trace(link.trace);
      go(other.spans && link.spanId ? { view: "trace", id: other.id, span: link.spanId } : { view: "trace", id: other.id });
    } else if (event.key === "ArrowLeft" || event.key === "Backspace") history.back();
    else return;
    event.preventDefault();
  };
  const x = scaleLinear().domain([0, fall.length]).range([0, 100]);
  const ticks = x.ticks(5).filter((tick) => x(tick) <= 96);
  const isOrigin = report.originOf.has(index);
  const origin = trace.origin_id === undefined ? undefined : report.byId.get(trace.origin_id);
  const chain = isOrigin ? index : origin;
  return (
    <div class="page wide-page">
      <nav class="crumbs" aria-label="Where this is">
        <a href="#/chains">Chains</a> / {chain !== undefined && <><a href={`#/chain/${report.trace(chain).id}${isOrigin ? "" : `/${trace.id}`}`}>{report.title(report.trace(chain))}</a> / </>}
      </nav>
      <h1><TraceMark trace={trace} /> {report.title(trace)}</h1>
      <div class="id-line"><Id id={trace.id} /> <button type="button" class="quiet" onClick={() => history.back()}>← Back</button></div>
      <div class="trace-body">
        <div>
          {trace.spans ? (
            <div class="waterfall" ref={rows} role="treegrid" aria-label="Spans. Up and down select, Enter follows a link, Backspace returns." onKeyDown={onKey}>
              <div class="fall-head" role="row">
                <span role="columnheader">Span</span>
                <span class="ticks" role="columnheader">
                  {ticks.map((tick) => <span style={{ left: `${x(tick)}%` }}>{text.duration(tick)}</span>)}
                </span>
              </div>
              {fall.lines.map((line, number) => {
                const [id, , start, length, service, name, , status] = trace.spans![line.index]!;
                const left = x(start);
                const width = Math.max(0.25, x(start + Math.max(0, length)) - left);
                const words = [report.string(service), report.string(name)].filter(Boolean);
                const hue = service % 6;
                return (
                  <div class={`fall-row${number === shownAt ? " selected" : ""}${status === 2 ? " failed" : ""}`} role="row" data-line={number}
                    aria-level={line.depth + 1} aria-selected={number === shownAt} tabIndex={number === shownAt ? 0 : -1} onClick={() => select(number)}
                    aria-label={`${words.join(" ") || id}, ${text.duration(length)}${status === 2 ? ", error" : ""}`}>
                    <span class="fall-name" role="gridcell" style={{ paddingLeft: `${8 + Math.min(line.depth, 14) * 14}px` }}>
                      <i class={`service-dot hue-${hue}`} aria-hidden="true" />
                      {status === 2 && <span class="error-mark" aria-hidden="true">▲ </span>}
                      {words.length > 0 ? <><span class="dim">{words.length > 1 ? words[0] : ""}</span> {words[words.length - 1]}</> : <code>{id}</code>}
                      {line.orphan && <span class="dim" title="Its parent is not here"> (parent missing)</span>}
                    </span>
                    <span class="fall-bar" role="gridcell">
                      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                        {ticks.map((tick) => <line x1={x(tick)} x2={x(tick)} y1="0" y2="10" />)}
                        <rect class={status === 2 ? "bar failed" : `bar hue-${hue}`} x={Math.min(left, 99.75)} width={width} y="2.4" height="5.2" />
                      </svg>
                      <span class={left + width > 88 && left < 12 ? "fall-time inside" : "fall-time"} style={placeOfTime(left, width)}>
                        {text.duration(length)}
                      </span>
                    </span>
                    <Stubs report={report} line={line} />
                  </div>
                );
              })}
            </div>
          ) : (
            <p class="empty">
              {trace.state === "kept" ? "This page has no room for the spans of this trace." :
                trace.state === "absent" ? "No span of this trace was received." : "The spans of dropped traces are not kept."}
            </p>
          )}
          {trace.spans_left_out ? <p class="dim">and {text.plural(trace.spans_left_out, "more span")} that the page leaves out</p> : null}
        </div>
        <aside class="panel" aria-label="Trace and span">
          {fall.lines[shownAt] && <SpanPanel report={report} trace={trace} line={fall.lines[shownAt]!} />}
          <section class="card">
            <h2>This trace</h2>
            <TraceFacts report={report} trace={trace} />
            {chain !== undefined && <p><a class="button" href={`#/chain/${report.trace(chain).id}`}>Causal graph of its chain</a></p>}
            <TracePath report={report} trace={trace} />
          </section>
        </aside>
      </div>
    </div>
  );
}
