import { useEffect, useMemo, useState } from "preact/hooks";
import type { Origin } from "../format";
import { listChains, type ChainGroup, type Order } from "../groups";
import type { Report } from "../model";
import { go } from "../route";
import * as text from "../text";
import { Shape } from "./charts";
import { StateMark } from "./parts";

const orders: { order: Order; label: string }[] = [
  { order: "largest", label: "Largest" },
  { order: "latest", label: "Latest" },
  { order: "unusual", label: "Most unusual" },
];
const pageSize = 100;

function ChainRow({ report, chain, inGroup }: { report: Report; chain: Origin; inGroup: boolean }) {
  const trace = report.trace(chain.trace);
  const error = report.error(trace);
  return (
    <tr class={inGroup ? "in-group" : ""}>
      <th scope="row">
        <a href={`#/chain/${trace.id}`}>
          <StateMark state={trace.state} origin error={(trace.errors ?? 0) > 0} />
          <span>
            <b>{inGroup ? <code>{text.shortId(trace.id)}</code> : report.title(trace)}</b>
            {error && <span class="error-text">{error}</span>}
          </span>
        </a>
      </th>
      <td><Shape linked={chain.linked} linking={chain.linking} /></td>
      <td class="num">{text.count(chain.traces)}</td>
      <td class="num">{text.count(chain.spans)}</td>
      <td class="num">{chain.not_kept ? text.count(chain.not_kept) : "–"}</td>
      <td>{trace.policy}</td>
      <td class="when">{report.moment(report.time(trace))}</td>
    </tr>
  );
}

function GroupRows({ report, group }: { report: Report; group: ChainGroup }) {
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState(20);
  if (group.chains.length === 1) return <ChainRow report={report} chain={group.chains[0]!} inGroup={false} />;
  const sum = (side: "linked" | "linking") => {
    const total: number[] = [];
    for (const chain of group.chains) chain[side]?.forEach((n, i) => (total[i] = (total[i] ?? 0) + n));
    return total;
  };
  const first = report.trace(group.chains[0]!.trace);
  const notKept = group.chains.reduce((n, chain) => n + (chain.not_kept ?? 0), 0);
  return (
    <>
      <tr class="group">
        <th scope="row">
          <div class="group-title">
            <button type="button" class="quiet toggle" aria-expanded={open} onClick={() => setOpen(!open)}
              aria-label={`${open ? "Hide" : "Show"} the ${group.chains.length} origins of ${group.title}`}>{open ? "▾" : "▸"}</button>
            <a href={`#/chain/${first.id}`}>
              <span>
                <b>{group.title}</b> <span class="pill">{text.plural(group.chains.length, "origin")}</span>
                {group.error && <span class="error-text">{group.error}</span>}
              </span>
            </a>
          </div>
        </th>
        <td><Shape linked={sum("linked")} linking={sum("linking")} /></td>
        <td class="num">{text.count(group.traces)}</td>
        <td class="num">{text.count(group.spans)}</td>
        <td class="num">{notKept ? text.count(notKept) : "–"}</td>
        <td>{group.policy}</td>
        <td class="when">{report.moment(report.time(first))}</td>
      </tr>
      {open && group.chains.slice(0, shown).map((chain) => <ChainRow report={report} chain={chain} inGroup />)}
      {open && group.chains.length > shown && (
        <tr class="in-group"><td colSpan={7}>
          <button type="button" class="quiet" onClick={() => setShown(shown + pageSize)}>
            and {text.count(group.chains.length - shown)} more
          </button>
        </td></tr>
      )}
    </>
  );
}

// Traces whose names or ID have every word: for what is no origin itself.
function OtherTraces({ report, query }: { report: Report; query: string }) {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "" && !/^\w+:/.test(word));
  const found = useMemo(() => {
    if (words.length === 0) return [];
    return report.data.traces
      .map((trace, index) => ({ trace, index }))
      .filter(({ trace, index }) => {
        if (report.originOf.has(index)) return false;
        const all = `${trace.id}\n${report.title(trace)}\n${report.error(trace)}`.toLowerCase();
        return words.every((word) => all.includes(word));
      });
  }, [report, query]);
  if (found.length === 0) return null;
  return (
    <section>
      <h2>Other traces <span class="pill">{text.count(found.length)}</span></h2>
      <ul class="plain">
        {found.slice(0, 50).map(({ trace }) => (
          <li><a href={`#/trace/${trace.id}`} class="trace-link">
            <StateMark state={trace.state} error={(trace.errors ?? 0) > 0} />{report.title(trace)} <code class="dim">{text.shortId(trace.id)}</code>
          </a></li>
        ))}
      </ul>
      {found.length > 50 && <p class="dim">and {text.count(found.length - 50)} more; search for more words to see them</p>}
    </section>
  );
}

export function ChainList({ report, query }: { report: Report; query: string }) {
  const [order, setOrder] = useState<Order>("largest");
  const [grouped, setGrouped] = useState(true);
  const [typed, setTyped] = useState(query);
  const [shown, setShown] = useState(pageSize);
  useEffect(() => setTyped(query), [query]);
  useEffect(() => setShown(pageSize), [query, order, grouped]);
  const groups = useMemo(() => listChains(report, query, order, grouped), [report, query, order, grouped]);
  const chains = groups.reduce((n, group) => n + group.chains.length, 0);
  return (
    <div class="page">
      <h1>Chains</h1>
      <p class="lead">
        A chain is what the keep of one origin kept: the causes that it links to, and the consequences that link to it.
      </p>
      <div class="toolbar">
        <input type="search" value={typed} aria-label="Filter chains" placeholder="Filter: words, service:…, policy:…, error:…, id:…"
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            go({ view: "chains", query: event.currentTarget.value.trim() }, true);
          }} />
        <div class="switch" role="group" aria-label="Order">
          {orders.map((entry) => (
            <button type="button" aria-pressed={entry.order === order} onClick={() => setOrder(entry.order)}>{entry.label}</button>
          ))}
        </div>
        <label class="check"><input type="checkbox" checked={grouped} onChange={() => setGrouped(!grouped)} /> group alike</label>
        <span class="dim" role="status">{text.plural(chains, "chain")}{query && ` of ${text.count(report.data.origins.length)}`}</span>
      </div>
      {groups.length === 0 ? (
        <p class="empty">{query ? "No chain matches." : "No trace is an origin: no policy that spreads over links kept one."}</p>
      ) : (
        <div class="scroll">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Origin</th>
                <th scope="col"><abbr title="Traces by hops: causes on the left, the origin, consequences on the right">Shape</abbr></th>
                <th scope="col" class="num">Traces</th>
                <th scope="col" class="num">Spans</th>
                <th scope="col" class="num"><abbr title="Traces that the keep reached, but could not keep">Not kept</abbr></th>
                <th scope="col">Policy</th>
                <th scope="col">Time (UTC)</th>
              </tr>
            </thead>
            <tbody>{groups.slice(0, shown).map((group) => <GroupRows key={group.key} report={report} group={group} />)}</tbody>
          </table>
        </div>
      )}
      {groups.length > shown && (
        <button type="button" onClick={() => setShown(shown + pageSize)}>Show more ({text.count(groups.length - shown)})</button>
      )}
      {report.data.left_out.origins > 0 && (
        <p class="dim">{text.plural(report.data.left_out.origins, "origin")} more had no room in this page.</p>
      )}
      <OtherTraces report={report} query={query} />
    </div>
  );
}
