// The list on the page: found, marked, filtered, counted; and kept in this tab alone, for a reload without connection.
const page = () => document.getElementById("door-page");
const list = () => document.getElementById("door-list");
const rows = () => [...list().children];

const LETTERS = "[abcdefghjkmnpqrstuvwxyz23456789]";
const CODE = new RegExp(`(?<![a-z0-9])(${LETTERS}{4})-?(${LETTERS}{4})-?(${LETTERS}{4})(?![a-z0-9])`);

// As web/door/codes.py reads it.
export function codeIn(text) {
  const found = CODE.exec(text.slice(0, 200).normalize("NFKC").toLowerCase().trim().replace(/[‐-―−ーｰ－ ]/g, "-"));
  return found && found.slice(1).join("-");
}

const plain = (text) =>
  text.normalize("NFKC").toLowerCase().replace(/[ァ-ヶ]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60)).replace(/\s/g, "");

export const byCode = (code) => rows().find((row) => row.dataset.code === code);
export const byEntry = (entry) => rows().find((row) => row.dataset.entry === entry);
export const nameOf = (row) => row.querySelector(".door-name").textContent;
export const aboutOf = (row) => row.querySelector(".door-about").textContent;

export function mark(row, state, { unsent = false } = {}) {
  row.dataset.state = state;
  row.toggleAttribute("data-unsent", unsent);
}

// ---------------------------------------------------------------- who is shown
let shown = "all";
let typed = "";

export function showOnly({ state = shown, text = typed } = {}) {
  [shown, typed] = [state, text];
  const part = codeIn(text) ?? plain(text);
  let visible = 0;
  for (const row of rows()) {
    const here = row.dataset.state === "present";
    const fits = row.dataset.code === part || plain(row.dataset.search).includes(part);
    row.hidden = !fits || (shown === "missing" && here) || (shown === "here" && !here);
    visible += !row.hidden;
  }
  document.getElementById("door-none").hidden = visible > 0;
  return rows().filter((row) => !row.hidden);
}

// ---------------------------------------------------------------- how many
export function count() {
  const here = rows().filter((row) => row.dataset.state === "present");
  const tally = { here: here.length, all: rows().length, missing: rows().length - here.length };
  for (const [name, number] of Object.entries(tally)) document.querySelector(`[data-tally="${name}"]`).textContent = number;
  const table = document.getElementById("door-counts");
  let all = 0;
  const sums = {};
  for (const cell of table.querySelectorAll("td[data-heads]")) {
    const { band, gender, heads } = cell.dataset;
    const number = Number(heads) + here.filter((row) => row.dataset.band === band && row.dataset.gender === gender).length;
    cell.textContent = number;
    sums[`band ${band}`] = (sums[`band ${band}`] ?? 0) + number;
    sums[`gender ${gender}`] = (sums[`gender ${gender}`] ?? 0) + number;
    all += number;
  }
  for (const cell of table.querySelectorAll("td[data-sum]")) cell.textContent = cell.dataset.sum ? sums[`band ${cell.dataset.sum}`] : all;
  for (const cell of table.querySelectorAll("td[data-sum-gender]")) cell.textContent = sums[`gender ${cell.dataset.sumGender}`];
}

// ---------------------------------------------------------------- the site's list, and this tab's copy of it
export function take(fresh) {
  const theirs = fresh.getElementById("door-page");
  if (!theirs?.dataset.session) return false;
  list().replaceChildren(...document.adoptNode(theirs.querySelector("#door-list")).children);
  const heads = (root) => root.querySelectorAll("#door-counts td[data-heads]");
  const [mine, news] = [heads(page()), heads(theirs)];
  mine.forEach((cell, index) => (cell.dataset.heads = news[index].dataset.heads));
  page().dataset.version = theirs.dataset.version;
  return true;
}

const NAME = (session) => `kanikko-door:${session}`;
const LONGEST = 12 * 3600 * 1000; // milliseconds, as long as a sign-in

let forgotten = false;

export function save(session) {
  if (forgotten) return;
  const copy = { at: Date.now(), version: page().dataset.version, html: page().innerHTML };
  try {
    sessionStorage.setItem(NAME(session), JSON.stringify(copy));
  } catch {
    // full or forbidden: a reload without connection then shows no names
  }
}

export function restore(session) {
  const copy = JSON.parse(sessionStorage.getItem(NAME(session)) ?? "null");
  if (!copy || Date.now() - copy.at > LONGEST) return sessionStorage.removeItem(NAME(session));
  page().replaceChildren(...new DOMParser().parseFromString(copy.html, "text/html").body.childNodes);
  page().dataset.version = copy.version;
}

// Whoever signs out leaves no names behind. What is still to be sent stays: it holds none.
document.addEventListener("submit", (event) => {
  if (!event.target.action?.includes("/sign-out")) return;
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(NAME(""))) sessionStorage.removeItem(name);
  forgotten = true;
}, true);
