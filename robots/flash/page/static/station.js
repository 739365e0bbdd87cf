"use strict";
// Shows what the station says, row by row, without disturbing what somebody is typing. Text is only ever set as text.
const token = document.querySelector("meta[name=kanikko-token]").content;
const body = document.querySelector("#boards tbody");
const rows = new Map();

async function tell(path, words = {}) {
  const said = document.querySelector("#said");
  try {
    const answer = await fetch(path, {method: "POST", headers: {"Content-Type": "application/json", "X-Kanikko-Token": token}, body: JSON.stringify(words)});
    said.textContent = (await answer.json()).said;
  } catch {
    said.textContent = "ステーションに つながりません。";
  }
}

function make(name, properties = {}, ...inside) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...inside);
  return element;
}

function newRow(number) {
  const part = {
    port: make("td"), team: make("td"), sign: make("span", {className: "sign", ariaHidden: "true"}), words: make("span"),
    progress: make("progress", {max: 100}), note: make("span", {className: "note"}), advice: make("td"),
    again: make("button", {type: "button", textContent: "もういちど"}), test: make("button", {type: "button", textContent: "じこテスト"}),
    field: make("input", {type: "text", maxLength: 100, autocomplete: "off"}), give: make("button", {type: "submit", textContent: "チーム"}),
  };
  part.progress.setAttribute("aria-label", `${number}ばんの すすみぐあい`);
  part.field.setAttribute("aria-label", `${number}ばんの チームばんごう`);
  part.give.setAttribute("aria-label", `${number}ばんの チームを きめる`);
  part.again.setAttribute("aria-label", `${number}ばんを もういちど`);
  part.test.setAttribute("aria-label", `${number}ばんの じこテスト`);
  part.again.addEventListener("click", () => tell(`/boards/${number}/again`));
  part.test.addEventListener("click", () => tell(`/boards/${number}/self-test`));
  const form = make("form", {}, part.field, part.give);
  form.addEventListener("submit", event => {
    event.preventDefault();
    tell(`/boards/${number}/team`, {team: part.field.value});
    part.field.value = "";
  });
  part.row = make("tr", {},
    make("th", {scope: "row", textContent: number}), part.port, part.team,
    make("td", {}, make("span", {className: "state"}, part.sign, part.words), part.progress, part.note),
    part.advice, make("td", {}, make("div", {className: "do"}, form, part.again, part.test)));
  rows.set(number, part);
  return part;
}

function set(element, name, value) {
  if (element[name] !== value) element[name] = value;
}

function show(state) {
  for (const kind of ["bad", "asks", "busy", "good"]) set(document.querySelector(`#count-${kind}`), "textContent", String(state.counts[kind]));
  const there = new Set(state.boards.map(board => board.number));
  for (const [number, part] of rows) if (!there.has(number)) { part.row.remove(); rows.delete(number); }
  let before = null;
  for (const board of state.boards) {
    const part = rows.get(board.number) ?? newRow(board.number);
    set(part.row, "className", board.kind + (board.number === state.asked ? " asked" : ""));
    for (const name of ["port", "team", "sign", "words", "advice", "note"]) set(part[name], "textContent", board[name]);
    set(part.progress, "value", board.progress);
    set(part.progress, "hidden", board.kind !== "busy");
    const busy = board.kind === "busy" || board.kind === "passed";
    set(part.again, "disabled", busy || !board.plugged);
    set(part.test, "disabled", busy || !board.plugged);
    set(part.give, "disabled", !board.known);
    // A row moves only if it must, and not while somebody is in it: moving takes the focus away.
    const place = before ? before.nextSibling : body.firstChild;
    if (part.row !== place && !part.row.contains(document.activeElement)) body.insertBefore(part.row, place);
    else if (!part.row.parentNode) body.append(part.row);
    before = part.row;
  }
  set(document.querySelector("#boards"), "hidden", state.boards.length === 0);
  set(document.querySelector("#empty"), "hidden", state.boards.length !== 0);
  const asks = state.asked !== null;
  document.querySelector("#scan").classList.toggle("asking", asks);
  set(document.querySelector("#question"), "textContent",
    asks ? `${state.asked}ばんは どの チーム？ QRを よみとるか、ばんごうを いれる` : "チームの QRを よみとるか、ばんごうを いれる");
  const trouble = document.querySelector("#trouble");
  set(trouble, "textContent", state.trouble);
  set(trouble, "hidden", !state.trouble);
}

document.querySelector("#scan").addEventListener("submit", event => {
  event.preventDefault();
  const field = document.querySelector("#team");
  tell("/answer", {team: field.value});
  field.value = "";
});

const news = new EventSource("/news");
news.addEventListener("message", event => show(JSON.parse(event.data)));
news.addEventListener("error", () => { document.querySelector("#said").textContent = "ステーションに つながりません。もういちど つないでいます…"; });
news.addEventListener("open", () => { document.querySelector("#said").textContent = ""; });
