// Small helpers that build elements. Text goes in as text only: nothing from a notebook or the exchange is ever parsed as HTML.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name, value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

const SHAPES = {
  home: 'M12 3 2 12h3v8h5v-6h4v6h5v-8h3z',
  run: 'M7 4v16l13-8z',
  stop: 'M6 6h12v12H6z',
  restart: 'M12 5V1L6 7l6 6V9a5 5 0 1 1-5 5H4a8 8 0 1 0 8-9z',
  send: 'M3 20v-6l9-2-9-2V4l19 8z',
  pencil: 'M4 17v3h3L18 9l-3-3zM20 7a1 1 0 0 0 0-1.500l-1.500-1.500a1 1 0 0 0-1.500 0L16 5l3 3z',
  lock: 'M17 10V8A5 5 0 0 0 7 8v2H5v11h14V10zm-8 0V8a3 3 0 0 1 6 0v2z',
  pause: 'M6 5h4v14H6zm8 0h4v14h-4z',
  stepBack: 'M5 5h3v14H5zm14 0v14L9 12z',
  stepForward: 'M16 5h3v14h-3zM5 5v14l10-7z',
  chip: 'M8 2h2v3h4V2h2v3h3v3h3v2h-3v4h3v2h-3v3h-3v3h-2v-3h-4v3H8v-3H5v-3H2v-2h3v-4H2V8h3V5h3zm1 7v6h6V9z',
  check: 'M9 16.200 4.800 12l-1.800 1.800L9 20 21 8l-1.800-1.800z',
};

function svg(tag, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function icon(name) {
  return svg('svg', { viewBox: '0 0 24 24', class: 'kk-icon', 'aria-hidden': 'true' }, svg('path', { d: SHAPES[name] }));
}

// The marks a Japanese teacher writes: ○ right, △ nearly, … still to be looked at.
const SIGNS = { '○': 'M12 3a9 9 0 1 0 .01 0z', '△': 'M12 3.500 22 20.500H2z', '…': 'M4 12h1m6.500 0h1m6.500 0h1' };

export function sign(mark, spoken) {
  return el('span', { class: 'kk-sign', role: 'img', 'aria-label': spoken, 'data-mark': mark }, svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: SIGNS[mark] })));
}

// かにっこ, the crab: claws up when all is right.
export function crab(happy) {
  const claw = happy ? 'M26 52C8 46 6 26 20 16l4 12 10-6c4 12-2 20-8 30z' : 'M26 62C10 62 2 50 8 36l10 8 8-8c6 8 6 18 0 26z';
  const mirrored = svg('g', { transform: 'translate(120 0) scale(-1 1)' }, svg('path', { d: claw, fill: '#c8442b' }));
  return svg(
    'svg', { viewBox: '0 0 120 100', class: 'kk-crab', 'aria-hidden': 'true' },
    svg('path', { d: 'M30 76 14 90m18-8-8 14m66-20 16 14m-18-8 8 14', stroke: '#c8442b', 'stroke-width': 6, 'stroke-linecap': 'round', fill: 'none' }),
    svg('path', { d: claw, fill: '#c8442b' }), mirrored,
    svg('ellipse', { cx: 60, cy: 66, rx: 36, ry: 26, fill: '#e2583c' }),
    svg('path', { d: 'M48 44V30m24 14V30', stroke: '#e2583c', 'stroke-width': 6 }),
    svg('circle', { cx: 48, cy: 28, r: 9, fill: '#fff', stroke: '#e2583c', 'stroke-width': 3 }), svg('circle', { cx: 72, cy: 28, r: 9, fill: '#fff', stroke: '#e2583c', 'stroke-width': 3 }),
    svg('circle', { cx: 49, cy: 28, r: 4.5, fill: '#222' }), svg('circle', { cx: 71, cy: 28, r: 4.5, fill: '#222' }),
    svg('path', { d: happy ? 'M46 66q14 18 28 0z' : 'M50 70q10 8 20 0', stroke: '#7c1f10', 'stroke-width': 4, 'stroke-linecap': 'round', fill: happy ? '#7c1f10' : 'none' }),
  );
}

// Text with furigana markup {漢字|かんじ} as nodes: ruby where it is marked, plain text everywhere else.
export function furigana(text) {
  const nodes = [];
  let rest = 0;
  for (const found of String(text).matchAll(/\{([^{}|]+)\|([^{}|]+)\}/g)) {
    nodes.push(text.slice(rest, found.index), el('ruby', {}, found[1], el('rt', {}, found[2])));
    rest = found.index + found[0].length;
  }
  nodes.push(String(text).slice(rest));
  return nodes;
}
