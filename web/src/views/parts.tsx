// Small pieces that several views share.
import { useState } from "preact/hooks";
import type { State, Trace } from "../format";
import type { Report } from "../model";
import * as text from "../text";

// The state of a trace by colour and by form, with its name for screen readers.
export function StateMark({ state, origin, error }: { state: State; origin?: boolean | undefined; error?: boolean | undefined }) {
  const label = [origin ? "origin" : text.stateWord[state], error ? "with an error" : ""].filter(Boolean).join(", ");
  return (
    <span class={`mark ${state} ${origin ? "is-origin" : ""} ${error ? "is-error" : ""}`} role="img" aria-label={label} title={label}>
      {error ? "▲" : origin ? "◆" : text.stateMark[state]}
    </span>
  );
}

export function TraceMark({ trace }: { trace: Trace }) {
  return <StateMark state={trace.state} origin={trace.origin} error={(trace.errors ?? 0) > 0} />;
}

export function TraceLink({ report, index }: { report: Report; index: number }) {
  const trace = report.trace(index);
  return <a href={`#/trace/${trace.id}`} class="trace-link"><TraceMark trace={trace} />{report.title(trace)}</a>;
}

export function Figure({ value, label, note }: { value: string; label: string; note?: string }) {
  return (
    <div class="figure-tile">
      <dt>{label}</dt>
      <dd><b>{value}</b>{note && <small>{note}</small>}</dd>
    </div>
  );
}

export function Id({ id }: { id: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard?.writeText(id).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1200);
      },
      () => undefined,
    );
  };
  return (
    <span class="id">
      <code>{id}</code>
      <button type="button" class="quiet" onClick={copy} aria-label={`Copy ${id}`}>{copied ? "copied" : "copy"}</button>
    </span>
  );
}

// The traces from the origin to this one, by the records of those that the page has.
export function pathOf(report: Report, trace: Trace): (number | string)[] {
  const path: (number | string)[] = [];
  let at: Trace | undefined = trace;
  const seen = new Set<string>();
  while (at?.via_id && !seen.has(at.id) && path.length < 70) {
    seen.add(at.id);
    const index = report.byId.get(at.via_id);
    path.unshift(index ?? at.via_id);
    if (at.via_id === trace.origin_id) return path;
    at = index === undefined ? undefined : report.trace(index);
  }
  const origin = trace.origin_id;
  if (origin && path.length > 0) path.unshift(report.byId.get(origin) ?? origin);
  return path;
}

export function TracePath({ report, trace }: { report: Report; trace: Trace }) {
  const path = pathOf(report, trace);
  if (path.length === 0) return null;
  return (
    <section>
      <h3>Path of the keep</h3>
      <ol class="path">
        {path.map((step) => (
          <li>{typeof step === "number" ? <TraceLink report={report} index={step} /> : <code>{text.shortId(step)}</code>}</li>
        ))}
        <li aria-current="true">this trace</li>
      </ol>
    </section>
  );
}

// What a record says of a trace, in words.
export function TraceFacts({ report, trace }: { report: Report; trace: Trace }) {
  const { error } = trace;
  const rows: [string, string][] = [];
  if (trace.start !== undefined) rows.push(["Start (UTC)", report.moment(trace.start)]);
  if (trace.duration !== undefined) rows.push(["Duration", text.duration(trace.duration)]);
  if (trace.span_count !== undefined)
    rows.push(["Spans", text.count(trace.span_count) + (trace.errors ? `, ${text.count(trace.errors)} with an error` : "")]);
  if (trace.bytes) rows.push(["Size", text.bytes(trace.bytes)]);
  if (trace.decided !== undefined) rows.push(["Decided", report.moment(trace.decided)]);
  if (trace.linked_total) rows.push(["Links to", text.plural(trace.linked_total, "trace")]);
  if (trace.not_followed) rows.push(["Not followed", `${text.plural(trace.not_followed, "neighbour")}, beyond max_links_followed`]);
  if (trace.links_dropped_upstream) rows.push(["Cut by SDKs", text.plural(trace.links_dropped_upstream, "link")]);
  if (trace.nearest)
    rows.push(["Nearest policy", `${trace.nearest.policy}: ${trace.nearest.why || `${trace.nearest.value} of ${trace.nearest.threshold}`}`]);
  return (
    <>
      <p class="because">{report.because(trace)}</p>
      {error && (
        <p class="error-box">
          <b>{report.names(error.service, error.name) || "Error"}</b>
          {report.string(error.message) && <span>{report.string(error.message)}</span>}
        </p>
      )}
      <dl class="facts">{rows.map(([key, value]) => <div><dt>{key}</dt><dd>{value}</dd></div>)}</dl>
    </>
  );
}
