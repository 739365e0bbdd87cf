// A page repeats the draw in front of the family. Its words, in the page's language, stand in <template data-words="…">; ⟦name⟧ is filled in.
import { NoDraw, redo } from "./draw.js";

const MOST_SHOWN = 20;

for (const box of document.querySelectorAll("[data-redo]")) wire(box);

function wire(box) {
  const out = box.querySelector("[data-redo-out]");
  const show = async (text) => out.replaceChildren(...(await report(box, text)));
  const start = box.querySelector("[data-redo-start]");
  start.hidden = false;
  start.addEventListener("click", () => show(() => fetched(box.dataset.redo)));
  const kept = box.querySelector("input[type=file]");
  kept?.addEventListener("change", () => kept.files.length && show(() => kept.files[0].text()));
}

async function fetched(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.text();
}

/** The elements that tell what was found; `text` is asked for the file. */
async function report(box, text) {
  const word = (code, values = {}) => words(box, code, values);
  const fault = (code) => [make("ul", { className: "lottery-findings" }, finding("wrong", word(code)))];
  if (!globalThis.crypto?.subtle) return fault("no-crypto");
  let content;
  try {
    content = await text();
  } catch {
    return fault("no-file");
  }
  try {
    const draw = await redo(content);
    const list = make("ul", { className: "lottery-findings" }, ...findings(draw, word));
    return [list, make("p", { className: "lottery-verdict" }, word(draw.ok ? "verdict-right" : "verdict-wrong")), table(draw, word)];
  } catch (error) {
    if (!(error instanceof NoDraw)) throw error;
    return fault(error.code);
  }
}

function findings(draw, word) {
  const { file, wrong, drawn, waiting } = draw;
  const count = file.list.entries.length;
  const named = file.promise.public_number;
  const found = [
    wrong.includes("commitment") ? finding("wrong", word("commitment-differs")) : finding("holds", word("commitment-holds")),
    wrong.includes("list")
      ? finding("wrong", word("list-differs", { published: file.list_hash.slice(0, 12), found: draw.listHash.slice(0, 12) }))
      : finding("holds", word("list-holds", { count, capacity: file.list.capacity })),
  ];
  if (wrong.includes("entries")) found.push(finding("wrong", word("entries-wrong")));
  if (wrong.includes("public")) found.push(finding("wrong", word("public-digits", { promised: named?.digits ?? 0, found: file.public_value?.length ?? 0 })));
  else if (named) found.push(finding("holds", word("public-holds", { name: named.name, value: file.public_value })));
  if (!wrong.includes("result")) return [...found, finding("holds", word("result-holds", { drawn: drawn.length, waiting: waiting.length }))];
  return [...found, ...differences(draw, word)];
}

function differences({ file, drawn, waiting }, word) {
  const off = [
    ...drawn.filter((number) => !file.result.drawn.includes(number)).map((number) => ["result-drawn", number]),
    ...waiting.filter((number) => !file.result.waiting.includes(number)).map((number) => ["result-waiting", number]),
  ];
  if (off.length === 0) return [finding("wrong", word("order-differs"))];
  const shown = off.slice(0, MOST_SHOWN).map(([code, number]) => finding("wrong", word(code, { number })));
  return off.length > MOST_SHOWN ? [...shown, finding("wrong", word("result-more", { count: off.length - MOST_SHOWN }))] : shown;
}

/** Every ticket's turn. */
function table({ steps }, word) {
  const head = make("tr", {}, ...["tier", "numbers", "ticket", "free", "fate"].map((name) => make("th", { scope: "col" }, word(`column-${name}`))));
  const rows = steps.map((step) => {
    const cells = [step.tier, step.numbers.join(" + "), `${step.ticket.slice(0, 12)}…`, step.free, word(step.drawn ? "drawn" : "waiting")];
    return make("tr", { className: step.drawn ? "is-drawn" : "is-waiting" }, ...cells.map((cell) => make("td", {}, cell)));
  });
  const caption = make("caption", {}, word("steps"));
  const whole = make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...rows));
  const scroll = make("div", { className: "lk-scroll", tabIndex: 0 }, whole);
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", caption.textContent);
  return scroll;
}

function finding(state, content) {
  return make("li", { className: `lottery-${state}` }, make("span", { ariaHidden: "true" }, state === "holds" ? "○ " : "× "), content);
}

function words(box, code, values) {
  const content = box.querySelector(`template[data-words="${code}"]`).content.cloneNode(true);
  const texts = document.createTreeWalker(content, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replace(/⟦(\w+)⟧/g, (_, name) => values[name] ?? "");
  }
  return content;
}

function make(tag, more, ...children) {
  const element = Object.assign(document.createElement(tag), more);
  element.append(...children);
  return element;
}
