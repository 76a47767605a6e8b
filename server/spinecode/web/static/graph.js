/**
 * A small drawing of a graph: things as links, statements as lines. The same statements always give the same drawing.
 * The table of triples beside it tells the same to who does not see it.
 */

/** @typedef {import("./answers.js").Cell} Cell */

const SVG = "http://www.w3.org/2000/svg";
const MOST = 150; // statements
const ROUNDS = 300;
const SPACE = 105;
const LONGEST = 26;

/**
 * @param {Record<string, Cell>[]} rows
 * @param {(cell: Cell) => string} name
 * @param {(iri: string) => string} link
 */
export function drawGraph(rows, name, link) {
  const figure = document.createElement("figure");
  figure.className = "graph";
  const drawn = rows.slice(0, MOST);
  const { nodes, edges } = graphOf(drawn);
  layOut(nodes, edges);
  const xs = nodes.map((node) => node.x), ys = nodes.map((node) => node.y);
  const left = Math.min(...xs) - 120, top = Math.min(...ys) - 40;
  const width = Math.max(...xs) - left + 120, height = Math.max(...ys) - top + 40;
  const svg = make("svg", { viewBox: [left, top, width, height].map(Math.round).join(" "), role: "group", "aria-label": "Graph", width: Math.round(width), height: Math.round(height) });
  for (const { from, to, label } of edges) {
    const line = make("line", { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
    const told = make("title", {});
    told.textContent = name(label);
    line.append(told);
    const text = make("text", { class: "edge", x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 4 });
    text.textContent = name(label).split(":").pop() ?? "";
    svg.append(line, text);
  }
  for (const node of nodes) {
    const whole = name(node.cell);
    const text = make("text", { class: "node", x: node.x, y: node.y + 5 });
    text.textContent = whole.length > LONGEST ? `${whole.slice(0, LONGEST - 1)}…` : whole;
    const half = Math.min(whole.length, LONGEST) * 4 + 10;
    const box = make("rect", { class: node.cell.type, x: node.x - half, y: node.y - 13, width: 2 * half, height: 26, rx: 6 });
    const told = make("title", {});
    told.textContent = node.cell.value;
    const href = node.cell.type === "uri" ? link(node.cell.value) : "";
    const group = make(href ? "a" : "g", href ? { href } : {});
    group.append(told, box, text);
    svg.append(group);
  }
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", "Drawing of the graph");
  scroll.append(svg);
  figure.append(scroll);
  const caption = document.createElement("figcaption");
  caption.className = "hint";
  caption.textContent = rows.length > MOST
    ? `The first ${MOST} of ${rows.length} statements. All of them stand in the table.`
    : "The same statements stand in the table.";
  figure.append(caption);
  return figure;
}

/**
 * @typedef {{cell: Cell, x: number, y: number}} Node
 * @typedef {{from: Node, to: Node, label: Cell}} Edge
 * @param {Record<string, Cell>[]} rows
 */
function graphOf(rows) {
  /** @type {Map<string, Node>} */
  const known = new Map();
  /** @type {Edge[]} */
  const edges = [];
  /** @param {Cell} cell @param {number} own */
  const node = (cell, own) => {
    // equal texts are not one thing
    const key = cell.type === "literal" ? `${own} ${cell.value}` : `${cell.type} ${cell.value}`;
    const found = known.get(key) ?? { cell, x: 0, y: 0 };
    known.set(key, found);
    return found;
  };
  rows.forEach(({ subject, predicate, object }, own) => {
    edges.push({ from: node(subject, own), to: node(object, own), label: predicate });
  });
  return { nodes: [...known.values()], edges };
}

/**
 * Things push one another away and statements pull theirs together, from a spiral and with no chance in it.
 * @param {Node[]} nodes
 * @param {Edge[]} edges
 */
function layOut(nodes, edges) {
  nodes.forEach((node, place) => {
    const turn = place * 2.399963, far = SPACE * Math.sqrt(place);
    node.x = far * Math.cos(turn) * 1.3;
    node.y = far * Math.sin(turn) * 0.7;
  });
  for (let round = 0; round < ROUNDS; round++) {
    const step = SPACE * 0.5 * (1 - round / ROUNDS) + 1;
    const push = new Map(nodes.map((node) => [node, { x: 0, y: 0 }]));
    /** @param {Node} one @param {Node} other @param {number} force */
    const apply = (one, other, force) => {
      const dx = (other.x - one.x) / 1.6, dy = other.y - one.y;
      const far = Math.hypot(dx, dy) || 1;
      const a = /** @type {{x: number, y: number}} */ (push.get(one)), b = /** @type {{x: number, y: number}} */ (push.get(other));
      a.x += (dx / far) * force;
      a.y += (dy / far) * force;
      b.x -= (dx / far) * force;
      b.y -= (dy / far) * force;
    };
    for (let i = 0; i < nodes.length; i++) {
      for (let j = i + 1; j < nodes.length; j++) {
        const far = Math.hypot((nodes[j].x - nodes[i].x) / 1.6, nodes[j].y - nodes[i].y) || 1;
        apply(nodes[i], nodes[j], -(SPACE * SPACE) / far);
      }
    }
    for (const { from, to } of edges) {
      if (from === to) continue;
      const far = Math.hypot((to.x - from.x) / 1.6, to.y - from.y);
      apply(from, to, (far * far) / SPACE);
    }
    for (const [node, pull] of push) {
      // a little towards the middle, so that parts without a statement between them stay together
      const x = pull.x - node.x * 0.6, y = pull.y - node.y * 0.9;
      const far = Math.hypot(x, y) || 1;
      node.x += (x / far) * Math.min(far, step) * 1.6;
      node.y += (y / far) * Math.min(far, step);
    }
  }
}

/**
 * @param {string} tag
 * @param {Record<string, string|number>} attributes
 */
function make(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
