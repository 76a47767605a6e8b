/**
 * Builds what is vendored below server/spinecode/web/static/vendor/: Yasqe, the SPARQL editor, as one module.
 *
 * `make vendor` runs it. Beside the minifying three things are taken out: the completion that asks Linked Open
 * Vocabularies and prefix.cc (and the list of prefixes that comes with it), the address of an endpoint that would be
 * asked without a setting, and an eval for browsers without JSON. Two are changed: see CHANGES. The build fails where
 * one of them is not found, or still there.
 */

import { build, transform } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const target = join(here, "..", "spinecode", "web", "static", "vendor", "yasqe");

/** What is bundled in Yasqe's module; its own `dependencies` and what these need. */
const BUNDLED = [
  "@zazuko/yasqe", "@zazuko/yasgui-utils", "codemirror", "dompurify", "lodash-es", "query-string", "split-on-first",
  "strict-uri-encode", "decode-uri-component", "filter-obj", "store",
];

/** @type {[string | RegExp, string][]} what is replaced, each exactly once */
const CHANGES = [
  [/completers = \[\s*conf\$3,\s*conf\$2,\s*conf\$1,\s*conf\s*\];/, "completers = [conf$3];"],
  ['endpoint: "https://dbpedia.org/sparql"', 'endpoint: ""'],
  ['j = eval("(" + text + ")")', "j = JSON.parse(text)"],
  // markup with a style of its own, which a strict Content-Security-Policy does not let through
  ["<strong style='text-decoration:underline'>", "<strong>"],
  // the prefixes that the endpoint knows are told by the page and need no declaration
  ["o.prefixes[t] === void 0 && (", "o.prefixes[t] === void 0 && !globalThis.sparqlPrefixes?.[t] && ("],
];
const FORBIDDEN = ["lov.linkeddata", "prefix.cc", "dbpedia", "eval(", "new Function", "createElement(\"style\")"];

const plugin = {
  name: "without-requests",
  setup(/** @type {import("esbuild").PluginBuild} */ build) {
    build.onLoad({ filter: /yasqe\.esm\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, "utf8");
      for (const [found, put] of CHANGES) {
        const parts = contents.split(found);
        if (parts.length !== 2) throw new Error(`${found} stands ${parts.length - 1} times in ${path}`);
        contents = parts.join(put);
      }
      return { contents, loader: "js" };
    });
  },
};

const version = JSON.parse(await readFile(join(modules, "@zazuko/yasqe/package.json"), "utf8")).version;
const result = await build({
  entryPoints: [join(modules, "@zazuko/yasqe/build/yasqe.esm.js")],
  bundle: true, minify: true, format: "esm", target: "es2022", write: false, legalComments: "none", plugins: [plugin],
  banner: { js: `/*! Yasqe ${version} and what it is made of, MIT and others: see LICENSES.txt beside this file */` },
});
const script = result.outputFiles[0].text;
const left = FORBIDDEN.filter((text) => script.includes(text));
if (left.length) throw new Error(`still in the module: ${left.join(", ")}`);
const sheet = await transform(await readFile(join(modules, "@zazuko/yasqe/build/yasqe.min.css"), "utf8"), { loader: "css", minify: true });
if (/url\(\s*["']?(https?:)?\/\//.test(sheet.code)) throw new Error("the style sheet loads something");

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await writeFile(join(target, "yasqe.js"), script);
await writeFile(join(target, "yasqe.css"), sheet.code);
await writeFile(join(target, "LICENSES.txt"), await licenses());
for (const file of await readdir(target)) console.log(file, (await readFile(join(target, file))).length);

/** The licence of each package, with its version. */
async function licenses() {
  const parts = [];
  for (const name of BUNDLED) {
    const folder = join(modules, name);
    const told = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder)).filter((file) => /^licen[sc]e(\.\w+)?$/i.test(file));
    const text = files.length ? await readFile(join(folder, files[0]), "utf8") : `No licence file comes with it; its package.json says: ${told.license}.`;
    const author = typeof told.author === "string" ? told.author : told.author?.name ?? "";
    parts.push(`${name} ${told.version}\nLicence: ${told.license}${author ? `\nAuthor: ${author}` : ""}\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
