/** Completion of names in the editor: of our terms by their labels too, of others by the beginning of their IRI. */

/**
 * @typedef {{string: string, autocompletionString?: string, prefix?: string, local?: string}} Token
 * @typedef {{iri: string|null, label: string, kind_label: string}} Result
 */

const MOST = 30;

/**
 * A completer of Yasqe. Nothing is asked of any server but this one.
 * @param {{search: string, prefixes: Record<string, string>, terms: string[]}} settings
 */
export function termCompleter(settings) {
  /** @type {Map<string, string>} what is told of an IRI beside it */
  const told = new Map();

  /** @param {string} iri */
  const shortened = (iri) => {
    const fitting = Object.entries(settings.prefixes).filter(([, base]) => iri.startsWith(base));
    fitting.sort(([, one], [, other]) => other.length - one.length);
    for (const [prefix, base] of fitting) {
      const local = iri.slice(base.length);
      if (/^[A-Za-z0-9_][\w-]*$/.test(local)) return `${prefix}:${local}`;
    }
    return `<${iri}>`;
  };

  return {
    name: "terms",
    bulk: false,
    autoShow: true,
    /** @param {any} yasqe */
    isValidCompletionPosition(yasqe) {
      const { string } = yasqe.getCompleteToken();
      return /^([A-Za-z][\w-]*:[\w-]+|<[^>\s]*)$/.test(string);
    },
    /** @param {any} yasqe @param {Token} token */
    preProcessToken(yasqe, token) {
      const [, prefix, local] = /^([A-Za-z][\w-]*):([\w-]*)$/.exec(token.string) ?? [];
      const base = prefix === undefined ? "" : (yasqe.getPrefixesFromQuery()[prefix] ?? settings.prefixes[prefix] ?? "");
      const written = token.string.replace(/^</, "");
      return { ...token, prefix, local: local ?? written, autocompletionString: prefix === undefined ? written : base + local };
    },
    /** @param {any} _ @param {Token} token */
    async get(_, token) {
      if (!token?.autocompletionString) return [];
      const begun = token.autocompletionString;
      const base = token.prefix === undefined ? "" : begun.slice(0, begun.length - (token.local ?? "").length);
      const others = settings.terms.filter((iri) => iri.startsWith(begun));
      const words = (token.local ?? "").split(/[/#]/).pop() ?? "";
      const address = new URL(settings.search, location.href);
      address.search = new URLSearchParams({ q: words.replace(/([a-z])(?=[A-Z])/g, "$1 "), limit: "100", format: "json" }).toString();
      const same = new URL(address);
      same.searchParams.set("q", words);
      const found = await Promise.all([...new Set([same.href, address.href])].map(results));
      const ours = found.flat().filter(({ iri }) => iri?.startsWith(base));
      for (const { iri, label, kind_label } of ours) told.set(String(iri), `${label} · ${kind_label}`);
      // what is written goes before what is only called so
      const iris = ours.map(({ iri }) => String(iri));
      const written = iris.filter((iri) => iri.toLowerCase().startsWith(begun.toLowerCase()));
      return [...new Set([...others, ...written.sort((one, other) => one.length - other.length), ...iris])].slice(0, MOST);
    },
    /** @param {any} _ @param {Token} __ @param {string} iri */
    postProcessSuggestion: (_, __, iri) => shortened(iri),
    /** @param {any} _ @param {{text: string, displayText: string}[]} hints */
    postprocessHints(_, hints) {
      for (const hint of hints) {
        const [prefix, local] = hint.text.split(":");
        const iri = hint.text.startsWith("<") ? hint.text.slice(1, -1) : settings.prefixes[prefix] + local;
        hint.displayText = told.has(iri) ? `${hint.text}  ${told.get(iri)}` : hint.text;
      }
      return hints;
    },
  };
}

/**
 * @param {string} address
 * @returns {Promise<Result[]>}
 */
async function results(address) {
  const response = await fetch(address);
  return response.ok ? (await response.json()).results : [];
}
