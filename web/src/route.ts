// The current view, in the part of the address after '#', so that links, bookmarks and the back button work.
import { useEffect, useState } from "preact/hooks";

export type Route =
  | { view: "overview" }
  | { view: "chains"; query: string }
  | { view: "chain"; id: string; selected?: string }
  | { view: "trace"; id: string; span?: string }
  | { view: "truncated"; id?: string; span?: string };

const isId = (text: string | undefined): text is string => /^[0-9a-f]{32}$/.test(text ?? "");
const isSpan = (text: string | undefined): text is string => /^[0-9a-f]{16}$/.test(text ?? "");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, id, span] = path.split("/");
  if (view === "chains") return { view: "chains", query: decoded(query.replace(/^q=/, "")) };
  if (view === "chain" && isId(id)) return isId(span) ? { view: "chain", id, selected: span } : { view: "chain", id };
  if (view === "trace" && isId(id)) return isSpan(span) ? { view: "trace", id, span } : { view: "trace", id };
  if (view === "truncated") return isId(id) && isSpan(span) ? { view: "truncated", id, span } : { view: "truncated" };
  return { view: "overview" };
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case "overview":
      return "#/";
    case "chains":
      return route.query === "" ? "#/chains" : `#/chains?q=${encodeURIComponent(route.query)}`;
    case "chain":
      return `#/chain/${route.id}${route.selected ? `/${route.selected}` : ""}`;
    case "trace":
      return `#/trace/${route.id}${route.span ? `/${route.span}` : ""}`;
    case "truncated":
      return route.id ? `#/truncated/${route.id}/${route.span}` : "#/truncated";
  }
}

export function go(route: Route, replace = false): void {
  const hash = hashOf(route);
  if (!replace) location.hash = hash;
  else if (location.hash !== hash) {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return route;
}
