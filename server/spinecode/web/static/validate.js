/**
 * The page that validates, with the text as an editor: numbered lines with a mark where something was found, a result as
 * the text is typed, dropped or opened, a jump to its place, and fixes that can be taken back. What is typed goes to the
 * server and nowhere else, and is not stored. Without this script the same forms do the same.
 */

/** How long nothing is typed until the text is validated, in milliseconds. */
const PAUSE = 800;

/** The longest file that is opened, and the longest text whose places are marked, in characters. */
const LONGEST = 1_000_000;

/** The signs of a severity, from the worst. @type {Record<string, string>} */
const SIGNS = { violation: "\u2717", warning: "!", info: "i" };

/** What is marked at a place: as on the server, an IRI, a text, a word or a sign. */
const PIECE = /<[^<>\s]*>|"(?:[^"\\\n]|\\.)*"|[^\s;,"'<>[\]{}()]+|./uy;

/** @typedef {{ line: number, column: number, severity: string, target: string }} Mark */

const form = /** @type {HTMLFormElement} */ (document.getElementById("document-form"));
const area = /** @type {HTMLTextAreaElement} */ (document.getElementById("document"));
const editor = /** @type {HTMLElement} */ (area.closest(".editor"));
const applied = /** @type {HTMLElement} */ (document.getElementById("applied"));

const gutter = element("div", "gutter");
const numbers = element("pre", "numbers");
const backdrop = element("pre", "backdrop");
gutter.setAttribute("aria-hidden", "true");
backdrop.setAttribute("aria-hidden", "true");
gutter.append(numbers);
editor.prepend(gutter);
area.before(backdrop);

const live = document.createElement("input");

/** @type {Mark[]} */
let marks = [];
/** The text that the result shown speaks of. @type {string | undefined} */
let validated;
/** The fixes made, each with the text before and after. @type {{ before: string, after: string }[]} */
const made = [];
/** @type {AbortController | undefined} */
let running;
/** @type {number | undefined} */
let waiting;

/**
 * @param {string} kind
 * @param {string} [name]
 * @param {string} [text]
 */
function element(kind, name = "", text = "") {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

/** @returns {HTMLElement | null} */
const result = () => document.getElementById("result");

/** @param {string} text */
function announce(text) {
  const status = document.getElementById("announce");
  if (status) status.textContent = text.replace(/\s+/g, " ").trim();
}

// ------------------------------------------------------------------ the marks

/** Where a line begins and what stands in it. @param {number} line */
function lineAt(line) {
  const lines = area.value.split("\n");
  const text = lines[line - 1] ?? "";
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  return { start, text };
}

/** The server counts characters, and a script what they are made of. @param {string} text @param {number} number */
function units(text, number) {
  return /[\ud800-\udfff]/.test(text) ? [...text].slice(0, number).join("").length : number;
}

/** How much is marked at a column. @param {string} text @param {number} column @returns {[number, number]} */
function piece(text, column) {
  PIECE.lastIndex = units(text, column - 1);
  const start = PIECE.lastIndex;
  return [start, start + (PIECE.exec(text)?.[0].length ?? 0)];
}

/** Take the marks from the result that is shown. */
function readMarks() {
  const found = document.querySelectorAll("#result [data-line], .faults [data-line]");
  marks = [...found].map((one) => {
    const told = /** @type {HTMLElement} */ (one).dataset;
    const holder = /** @type {HTMLElement | null} */ (one.closest("[data-severity]"));
    return {
      line: Number(told.line),
      column: Number(told.column ?? 1),
      severity: holder?.dataset.severity ?? "violation",
      target: holder?.id ?? "",
    };
  });
}

/** Draw the numbers of the lines, and the marks in and behind the text. */
function draw() {
  const lines = area.value.split("\n");
  /** @type {Map<number, Mark[]>} */
  const at = new Map();
  for (const mark of area.value === validated ? marks : []) {
    at.set(mark.line, [...(at.get(mark.line) ?? []), mark]);
  }
  numbers.replaceChildren();
  let plain = "";
  lines.forEach((_, place) => {
    const there = at.get(place + 1);
    if (!there) {
      plain += `${place + 1}\n`;
      return;
    }
    const worst = Object.keys(SIGNS).find((name) => there.some((mark) => mark.severity === name)) ?? "info";
    const number = element("span", worst, `${SIGNS[worst]} ${place + 1}`);
    number.dataset.target = there[0].target;
    numbers.append(plain, number);
    plain = "";
  });
  numbers.append(plain);
  backdrop.replaceChildren();
  if (at.size && area.value.length <= LONGEST) {
    lines.forEach((text, place) => {
      let done = 0;
      for (const mark of (at.get(place + 1) ?? []).sort((one, other) => one.column - other.column)) {
        const [start, end] = piece(text, mark.column);
        if (start >= done && end > start) {
          backdrop.append(text.slice(done, start), element("mark", mark.severity, text.slice(start, end)));
          done = end;
        }
      }
      backdrop.append(`${text.slice(done)}\n`);
    });
  }
  follow();
}

/** Keep what is beside and behind the text where the text is. */
function follow() {
  numbers.style.transform = `translateY(${-area.scrollTop}px)`;
  backdrop.scrollTop = area.scrollTop;
  backdrop.scrollLeft = area.scrollLeft;
}

/** Put the cursor on what stands at a place. @param {number} line @param {number} column */
function jump(line, column) {
  const { start, text } = lineAt(line);
  const [from, to] = piece(text, column);
  area.focus({ preventScroll: true });
  area.setSelectionRange(start + from, start + to);
  const height = area.scrollHeight / Math.max(1, area.value.split("\n").length);
  area.scrollTop = Math.max(0, (line - 3) * height);
  area.scrollLeft = Math.max(0, (from - 20) * 8);
  editor.scrollIntoView({ block: "nearest" });
  follow();
}

// ------------------------------------------------------------------ validating

/**
 * Ask the server what is found in the text, and show it.
 * @param {boolean} [lead] whether the reader goes to the result
 */
async function validate(lead = false) {
  clearTimeout(waiting);
  running?.abort();
  const text = area.value;
  if (!text.trim()) return;
  running = new AbortController();
  const { signal } = running;
  document.body.setAttribute("aria-busy", "true");
  try {
    const syntax = /** @type {HTMLSelectElement} */ (form.elements.namedItem("syntax")).value;
    const response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams({ content: text, syntax }),
      signal,
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    show(page, text, lead);
  } catch (error) {
    if (!signal.aborted) {
      announce("The server does not answer.");
      say("The server does not answer. Your text is still here; try again.");
    }
  } finally {
    if (running?.signal === signal) document.body.removeAttribute("aria-busy");
  }
}

/**
 * Show the result on a page from the server; a page that says that the text cannot be read is one too.
 * @param {Document} page
 * @param {string} text what was validated
 * @param {boolean} lead
 */
function show(page, text, lead) {
  let part = page.getElementById("result");
  if (!part) {
    part = page.createElement("section");
    part.id = "result";
    part.setAttribute("aria-labelledby", "verdict");
    const verdict = page.createElement("h2");
    verdict.id = "verdict";
    verdict.className = "verdict";
    verdict.tabIndex = -1;
    verdict.textContent = page.querySelector("h1")?.lastChild?.textContent?.trim() ?? "It cannot be read";
    part.append(verdict, ...page.querySelectorAll("ul.faults"));
  }
  const here = result();
  if (here) here.replaceWith(document.adoptNode(part));
  else document.querySelector("ul.faults")?.replaceWith(document.adoptNode(part));
  validated = text;
  prepare();
  const verdict = document.getElementById("verdict");
  if (lead && verdict) {
    verdict.focus({ preventScroll: true });
    verdict.scrollIntoView({ block: "nearest" });
  }
  announce(`${verdict?.textContent ?? ""}. ${document.querySelector("#result .counted")?.textContent ?? ""}`);
}

/** Make the result that is shown at home in the editor. */
function prepare() {
  // the text itself is marked, so that it need not stand there twice
  document.querySelector("#result .standing")?.setAttribute("hidden", "");
  for (const fault of document.querySelectorAll(".faults li[data-line]")) {
    const told = /** @type {HTMLElement} */ (fault).dataset;
    const link = /** @type {HTMLAnchorElement} */ (element("a", "place", `Go to line ${told.line}`));
    link.href = "#document";
    link.dataset.line = told.line;
    link.dataset.column = told.column ?? "1";
    for (const name of ["line", "column"]) delete told[name];
    fault.append(" ", link);
  }
  readMarks();
  stale();
}

/** Tell whether the result speaks of another text than the one that is there, since its fixes are not for that. */
function stale() {
  const part = result();
  const changed = validated !== undefined && area.value !== validated;
  part?.classList.toggle("stale", changed);
  for (const button of document.querySelectorAll("#result button[name=apply]")) {
    /** @type {HTMLButtonElement} */ (button).disabled = changed;
  }
  draw();
}

/** Something was typed, pasted or opened. */
function changed() {
  stale();
  clearTimeout(waiting);
  if (live.checked && area.value.trim()) waiting = setTimeout(() => validate(), PAUSE);
}

// ------------------------------------------------------------------ fixes

/**
 * Write something in the place of a part of the text, as a person would who types, so that the browser can undo it.
 * @param {number} start
 * @param {number} end
 * @param {string} replacement
 */
function write(start, end, replacement) {
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, end);
  const done = replacement ? document.execCommand("insertText", false, replacement) : document.execCommand("delete");
  if (!done) area.setRangeText(replacement, start, end, "end");
}

/** @param {HTMLButtonElement} button */
function apply(button) {
  const { start, end, replacement } = button.dataset;
  const before = area.value;
  const told = button.parentElement?.querySelector("[id^=mend-]")?.textContent ?? "";
  write(units(before, Number(start)), units(before, Number(end)), replacement ?? "");
  made.push({ before, after: area.value });
  say(`Done: ${told}.`, undo);
  validate(true);
}

function undo() {
  const last = made.pop();
  if (last && area.value === last.after) {
    write(0, area.value.length, last.before);
    say("The fix was taken back.", made.length ? undo : undefined);
    validate(true);
  } else {
    say("The text was changed since; Ctrl+Z in it takes back one step after the other.");
  }
}

/** @param {string} text @param {(() => void)} [back] what takes it back */
function say(text, back) {
  applied.replaceChildren(element("span", "", text));
  if (back) {
    const button = /** @type {HTMLButtonElement} */ (element("button", "second", "Undo"));
    button.type = "button";
    button.addEventListener("click", back);
    applied.append(button);
  }
  applied.hidden = false;
}

// ------------------------------------------------------------------ files

/** @param {File | undefined} file */
async function open(file) {
  if (!file) return;
  if (file.size > LONGEST) {
    say(`${file.name} is longer than the ${LONGEST / 1000} kB that are taken here; the command line takes any length.`);
    announce(applied.textContent ?? "");
    return;
  }
  const syntax = /** @type {HTMLSelectElement} */ (form.elements.namedItem("syntax"));
  syntax.value = "auto";
  area.focus({ preventScroll: true });
  write(0, area.value.length, (await file.text()).replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"));
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
  say(`${file.name} was opened. It is not stored.`);
  validate(true);
}

// ------------------------------------------------------------------ what happens

form.addEventListener("submit", (event) => {
  const button = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
  if (button?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (button?.name === "apply") {
    if (area.value === validated) apply(button);
  } else {
    validate(true);
  }
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest("a[data-line]");
  if (link instanceof HTMLElement) {
    event.preventDefault();
    jump(Number(link.dataset.line), Number(link.dataset.column ?? 1));
  }
});

gutter.addEventListener("click", (event) => {
  const target = event.target instanceof HTMLElement ? event.target.dataset.target : undefined;
  if (target) document.getElementById(target)?.scrollIntoView({ block: "center" });
});

area.addEventListener("input", changed);
area.addEventListener("scroll", follow);
form.addEventListener("change", (event) => {
  if (event.target instanceof HTMLSelectElement && area.value.trim() && live.checked) validate();
});
area.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    validate(true);
  }
});

for (const name of ["dragenter", "dragover"]) {
  editor.addEventListener(name, (event) => {
    if (/** @type {DragEvent} */ (event).dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      editor.classList.add("over");
    }
  });
}
editor.addEventListener("dragleave", () => editor.classList.remove("over"));
editor.addEventListener("drop", (event) => {
  editor.classList.remove("over");
  const file = event.dataTransfer?.files[0];
  if (file) {
    event.preventDefault();
    open(file);
  }
});

const picker = /** @type {HTMLInputElement} */ (document.getElementById("file"));
picker.addEventListener("change", () => {
  open(picker.files?.[0]);
  picker.value = "";
});

// ------------------------------------------------------------------ the beginning

document.querySelector(".drop-hint")?.removeAttribute("hidden");
document.querySelector(".from-file button")?.setAttribute("hidden", "");
live.type = "checkbox";
live.id = "live";
live.checked = true;
const chip = element("label", "chip");
chip.append(live, " Validate as I type");
document.querySelector("#document-form .actions")?.append(chip);
if (result()?.querySelector(".counted") || document.querySelector(".faults")) validated = area.value;
prepare();
