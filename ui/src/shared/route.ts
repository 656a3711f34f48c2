// Where this window stands: kept in the address's hash, so that a reload (or a web process that had to be started
// again) comes back to the same view.

import { useSyncExternalStore } from "react";

export type Route =
  | { view: "board" }
  | { view: "sync" }
  | { view: "conflict"; entityKind: string; entityId: string }
  | { view: "story"; entityKind: string; entityId: string }
  | { view: "playbook"; place: string | null }
  | { view: "summary" }
  | { view: "report"; period: string | null }
  | { view: "front-desk" };

export function parseRoute(hash: string): Route {
  const [view, kind, id] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (view === "sync") return { view: "sync" };
  if (view === "front-desk") return { view: "front-desk" };
  if (view === "summary") return { view: "summary" };
  if (view === "report") return { view: "report", period: kind ?? null };
  if ((view === "conflict" || view === "story") && kind !== undefined && id !== undefined) {
    return { view, entityKind: kind, entityId: id };
  }
  if (view === "playbook") return { view: "playbook", place: kind ?? null };
  return { view: "board" };
}

export function routeHash(route: Route): string {
  if (route.view === "playbook") return route.place === null ? "#/playbook" : `#/playbook/${encodeURIComponent(route.place)}`;
  if (route.view === "report") return route.period === null ? "#/report" : `#/report/${encodeURIComponent(route.period)}`;
  if (route.view === "conflict" || route.view === "story") {
    return `#/${route.view}/${encodeURIComponent(route.entityKind)}/${encodeURIComponent(route.entityId)}`;
  }
  return `#/${route.view}`;
}

export function go(route: Route): void {
  const hash = routeHash(route);
  if (window.location.hash !== hash) window.location.hash = hash;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}
