// Spans with more links than could be kept: what arrived, what was emitted, and by which rule.
import type { Report, TruncatedSpan } from "../model";
import * as text from "../text";
import { Figure, Id } from "./parts";

const strata = [
  { key: "pinned", words: "lead to traces that are kept, or will be" },
  { key: "open", words: "lead to traces that may still be kept, or of which nothing has arrived" },
  { key: "closed", words: "lead to dropped traces, or nowhere" },
] as const;

// A uniform sample keeps the links whose key is below the threshold, of 64 bits.
export function uniformShare(threshold: string | undefined): number | null {
  if (!threshold || !/^[0-9a-f]{16}$/.test(threshold)) return null;
  return Number(BigInt(`0x${threshold}`)) / 2 ** 64;
}

function Stratum({ name, words, received, emitted, top }: { name: string; words: string; received: number; emitted: number; top: number }) {
  const width = (n: number) => (top === 0 ? 0 : (100 * n) / top);
  return (
    <tr>
      <th scope="row"><b>{name}</b><small>{words}</small></th>
      <td class="track" aria-hidden="true">
        <svg viewBox="0 0 100 10" preserveAspectRatio="none">
          <rect class="dropped" width={width(received)} y="0" height="10" />
          <rect class="kept" width={width(emitted)} y="0" height="10" />
        </svg>
      </td>
      <td class="num">{text.count(emitted)} of {text.count(received)}</td>
      <td class="num">{text.share(emitted, received)}</td>
    </tr>
  );
}

function Detail({ report, entry }: { report: Report; entry: TruncatedSpan }) {
  const { truncation, span } = entry;
  const trace = report.trace(entry.trace);
  const share = uniformShare(truncation.threshold_uniform);
  const top = Math.max(...strata.map(({ key }) => truncation.strata[key][0]));
  return (
    <section class="card wide" aria-label="Truncated span">
      <h2>{report.names(span[4], span[5]) || `span ${span[0]}`}</h2>
      <Id id={span[0]} /> <a href={`#/trace/${trace.id}/${span[0]}`}>in trace {text.shortId(trace.id)}</a>
      <dl class="figures">
        <Figure label="Links received" value={text.compact(truncation.received)} />
        <Figure label="Emitted" value={text.compact(truncation.emitted)} note={text.share(truncation.emitted, truncation.received)} />
        <Figure label="Removed here" value={text.compact(truncation.dropped)} />
        <Figure label="Cut by the SDK" value={text.compact(truncation.dropped_upstream)} note="never received" />
      </dl>
      <h3>By stratum</h3>
      <table class="bars strata">
        <caption class="hidden">Links received and emitted by stratum</caption>
        <tbody>
          {strata.map(({ key, words }) => {
            const [received, emitted] = truncation.strata[key];
            return <Stratum name={key} words={words} received={received} emitted={emitted} top={top} />;
          })}
        </tbody>
      </table>
      <dl class="facts">
        <div><dt>Malformed</dt><dd>{text.count(truncation.malformed)}, with an ID that is not valid</dd></div>
        <div><dt>Duplicates</dt><dd>{text.count(truncation.duplicates)}, of an earlier link of the span</dd></div>
        {truncation.threshold_uniform && (
          <div><dt>Uniform threshold</dt><dd><code>{truncation.threshold_uniform}</code>
            {share !== null && <> – a link has a key below it with probability {share < 0.001 ? share.toExponential(2) : share.toFixed(4)}; those are in the uniform sample</>}</dd></div>
        )}
        {truncation.threshold_consistent && (
          <div><dt>Consistent threshold</dt><dd><code>{truncation.threshold_consistent}</code> – of the sample that agrees with consistent probability sampling</dd></div>
        )}
        <div><dt>Algorithm</dt><dd>{truncation.algorithm}, seed {truncation.seed}</dd></div>
      </dl>
    </section>
  );
}

export function TruncatedView({ report, id, span }: { report: Report; id: string | undefined; span: string | undefined }) {
  const entries = report.truncated;
  const selected = entries.find((entry) => report.trace(entry.trace).id === id && entry.span[0] === span) ?? entries[0];
  return (
    <div class="page">
      <h1>Truncated spans</h1>
      <p class="lead">Spans that carried more links than <code>max_links_per_span</code>. Links to kept traces stay first; of the others a sample stays.</p>
      {!selected ? (
        <p class="empty">
          No span in this page had links removed.
          {report.data.source === "decisions" && " With a decision log, only the output of sample says so: pass that as input."}
        </p>
      ) : (
        <>
          <Detail report={report} entry={selected} />
          <div class="scroll below">
            <table class="list">
              <thead><tr>
                <th scope="col">Span</th><th scope="col" class="num">Received</th><th scope="col" class="num">Emitted</th>
                <th scope="col" class="num">Pinned</th><th scope="col" class="num">Open</th><th scope="col" class="num">Closed</th>
              </tr></thead>
              <tbody>
                {entries.slice(0, 200).map((entry) => (
                  <tr aria-current={entry === selected ? "true" : undefined}>
                    <th scope="row"><a href={`#/truncated/${report.trace(entry.trace).id}/${entry.span[0]}`}>
                      {report.names(entry.span[4], entry.span[5]) || entry.span[0]}
                    </a></th>
                    <td class="num">{text.count(entry.truncation.received)}</td>
                    <td class="num">{text.count(entry.truncation.emitted)}</td>
                    {strata.map(({ key }) => <td class="num">{text.count(entry.truncation.strata[key][1])} of {text.count(entry.truncation.strata[key][0])}</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}
