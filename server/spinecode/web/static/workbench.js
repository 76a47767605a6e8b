/**
 * The workbench at /sparql: an editor in the place of the form's field, completion from our terms, queries of the
 * catalogue, and the answer as a table, a graph or a file. What it shows stands in the fragment of the address alone.
 */

import Yasqe from "./vendor/yasqe/yasqe.js";
import { termCompleter } from "./completion.js";
import { showAnswer } from "./answers.js";

/**
 * @typedef {object} Settings
 * @property {string} endpoint
 * @property {string} search
 * @property {string} root
 * @property {Record<string, string>} prefixes
 * @property {string[]} terms
 */

/** @typedef {{message: string, line?: number, column?: number, nearest?: string[]}} Fault */

const ACCEPT = "application/sparql-results+json, application/n-triples;q=0.9";
const USUAL = "SELECT ?code ?label\nWHERE {\n  ?concept a spine:ProcedureCode ; skos:notation ?code ; skos:prefLabel ?label .\n}\nORDER BY ?code\nLIMIT 20\n";

const data = document.getElementById("workbench-data");
const form = /** @type {HTMLFormElement|null} */ (document.querySelector("form.workbench"));
const answer = document.getElementById("answer");
if (data && form && answer) start(JSON.parse(data.textContent ?? ""), form, answer);

/**
 * @param {Settings} settings
 * @param {HTMLFormElement} form
 * @param {HTMLElement} answer
 */
function start(settings, form, answer) {
  const field = /** @type {HTMLTextAreaElement} */ (form.querySelector("textarea"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const place = document.createElement("div");
  place.className = "editor";
  field.before(place);
  field.hidden = true;
  field.required = false;
  form.querySelector("label")?.setAttribute("id", "query-label");

  Object.assign(globalThis, { sparqlPrefixes: settings.prefixes }); // these need no declaration
  const completer = termCompleter(settings);
  Yasqe.registerAutocompleter(completer);
  const state = read();
  const editor = new Yasqe(place, {
    value: state.query ?? (field.value || USUAL),
    persistenceId: null,
    consumeShareLink: null,
    createShareableLink: null,
    showQueryButton: false,
    resizeable: false,
    editorHeight: "auto",
    autocompleters: ["variables", completer.name],
    screenReaderLabel: "Query, in SPARQL",
    viewportMargin: Infinity,
    requestConfig: { endpoint: new URL(settings.endpoint, location.href).href },
    // Tab leads on to the next field, as everywhere on the page; indenting is done by Ctrl and a bracket.
    extraKeys: { Tab: false, "Shift-Tab": false, "Ctrl-Enter": () => run(), "Cmd-Enter": () => run() },
  });
  editor.setOption("extraKeys", {
    ...editor.getOption("extraKeys"), Tab: false, "Shift-Tab": false, "Ctrl-Enter": () => run(), "Cmd-Enter": () => run(),
    "Ctrl-]": "indentMore", "Ctrl-[": "indentLess",
  });
  const keys = document.createElement("p");
  keys.className = "hint";
  keys.textContent = "Ctrl Enter runs the query, Ctrl Space completes a name, Tab leaves the editor.";
  place.after(keys);

  /** @type {{clear: () => void}[]} */
  let marks = [];
  let asked = new AbortController();

  async function run() {
    const query = editor.getValue();
    unmark();
    asked.abort();
    asked = new AbortController();
    write({ ...read(), query });
    button.textContent = "Running …";
    answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(settings.endpoint, {
        method: "POST", body: query, signal: asked.signal,
        headers: { "Content-Type": "application/sparql-query", Accept: ACCEPT },
      });
      const kind = (response.headers.get("Content-Type") ?? "").split(";")[0];
      if (!response.ok) fail(await problemOf(response, kind));
      else showAnswer(answer, { query, kind, text: await response.text() }, settings, { read, write });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      fail([{ message: "The server does not answer. Try again in a while." }]);
    } finally {
      button.textContent = "Run";
      answer.removeAttribute("aria-busy");
    }
  }

  /** @param {Fault[]} faults */
  function fail(faults) {
    const box = document.createElement("div");
    box.className = "refused";
    box.setAttribute("role", "alert");
    for (const fault of faults) {
      const told = document.createElement("p");
      told.textContent = fault.message;
      if (fault.line) {
        mark(fault);
        const go = document.createElement("button");
        go.type = "button";
        go.className = "plain";
        go.textContent = `Go to line ${fault.line}`;
        go.addEventListener("click", () => {
          editor.setCursor({ line: (fault.line ?? 1) - 1, ch: Math.max((fault.column ?? 1) - 1, 0) });
          editor.focus();
        });
        told.append(" ", go);
      }
      box.append(told);
    }
    answer.replaceChildren(box);
  }

  /** @param {Fault} fault */
  function mark(fault) {
    const line = Math.min((fault.line ?? 1) - 1, editor.lastLine());
    const start = Math.max((fault.column ?? 1) - 1, 0);
    editor.addLineClass(line, "background", "faulty-line");
    const from = { line, ch: start };
    const to = { line, ch: Math.max(editor.getLine(line).length, start + 1) };
    const text = editor.markText(from, to, { className: "faulty-text" });
    marks.push({ clear: () => (editor.removeLineClass(line, "background", "faulty-line"), text.clear()) });
  }

  function unmark() {
    for (const one of marks) one.clear();
    marks = [];
  }

  editor.on("change", () => {
    field.value = editor.getValue();
    if (marks.length) unmark();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  const catalogue = /** @type {HTMLDetailsElement|null} */ (document.querySelector("details.catalogue"));
  catalogue?.addEventListener("click", async (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-query]") : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const response = await fetch(`${link.href}?format=json`);
    if (!response.ok) return void location.assign(link.href);
    editor.setValue((await response.json()).filled);
    catalogue.open = false;
    form.scrollIntoView({ block: "start" });
    editor.focus();
    run();
  });
  window.addEventListener("hashchange", () => {
    const { query } = read();
    if (query && query !== editor.getValue()) {
      editor.setValue(query);
      run();
    }
  });
  if (state.query) run();
}

/** @typedef {{query?: string, view?: string}} State */

/** @returns {State} */
function read() {
  const found = new URLSearchParams(location.hash.slice(1));
  return { query: found.get("query") ?? undefined, view: found.get("view") ?? undefined };
}

/** @param {State} state */
function write(state) {
  const told = new URLSearchParams();
  if (state.query) told.set("query", state.query);
  if (state.view) told.set("view", state.view);
  history.replaceState(null, "", `${location.pathname}#${told}`);
}

/**
 * @param {Response} response
 * @param {string} kind
 * @returns {Promise<Fault[]>}
 */
async function problemOf(response, kind) {
  if (!kind.endsWith("json")) return [{ message: `The server answers ${response.status} ${response.statusText}.` }];
  const problem = await response.json();
  return problem.errors?.length ? problem.errors : [{ message: problem.detail ?? problem.title }];
}
