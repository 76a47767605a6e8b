/**
 * The page that finds a code, without loading it anew: a changed answer or a link replaces the parts that depend on it,
 * the address follows, the focus stays, and what came of it is told to screen readers. Without this script the same
 * form and links do the same.
 */

/** The parts of the page that an answer changes. */
const PARTS = ["answer", "form", "reasons"];

/** How long to wait for further changes, in milliseconds. */
const PAUSE = 120;

/** @type {AbortController | undefined} */
let running;

/** @type {number | undefined} */
let waiting;

/**
 * The address that a form stands for, without what was left blank unless it takes something back.
 * @param {HTMLFormElement} form
 * @returns {URL}
 */
function addressOf(form) {
  const fields = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()]);
  const inWords = fields.some(([name, value]) => name === "text" && value);
  const url = new URL(form.action);
  url.search = new URLSearchParams(fields.filter(([, value]) => value || inWords)).toString();
  return url;
}

/**
 * Show what is at an address of this page.
 * @param {string | URL} address
 * @param {{ record?: boolean, lead?: boolean }} [how] whether the address goes into the history, and the focus to the answer
 */
async function show(address, { record = true, lead = false } = {}) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  document.body.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!PARTS.every((id) => page.getElementById(id))) {
      location.assign(response.url);
      return;
    }
    replace(page);
    if (!record) {
      write(page);
    }
    if (record && response.url !== location.href) {
      history.pushState(null, "", response.url);
    }
    announce(lead);
  } catch (error) {
    if (!signal.aborted) {
      location.assign(address);
    }
  } finally {
    if (running?.signal === signal) {
      document.body.removeAttribute("aria-busy");
    }
  }
}

/**
 * Put the parts of a page in the place of those here, and the focus where it was.
 * @param {Document} page
 */
function replace(page) {
  const focused = document.activeElement?.id;
  const caret = document.activeElement instanceof HTMLInputElement ? document.activeElement.value : undefined;
  const open = [...document.querySelectorAll("#reasons details")].map((one) => one.hasAttribute("open"));
  for (const id of PARTS) {
    const part = /** @type {HTMLElement} */ (page.getElementById(id));
    document.getElementById(id)?.replaceWith(document.adoptNode(part));
  }
  document.title = page.title;
  for (const selector of ["#data", "link[rel=canonical]"]) {
    const address = page.querySelector(selector)?.getAttribute("href");
    if (address) {
      document.querySelector(selector)?.setAttribute("href", address);
    }
  }
  if (open.length) {
    document.querySelectorAll("#reasons details").forEach((one, place) => {
      one.toggleAttribute("open", open[place] ?? one.hasAttribute("open"));
    });
  }
  const again = focused ? document.getElementById(focused) : null;
  if (again && again !== document.activeElement) {
    again.focus({ preventScroll: true });
    // what is being typed goes on from where it was
    if (again instanceof HTMLInputElement && again.type === "text" && caret !== undefined) {
      again.value = caret;
    }
  }
}

/**
 * Write the words of a page into the field for them, which stays as it is where something else was changed.
 * @param {Document} page
 */
function write(page) {
  const field = document.getElementById("words");
  const words = page.getElementById("words");
  if (field instanceof HTMLInputElement && words) {
    field.value = words.getAttribute("value") ?? "";
  }
}

/**
 * Tell what came of it.
 * @param {boolean} lead whether the reader goes to the answer
 */
function announce(lead) {
  const heading = document.querySelector("#answer .verdict");
  const status = document.getElementById("announce");
  if (lead && heading instanceof HTMLElement) {
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "nearest" });
  } else if (status) {
    status.textContent = heading?.textContent?.replace(/\s+/g, " ").trim() ?? document.title;
  }
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.form?.id === "describe") {
    const form = field.form;
    clearTimeout(waiting);
    // an answer to what was said before would put its form in the place of this one, and lose the change
    running?.abort();
    waiting = setTimeout(() => show(addressOf(form)), PAUSE);
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form instanceof HTMLFormElement && (form.id === "describe" || form.classList.contains("entry"))) {
    event.preventDefault();
    clearTimeout(waiting);
    show(addressOf(form), { lead: true });
  }
});

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("#answer a[href], #describe .actions a[href]") : null;
  const plain = !event.defaultPrevented && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (link instanceof HTMLAnchorElement && plain && link.pathname === location.pathname && !link.hash) {
    event.preventDefault();
    if (!link.search) {
      document.querySelectorAll(".entry input").forEach((field) => {
        /** @type {HTMLInputElement} */ (field).value = "";
      });
    }
    show(link.href, { lead: true });
  }
});

addEventListener("popstate", () => show(location.href, { record: false }));
