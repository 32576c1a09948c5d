import { useEffect, useRef, useState } from "preact/hooks";
import type { Report } from "../model";
import { go, hashOf, useRoute, type Route } from "../route";
import * as text from "../text";
import { ChainList } from "./chain_list";
import { ChainView } from "./chain_view";
import { Overview } from "./overview";
import { TraceView } from "./trace_view";
import { TruncatedView } from "./truncated_view";

type Theme = "auto" | "light" | "dark";
const themes: Theme[] = ["auto", "light", "dark"];

function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem("entail-theme");
    return themes.find((theme) => theme === stored) ?? "auto";
  } catch {
    return "auto"; // a page from disk may have no storage
  }
}

function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  useEffect(() => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("entail-theme", theme);
    } catch {
      // it holds until the page is closed
    }
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!;
  return (
    <button type="button" class="quiet" onClick={() => setTheme(next)} aria-label={`Colours: ${theme}. Switch to ${next}`}>
      <span aria-hidden="true">{theme === "auto" ? "◐" : theme === "light" ? "☀" : "☾"}</span> {theme}
    </button>
  );
}

function Search({ report, route }: { report: Report; route: Route }) {
  const query = route.view === "chains" ? route.query : "";
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.key !== "/" || target.closest("input, textarea, select")) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    const typed = (input.current?.value ?? "").trim();
    const id = typed.toLowerCase();
    const found = /^[0-9a-f]{6,32}$/.test(id) ? report.data.traces.filter((trace) => trace.id.startsWith(id)) : [];
    if (found.length === 1) go({ view: report.originOf.has(report.byId.get(found[0]!.id)!) ? "chain" : "trace", id: found[0]!.id });
    else go({ view: "chains", query: typed });
  };
  return (
    <form role="search" onSubmit={submit}>
      <input ref={input} type="search" key={query} defaultValue={query} aria-label="Search chains and traces"
        placeholder="Service, error or trace ID ( / )" />
    </form>
  );
}

const tabs: { view: Route["view"]; label: string; route: Route }[] = [
  { view: "overview", label: "Overview", route: { view: "overview" } },
  { view: "chains", label: "Chains", route: { view: "chains", query: "" } },
  { view: "truncated", label: "Truncated spans", route: { view: "truncated" } },
];

function tabOf(route: Route): Route["view"] {
  return route.view === "chain" || route.view === "trace" ? "chains" : route.view;
}

function View({ report, route }: { report: Report; route: Route }) {
  switch (route.view) {
    case "overview":
      return <Overview report={report} />;
    case "chains":
      return <ChainList report={report} query={route.query} />;
    case "chain": {
      const index = report.byId.get(route.id);
      if (index === undefined) return <Missing id={route.id} />;
      return <ChainView key={route.id} report={report} origin={index} selected={route.selected} />;
    }
    case "trace": {
      const index = report.byId.get(route.id);
      if (index === undefined) return <Missing id={route.id} />;
      return <TraceView key={route.id} report={report} index={index} selected={route.span} />;
    }
    case "truncated":
      return <TruncatedView report={report} id={route.id} span={route.span} />;
  }
}

function Missing({ id }: { id: string }) {
  return (
    <div class="page">
      <h1>Not in this page</h1>
      <p>
        Trace <code>{id}</code> has no entry here: either no link of a shown chain leads to it, or the page had no room. A
        report of fewer inputs shows more of each.
      </p>
      <p><a href="#/chains">All chains</a></p>
    </div>
  );
}

export function App({ report }: { report: Report }) {
  const route = useRoute();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const place = route.view === "chain" || route.view === "trace" ? `${route.view}/${route.id}` : route.view;
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [place]);
  const { inputs } = report.data;
  const input = inputs.length === 1 ? inputs[0]!.replace(/^.*\//, "") : text.plural(inputs.length, "input");
  useEffect(() => {
    document.title = `${input} – Entail report`;
  }, [input]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to content</a>
      <header class="top">
        <a class="brand" href="#/" aria-label="Entail report, overview">
          <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
            <path d="M6 6 L11 11 L6 16 M11 11 H18" class="brand-line" />
            <circle cx="5" cy="5" r="2.6" /><circle cx="5" cy="17" r="2.6" /><circle cx="18" cy="11" r="3.2" class="brand-hot" />
          </svg>
          entail
        </a>
        <span class="source" title={inputs.join("\n")}>{input}</span>
        <nav aria-label="Views">
          {tabs.map((tab) => (
            <a href={hashOf(tab.route)} aria-current={tabOf(route) === tab.view ? "page" : undefined}>
              {tab.label}
              {tab.view === "truncated" && report.truncated.length > 0 && <span class="pill">{report.truncated.length}</span>}
              {tab.view === "chains" && <span class="pill">{text.count(report.data.origins.length)}</span>}
            </a>
          ))}
        </nav>
        <Search report={report} route={route} />
        <ThemeButton />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View report={report} route={route} />
      </main>
    </>
  );
}
