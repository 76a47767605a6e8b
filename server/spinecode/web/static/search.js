/**
 * The search field of every page as a combobox with a list (WAI-ARIA APG, "editable combobox with list autocomplete").
 * Without this the form leads to the page of results.
 */

/**
 * @typedef {object} Result
 * @property {string} label
 * @property {string} kind_label
 * @property {string} url
 * @property {string} [code]
 * @property {boolean} [past]
 * @property {{name: string, language: string|null}} [matched]
 */

const DELAY = 120; // milliseconds that a person takes between letters
const LIMIT = 8;
const LIST = "search-list";

const form = /** @type {HTMLFormElement|null} */ (document.querySelector("form.search"));
const field = form?.querySelector("input");
if (form && field) upgrade(form, field);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLInputElement} field
 */
function upgrade(form, field) {
  const list = document.createElement("ul");
  list.id = LIST;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  list.hidden = true;
  const status = document.createElement("p");
  status.className = "sr";
  status.setAttribute("role", "status");
  form.append(list, status);
  const told = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": LIST };
  for (const [name, value] of Object.entries(told)) field.setAttribute(name, value);

  /** @type {HTMLElement[]} */
  let options = [];
  let active = -1;
  let timer = 0;
  let asked = new AbortController();

  const close = () => {
    clearTimeout(timer);
    asked.abort();
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    move(-1);
  };

  /** @param {number} place */
  const move = (place) => {
    options[active]?.setAttribute("aria-selected", "false");
    active = place;
    const option = options[active];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", option.id);
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  /** @param {{number: number, results: Result[]}} found */
  const show = (found) => {
    options = found.results.map((result, place) => optionOf(result, place));
    list.replaceChildren(...options);
    active = -1;
    move(-1);
    const open = options.length > 0;
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
    status.textContent = open ? `${found.number} found, the first ${options.length} listed` : "Nothing found";
  };

  const ask = async () => {
    asked.abort();
    const text = field.value.trim();
    if (!text) return close();
    asked = new AbortController();
    const address = new URL(form.action);
    address.search = new URLSearchParams({ q: text, limit: String(LIMIT), format: "json" }).toString();
    try {
      const response = await fetch(address, { signal: asked.signal });
      if (response.ok && document.activeElement === field) show(await response.json());
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) close();
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, DELAY);
  });
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (!open) return void ask();
      const step = key === "ArrowDown" ? 1 : -1;
      // one place more than there are options: the field itself
      const places = options.length + 1;
      move(((active + 1 + step + places) % places) - 1);
    } else if (key === "Enter" && open && options[active]) {
      event.preventDefault();
      window.location.assign(options[active].dataset.url ?? "");
    } else if (key === "Escape") {
      if (open) event.preventDefault();
      close();
    } else if (key === "Tab") {
      close();
    }
  });
  field.addEventListener("blur", close);
  // so that the field keeps the focus until the click is done
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target instanceof Element ? event.target.closest("[role=option]") : null;
    if (option instanceof HTMLElement && option.dataset.url) window.location.assign(option.dataset.url);
  });
}

/**
 * @param {Result} result
 * @param {number} place
 */
function optionOf(result, place) {
  const option = document.createElement("li");
  option.id = `${LIST}-${place}`;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  option.dataset.url = result.url;
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = [result.code, result.label].filter(Boolean).join(" ");
  const matched = result.matched?.name;
  const shown = matched && matched !== result.label && matched !== result.code ? `${matched} · ` : "";
  const kind = document.createElement("span");
  kind.className = "kind";
  kind.textContent = shown + result.kind_label + (result.past ? " · not in force any more" : "");
  option.append(name, kind);
  return option;
}
