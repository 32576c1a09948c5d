import { useMemo, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Report } from "../model";
import { listChains } from "../groups";
import { hashOf } from "../route";
import * as text from "../text";
import { Bars, Legend, VolumeChart, type Step } from "./charts";
import { Figure, StateMark } from "./parts";

function Card({ title, children, wide }: { title: string; children: ComponentChildren; wide?: boolean }) {
  return (
    <section class={wide ? "card wide" : "card"}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Volume({ report }: { report: Report }) {
  const [unit, setUnit] = useState<"traces" | "spans">("spans");
  const { time } = report.data;
  const column = unit === "traces" ? 0 : 1;
  const steps = useMemo<Step[]>(() => {
    const length = Math.max(time.kept.length, time.dropped.length);
    return Array.from({ length }, (_, i) => ({
      ms: report.baseMs + i * time.step_ms,
      kept: time.kept[i]?.[column] ?? 0,
      dropped: time.dropped[i]?.[column] ?? 0,
    }));
  }, [report, column]);
  return (
    <section class="card wide">
      <div class="card-head">
        <h2>Volume over time</h2>
        <div class="switch" role="group" aria-label="Unit of the chart">
          {(["spans", "traces"] as const).map((u) => (
            <button type="button" aria-pressed={u === unit} onClick={() => setUnit(u)}>{u}</button>
          ))}
        </div>
      </div>
      <VolumeChart steps={steps} stepMs={time.step_ms} unit={unit} />
    </section>
  );
}

function Hops({ report }: { report: Report }) {
  const { hops } = report.data;
  if (hops.length === 0) return <p class="empty">Nothing was kept over links.</p>;
  const label = { linked: "← causes", linking: "consequences →", mixed: "both ways" };
  const rows = [...hops].sort((a, b) => a.direction.localeCompare(b.direction) || a.hops - b.hops).map((row) => ({
    label: `${label[row.direction]}, ${text.plural(row.hops, "hop")}`,
    parts: [{ kind: row.direction === "linked" ? "cause" : row.direction === "linking" ? "consequence" : "kept", value: row.traces }],
    note: text.plural(row.traces, "trace"),
  }));
  return <Bars caption="Traces kept over links, by direction and hops" head={["direction and hops", "traces"]} rows={rows} />;
}

function Services({ report }: { report: Report }) {
  const services = report.data.services;
  const [all, setAll] = useState(false);
  if (!report.hasNames) return <p class="empty">This report has no names (decisions.detail: ids).</p>;
  const shown = all ? services : services.slice(0, 10);
  return (
    <>
      <Bars caption="Spans of traces by the service of their root, kept and dropped" head={["service", "spans"]}
        rows={shown.map((service) => ({
          label: service.service === "" ? "(others)" : <a href={hashOf({ view: "chains", query: `service:${service.service}` })}>{service.service}</a>,
          parts: [{ kind: "kept", value: service.kept.spans }, { kind: "dropped", value: service.dropped.spans }],
          note: `${text.compact(service.kept.spans)} of ${text.compact(service.kept.spans + service.dropped.spans)} spans` +
            (service.error_spans > 0 ? `, ${text.compact(service.error_spans)} failed` : ""),
        }))} />
      <Legend items={[["kept", "kept"], ["dropped", "dropped"]]} />
      {services.length > shown.length && (
        <button type="button" class="quiet" onClick={() => setAll(true)}>Show all {services.length}</button>
      )}
    </>
  );
}

function Losses({ report }: { report: Report }) {
  const { losses } = report.data;
  if (losses.length === 0) return <p class="empty">Nothing was evicted or lost.</p>;
  return (
    <ul class="losses">
      {losses.map((loss) => (
        <li class={loss.severity ?? "info"}>
          <b>{text.count(loss.count)}</b> <code>{loss.loss}</code>
          {loss.help && <span>{loss.help}</span>}
        </li>
      ))}
    </ul>
  );
}

function WorstChains({ report }: { report: Report }) {
  const groups = useMemo(() => listChains(report, "", "largest", true).slice(0, 6), [report]);
  if (groups.length === 0) return <p class="empty">No trace is an origin, so no keep spread over links.</p>;
  return (
    <ol class="worst">
      {groups.map((group) => {
        const origin = group.chains[0]!;
        return (
          <li>
            <a href={`#/chain/${report.trace(origin.trace).id}`}>
              <StateMark state="kept" origin error={(report.trace(origin.trace).errors ?? 0) > 0} />
              <span class="grow"><b>{group.title}</b>{group.error && <span class="error-text">{group.error}</span>}</span>
              <span class="figure">
                {group.chains.length > 1 && `${text.count(group.chains.length)} origins, `}{text.plural(group.traces, "trace")}
              </span>
            </a>
          </li>
        );
      })}
    </ol>
  );
}

export function Overview({ report }: { report: Report }) {
  const { totals, reasons, policies, left_out, hops, notes } = report.data;
  const traces = totals.kept.traces + totals.dropped.traces;
  const spans = totals.kept.spans + totals.dropped.spans;
  const overLinks = hops.reduce((sum, row) => sum + row.traces, 0);
  const received = (totals.kept.bytes ?? 0) + (totals.dropped.bytes ?? 0);
  return (
    <div class="page">
      <h1>Overview</h1>
      {notes.length > 0 && <div class="notes" role="note">{notes.map((note) => <p>{note}</p>)}</div>}
      <dl class="figures">
        <Figure label="Traces" value={text.compact(traces)} note={`${text.compact(spans)} spans${received > 0 ? `, ${text.bytes(received)}` : ""}`} />
        <Figure label="Kept" value={text.compact(totals.kept.traces)}
          note={`${text.share(totals.kept.traces, traces)} of traces, ${text.share(totals.kept.spans, spans)} of spans`} />
        <Figure label="Kept over links" value={text.compact(overLinks)}
          note={totals.revived > 0 ? `${text.compact(totals.revived)} had been dropped before` : "by the keep of an origin"} />
        <Figure label="Origins" value={text.compact(totals.origins)} note="traces whose keep spreads" />
        <Figure label="Dropped" value={text.compact(totals.dropped.traces)} note={`${text.compact(totals.dropped.spans)} spans`} />
      </dl>
      <Volume report={report} />
      <div class="cards">
        <Card title="What failed, largest first" wide><WorstChains report={report} /><p><a href="#/chains">All chains</a></p></Card>
        <Card title="Kept by policy">
          {policies.length === 0 ? <p class="empty">No policy kept a trace.</p> : (
            <Bars caption="Traces kept by their own policy" head={["policy", "traces"]}
              rows={[...policies].sort((a, b) => b.traces - a.traces).map((row) => ({
                label: row.policy, parts: [{ kind: "kept", value: row.traces }], note: text.plural(row.traces, "trace"),
              }))} />
          )}
        </Card>
        <Card title="Kept over links, by hops"><Hops report={report} /></Card>
        <Card title="By service"><Services report={report} /></Card>
        <Card title="Dropped, by reason">
          {reasons.length === 0 ? <p class="empty">No trace was dropped.</p> : (
            <Bars caption="Dropped traces by reason" head={["reason", "traces"]}
              rows={reasons.map((row) => ({
                label: text.reasonWord[row.reason] ?? row.reason, parts: [{ kind: "dropped", value: row.traces }],
                note: text.plural(row.traces, "trace"),
              }))} />
          )}
        </Card>
        <Card title="Losses and evictions"><Losses report={report} /></Card>
        <Card title="What this page leaves out">
          <p>
            {left_out.origins + left_out.kept_traces === 0
              ? "Every chain and every kept trace that belongs to one is in this page."
              : `Chains of ${text.plural(left_out.origins, "origin")} and ${text.plural(left_out.kept_traces, "kept trace")} ` +
                "are counted above, but have no entry here: kept traces that no link joins to a chain, and chains that a " +
                "page of 10 MB has no room for. It has the largest, the latest and the most unusual ones."}
          </p>
          {left_out.forgotten > 0 && (
            <p>{text.plural(left_out.forgotten, "trace")} were given up while the report was collected, for lack of memory.</p>
          )}
        </Card>
      </div>
    </div>
  );
}
