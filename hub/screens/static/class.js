// The teacher's class list: lines change by themselves, columns sort, buttons act. All text goes in as text, never as HTML.
import { events, pause, post, refetch } from "./page.js";

const SILENCE_SECONDS = 40; // the server speaks at least every 15 s; silence means that something on the way swallows the stream
const POLL_SECONDS = 10;
const list = document.getElementById("list");
const said = document.getElementById("release-said");

// ---------------------------------------------------------------- lines
function look(cell, { key, label, icon }) {
  const state = cell.querySelector(".ks-state");
  state.className = `ks-state ks-state-${key}`;
  state.querySelector("use").setAttribute("href", `${list.dataset.icons}#${icon}`);
  state.querySelector("span").textContent = label;
}

function show(line) {
  const row = list.querySelector(`tr[data-account="${CSS.escape(line.account)}"]`);
  if (!row) return;
  const cell = (name) => row.querySelector(`[data-cell="${name}"]`);
  row.className = `ks-row-${line.state.key}`;
  look(cell("server"), line.server);
  look(cell("state"), line.state);
  cell("submitted").textContent = line.submitted;
  cell("points").textContent = line.points;
  cell("points").classList.toggle("ks-full-marks", line.full);
  cell("work").hidden = line.points === ""; // formgrader knows what has been graded
  cell("flags").hidden = line.flags === 0;
  cell("flags").querySelector("span").textContent = `確認してください(${line.flags}か所)`;
  cell("note").textContent = line.note;
  cell("locked").hidden = !line.locked;
  cell("start").hidden = line.server.key !== "failed";
}

// ---------------------------------------------------------------- the start of the lesson
const startButton = document.getElementById("start-class");
const startSaid = document.getElementById("start-said");
const startLive = document.getElementById("start-live");
let going = false;

function showStart(told) {
  document.getElementById("start-bar").value = told.ready;
  startSaid.textContent = told.said;
  if (told.going !== going) startLive.textContent = told.going ? "準備しています。" : told.said; // not each of forty is read out
  going = told.going;
  startButton.setAttribute("aria-disabled", String(going || told.ready === told.pupils));
}

async function startClass() {
  if (startButton.getAttribute("aria-disabled") === "true") return;
  startButton.setAttribute("aria-disabled", "true");
  try {
    await post(startButton.dataset.url, list.dataset.xsrf);
  } catch {
    startButton.setAttribute("aria-disabled", "false");
    startSaid.textContent = startLive.textContent = "はじめられませんでした。通信を確かめて、もう一度お試しください。";
  }
}

async function startPupil(button) {
  button.disabled = true;
  try {
    await post(button.dataset.start, list.dataset.xsrf);
  } catch {
    startSaid.textContent = startLive.textContent = "もう一度できませんでした。通信を確かめてください。";
  }
  button.disabled = false;
}

function count(summary) {
  for (const number of document.querySelectorAll("#summary [data-count]")) {
    const text = String(summary[number.dataset.count]);
    if (number.textContent !== text) number.textContent = text; // an unchanged counter is not read out again
  }
}

// ---------------------------------------------------------------- the stream
const ACTS = {
  row: show,
  summary: count,
  start: showStart,
  exchange: ({ away }) => {
    const notice = document.getElementById("away");
    // Without the exchange the page does not even know the lessons: it is made anew when that is back.
    if (!away && !notice.hidden && !list.dataset.lesson) location.reload();
    notice.hidden = !away;
  },
  lesson: ({ kind, lesson }) => lessonChanged(kind, lesson),
  reload: () => location.reload(),
};
let heard = Date.now();

async function listen() {
  for (;;) {
    try {
      for await (const [kind, value] of events(list.dataset.events, list.dataset.xsrf)) {
        heard = Date.now();
        ACTS[kind]?.(value);
      }
    } catch {
      // the hub restarts, the tablet lost its network: come back by itself, with every line anew
    }
    await pause(1000 + 2000 * Math.random());
  }
}

async function watchSilence() {
  for (;;) {
    await pause(1000 * POLL_SECONDS);
    if (Date.now() - heard > 1000 * SILENCE_SECONDS && !document.hidden) await refetch(list.dataset.xsrf, "rows", "summary", "start-said", "away");
  }
}

// ---------------------------------------------------------------- sorting
const VALUES = {
  number: (row) => Number(row.dataset.number) || Infinity,
  kana: (row) => row.dataset.kana,
  points: (row) => parseFloat(row.querySelector('[data-cell="points"]').textContent) || -1,
};
const text = (name) => (row) => row.querySelector(`[data-cell="${name}"]`).textContent.trim();

function sort(button) {
  const head = button.closest("th");
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of list.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = VALUES[button.dataset.sort] ?? text(button.dataset.sort);
  const order = (one, two) => (typeof one === "number" ? one - two : one.localeCompare(two, "ja"));
  const rows = [...list.tBodies[0].rows].sort((one, two) => order(value(one), value(two)) * (down ? -1 : 1));
  list.tBodies[0].append(...rows);
}

// ---------------------------------------------------------------- buttons
// Orders of this page whose end its own answer tells, with the reason; the event of the same end must not write over it.
const ordered = new Set();

async function changeLesson(button) {
  if (button.dataset.ask && !window.confirm(button.dataset.ask)) return;
  const release = button.dataset.act === "release";
  const { lesson } = button.dataset;
  button.disabled = true;
  ordered.add(lesson);
  said.textContent = release ? "配布しています。30秒ほどかかることがあります。" : "取り下げています。";
  try {
    const { state, note } = await post(button.dataset.url, document.querySelector("[data-xsrf]").dataset.xsrf);
    if (state === "done") return location.assign(release ? `?lesson=${encodeURIComponent(lesson)}` : location.pathname);
    if (state === "running") ordered.delete(lesson);
    said.textContent = state === "running" ? "時間がかかっています。終わるとこの画面に出ます。" : `できませんでした。${note}`;
  } catch {
    ordered.delete(lesson);
    said.textContent = "できませんでした。通信を確かめて、もう一度お試しください。";
  }
  button.disabled = false;
}

function lessonChanged(kind, lesson) {
  const shown = document.querySelector(`[data-lesson="${CSS.escape(lesson)}"] button[data-act]`);
  const wanted = { released: "release", withdrawn: "withdraw" }[kind];
  if (kind === "release-failed") {
    if (!ordered.delete(lesson)) said.textContent = "配布できませんでした。もう一度お試しください。";
  } else if (shown?.dataset.act === wanted && !shown.disabled) {
    location.reload(); // somebody else, or a job that took long, changed what is out: the chooser is made anew
  }
}

async function unlock(button) {
  button.disabled = true;
  try {
    await post(button.dataset.unlock, list.dataset.xsrf);
    button.closest("[data-cell]").hidden = true;
  } catch {
    said.textContent = "解除できませんでした。もう一度お試しください。";
  }
  button.disabled = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.act) changeLesson(button);
  else if (button?.dataset.unlock) unlock(button);
  else if (button?.dataset.start) startPupil(button);
  else if (button && button === startButton) startClass();
  else if (button?.dataset.sort) sort(button);
});
if (list) {
  listen();
  watchSilence();
}
