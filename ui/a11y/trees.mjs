// What a screen reader is given of each view: roles, names and states, as the browser itself works them out. Kept beside
// this file, compared line by line; UPDATE=1 writes them anew.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { diffComm } from "node-diff3";

const FOLDER = new URL("./golden/", import.meta.url);
/** Of what is repeated, so many one after the other are enough to see what they are like. */
const ALIKE = 3;
const REPEATED = new Set(["row", "listitem", "option", "article"]);
/** A name is a sentence at most; of a text its beginning tells which it is. */
const LONGEST = { text: 60, other: 200 };
/** What is nothing by itself: its children stand in its place. */
const THROUGH = new Set(["none", "generic", "RootWebArea", "LabelText", "strong", "emphasis", "code", "LayoutTable", "LayoutTableRow", "LayoutTableCell"]);
const NOTHING = new Set(["InlineTextBox", "ListMarker"]);
/** Said when they are so; the first also when they are not, because that they could be is the point. */
const EITHER = ["checked", "pressed", "expanded", "selected"];
const STATES = [...EITHER, "disabled", "required", "readonly", "invalid", "modal", "multiselectable", "hasPopup", "level", "live", "roledescription", "keyshortcuts"];

/** The tree of what the page shows. */
export async function treeOf(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  return lines(below(nodes[0], byId), "").join("\n");
}

/** What stands below a node, without what is nothing by itself, and with the pieces of a text put together. */
function below(node, byId) {
  const found = (node.childIds ?? []).flatMap((id) => {
    const child = byId.get(id);
    if (child === undefined || NOTHING.has(child.role?.value)) return [];
    const inside = below(child, byId);
    if (child.ignored || THROUGH.has(child.role?.value)) return inside;
    // What a live region says comes and goes by the clock.
    const isLive = child.properties?.some(({ name }) => name === "live");
    return [{ node: child, role: child.role.value, name: isLive ? "" : words(child.name?.value), inside: isLive ? [] : inside }];
  });
  return found.reduce((all, each) => {
    const last = all.at(-1);
    if (each.role !== "StaticText") return [...all, each];
    if (each.name === "") return all;
    return last?.role === "StaticText" ? [...all.slice(0, -1), { ...last, name: `${last.name} ${each.name}` }] : [...all, each];
  }, []);
}

/** Without the marks of direction, which nobody hears. */
const words = (text) => String(text ?? "").replaceAll(/[\u2066-\u2069]/g, "").replaceAll(/\s+/g, " ").trim();

function lines(nodes, indent) {
  let alike = 0;
  return nodes.flatMap((each, at) => {
    alike = nodes[at - 1]?.role === each.role ? alike + 1 : 1;
    if (alike > ALIKE && REPEATED.has(each.role)) return alike === ALIKE + 1 ? [`${indent}… more of ${each.role}`] : [];
    const onlyText = each.inside.every(({ role }) => role === "StaticText");
    // A text of its own is the line's; one that only says the name again is left out.
    const line = onlyText && each.name === "" ? lineOf({ ...each, text: each.inside[0]?.name }) : lineOf(each);
    return [`${indent}${line}`, ...(onlyText ? [] : lines(each.inside, `${indent}  `))];
  });
}

function lineOf({ node, role, name, inside, text }) {
  const isText = role === "StaticText";
  const property = (state) => node.properties?.find((each) => each.name === state)?.value?.value;
  const states = STATES.flatMap((state) => {
    const value = property(state);
    if (value === true || value === "true") return [state];
    if (value === false || value === "false") return EITHER.includes(state) ? [`not ${state}`] : [];
    return value === undefined || value === "" ? [] : [`${state}=${value}`];
  });
  // A row is called by its cells, which come next.
  const called = role === "row" && inside[0]?.name === name ? "" : name;
  const quoted = (said, longest) => (said === "" || said === undefined ? [] : [JSON.stringify(said.length > longest ? `${said.slice(0, longest)}…` : said)]);
  return [
    isText ? "text" : role,
    ...quoted(called === "" && text !== undefined ? text : called, isText || text !== undefined ? LONGEST.text : LONGEST.other),
    ...states,
    ...(node.value?.value === undefined || node.value.value === "" ? [] : [`value=${JSON.stringify(node.value.value)}`]),
    ...(node.description?.value ? [`described as ${JSON.stringify(words(node.description.value))}`] : []),
  ].join(" ");
}

/** What differs from what is kept, a text for each view. `all` are the views that must be there; null looks only at those
 * that were asked for. */
export function compareTrees(trees, { update, all }) {
  mkdirSync(FOLDER, { recursive: true });
  const file = (view) => new URL(`${view}.txt`, FOLDER);
  const kept = readdirSync(FOLDER).map((each) => each.replace(/\.txt$/, ""));
  const differences = [];
  if (all !== null) {
    for (const view of kept.filter((each) => !all.includes(each))) {
      if (update) rmSync(file(view));
      else differences.push(`golden/${view}.txt: there is no such view any more`);
    }
  }
  for (const [view, tree] of trees) {
    if (update) writeFileSync(file(view), `${tree}\n`);
    else if (!kept.includes(view)) differences.push(`golden/${view}.txt is missing; UPDATE=1 writes it`);
    else {
      const before = readFileSync(file(view), "utf8").trimEnd();
      if (before !== tree) differences.push(`golden/${view}.txt differs; UPDATE=1 writes it anew\n${diff(before, tree)}`);
    }
  }
  return { differences };
}

/** What went and what came, each with the lines around it. */
function diff(before, after) {
  const AROUND = 2;
  return diffComm(before.split("\n"), after.split("\n"))
    .flatMap(({ common, buffer1, buffer2 }) => {
      if (common === undefined) return [...buffer1.map((each) => `- ${each}`), ...buffer2.map((each) => `+ ${each}`)];
      const quiet = common.map((each) => `  ${each}`);
      return quiet.length <= 2 * AROUND ? quiet : [...quiet.slice(0, AROUND), "  …", ...quiet.slice(-AROUND)];
    })
    .join("\n");
}
