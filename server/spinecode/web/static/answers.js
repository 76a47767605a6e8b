/** Answers of queries: as a table, as a graph where it is one, and as files. */

import { drawGraph } from "./graph.js";

/**
 * @typedef {{type: string, value: string, "xml:lang"?: string, datatype?: string}} Cell
 * @typedef {{query: string, kind: string, text: string}} Answer
 * @typedef {{endpoint: string, root: string, prefixes: Record<string, string>}} Settings
 * @typedef {{read: () => {query?: string, view?: string}, write: (state: {query?: string, view?: string}) => void}} Address
 */

const SHOWN = 500;
const TABLES = [["CSV", "text/csv", "csv"], ["TSV", "text/tab-separated-values", "tsv"],
  ["JSON", "application/sparql-results+json", "json"], ["XML", "application/sparql-results+xml", "xml"]];
const GRAPHS = [["Turtle", "text/turtle", "ttl"], ["JSON-LD", "application/ld+json", "jsonld"],
  ["N-Triples", "application/n-triples", "nt"], ["RDF/XML", "application/rdf+xml", "rdf"]];
const XSD = "http://www.w3.org/2001/XMLSchema#";

/**
 * @param {HTMLElement} place
 * @param {Answer} answer
 * @param {Settings} settings
 * @param {Address} address
 */
export function showAnswer(place, answer, settings, address) {
  const isGraph = answer.kind === "application/n-triples";
  const section = element("section", { "aria-labelledby": "result" });
  section.append(element("h2", { id: "result" }, "Answer"));
  if (isGraph) {
    const rows = triples(answer.text);
    const columns = ["subject", "predicate", "object"];
    const table = () => tableOf(columns, rows, settings);
    const views = { table: ["Triples", table], graph: ["Graph", () => drawGraph(rows, (cell) => nameOf(cell, settings), (iri) => linkTo(iri, settings))] };
    section.append(count(rows.length, "triple"), tabs(/** @type {any} */ (views), address));
  } else {
    const found = JSON.parse(answer.text);
    if ("boolean" in found) section.append(element("p", { class: "lead" }, found.boolean ? "Yes." : "No."));
    else {
      const rows = found.results.bindings;
      section.append(count(rows.length, "row"), tableOf(found.head.vars, rows, settings));
    }
  }
  section.append(downloads(answer.query, isGraph ? GRAPHS : TABLES, settings));
  place.replaceChildren(section);
}

/**
 * @param {number} number
 * @param {string} what
 */
function count(number, what) {
  const shown = number > SHOWN ? `, of which the first ${SHOWN} are shown` : "";
  return element("p", { class: "hint" }, `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}${shown}.`);
}

/**
 * Views of one answer, one at a time: buttons that are pressed or not.
 * @param {Record<string, [string, () => Element]>} views
 * @param {Address} address
 */
function tabs(views, address) {
  const group = element("div", { class: "views", role: "group", "aria-label": "Show as" });
  const body = element("div");
  /** @param {string} wanted */
  const show = (wanted) => {
    for (const button of group.children) button.setAttribute("aria-pressed", String(button.getAttribute("data-view") === wanted));
    body.replaceChildren(views[wanted][1]());
    address.write({ ...address.read(), view: wanted });
  };
  for (const [name, [label]] of Object.entries(views)) {
    const button = element("button", { type: "button", class: "plain", "data-view": name }, label);
    button.addEventListener("click", () => show(name));
    group.append(button);
  }
  const { view } = address.read();
  show(view && view in views ? view : "table");
  const both = element("div");
  both.append(group, body);
  return both;
}

/**
 * @param {string[]} columns
 * @param {Record<string, Cell>[]} rows
 * @param {Settings} settings
 */
function tableOf(columns, rows, settings) {
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Rows of the answer" });
  if (!rows.length) return element("p", {}, "Nothing fits.");
  const table = element("table", { class: "results" });
  const head = element("tr");
  head.append(...columns.map((name) => element("th", { scope: "col" }, name)));
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  for (const row of rows.slice(0, SHOWN)) {
    const line = element("tr");
    for (const name of columns) {
      const cell = element("td");
      if (row[name]) cell.append(...shown(row[name], settings));
      line.append(cell);
    }
    body.append(line);
  }
  table.append(top, body);
  scroll.append(table);
  return scroll;
}

/**
 * @param {Cell} cell
 * @param {Settings} settings
 */
function shown(cell, settings) {
  const name = nameOf(cell, settings);
  if (cell.type === "uri") {
    const href = linkTo(cell.value, settings);
    return [href ? element("a", { href }, name) : name];
  }
  if (cell.type === "bnode") return [element("span", { class: "quiet" }, name)];
  const note = cell["xml:lang"] ?? (cell.datatype && !cell.datatype.startsWith(XSD) ? shorten(cell.datatype, settings) : "");
  return note && note !== "en" ? [name, " ", element("span", { class: "kind" }, note)] : [name];
}

/**
 * @param {Cell} cell
 * @param {Settings} settings
 */
function nameOf(cell, settings) {
  if (cell.type === "uri") return shorten(cell.value, settings);
  return cell.type === "bnode" ? "unnamed" : cell.value;
}

/**
 * @param {string} iri
 * @param {Settings} settings
 */
function shorten(iri, settings) {
  const fitting = Object.entries(settings.prefixes).filter(([, base]) => iri.startsWith(base));
  fitting.sort(([, one], [, other]) => other.length - one.length);
  const [prefix, base] = fitting[0] ?? [];
  const local = base === undefined ? "" : iri.slice(base.length);
  return base !== undefined && local && !/[/#]/.test(local) ? `${prefix}:${local}` : iri;
}

/**
 * Where a link to an IRI leads: for one of ours to its page on this server.
 * @param {string} iri
 * @param {Settings} settings
 */
function linkTo(iri, settings) {
  const ours = settings.prefixes.spine;
  // what begins with two slashes would name another server
  if (iri.startsWith(ours) && iri[ours.length] !== "/") return settings.root + iri.slice(ours.length);
  return /^https?:/.test(iri) ? iri : "";
}

/**
 * @param {string} query
 * @param {string[][]} formats
 * @param {Settings} settings
 */
function downloads(query, formats, settings) {
  const line = element("p", { class: "actions downloads" }, "Download ");
  for (const [label, accept, ending] of formats) {
    const button = element("button", { type: "button", class: "plain" }, label);
    button.addEventListener("click", async () => {
      const headers = { "Content-Type": "application/sparql-query", Accept: accept };
      const response = await fetch(settings.endpoint, { method: "POST", body: query, headers });
      if (!response.ok) return void button.replaceChildren("Failed: run it again");
      const link = element("a", { href: URL.createObjectURL(await response.blob()), download: `answer.${ending}` });
      document.body.append(link);
      link.click();
      link.remove();
      URL.revokeObjectURL(link.getAttribute("href") ?? "");
    });
    line.append(button);
  }
  return line;
}

/**
 * The statements of N-Triples, which the server writes one a line.
 * @param {string} text
 * @returns {Record<string, Cell>[]}
 */
export function triples(text) {
  const part = /\s*(?:<([^>]*)>|_:(\S+)|"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^<([^>]*)>)?)/y;
  return text.split("\n").filter(Boolean).map((line) => {
    part.lastIndex = 0;
    const cells = ["subject", "predicate", "object"].map((name) => [name, cellOf(part.exec(line))]);
    return Object.fromEntries(cells);
  });
}

/**
 * @param {RegExpExecArray|null} found
 * @returns {Cell}
 */
function cellOf(found) {
  const [, iri, blank, literal, language, datatype] = found ?? [];
  if (iri !== undefined) return { type: "uri", value: unescaped(iri) };
  if (blank !== undefined) return { type: "bnode", value: blank };
  return { type: "literal", value: unescaped(literal ?? ""), "xml:lang": language, datatype };
}

/** @param {string} text */
function unescaped(text) {
  const plain = { t: "\t", b: "\b", n: "\n", r: "\r", f: "\f" };
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))/g, (_, four, eight, one) =>
    one === undefined ? String.fromCodePoint(parseInt(four ?? eight, 16)) : (plain[/** @type {"t"} */ (one)] ?? one));
}

/**
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {string} [text]
 */
function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}
