// A session's page: scans, typed codes and presses become events in the queue, the list follows at once, with or without connection.
import { Queue, clock, registerWorker, showLink } from "./queue.js";
import * as roster from "./roster.js";
import { attend, tell } from "./said.js";
import { hasCamera, reasonOf, startCamera } from "./scan.js";

const LOOK_EVERY = 8000; // milliseconds between two looks for news from the other tablets
const QUICK = 2500; // how long a code that is not on the list waits for the site's answer

const page = document.getElementById("door-page");
const session = page.dataset.session || location.pathname.split("/")[2];
if (page.dataset.session) clock.set(Number(page.dataset.now));
else roster.restore(session);
const csrf = page.dataset.csrf;
delete page.dataset.csrf;

const REJECTED = ["other", "not_accepted", "unknown", "unclear"];
const asked = new Map(); // key of an event → who waits for its answer on the page
let reloading = false;

const queue = new Queue({ session, csrf, onState: showLink, onAnswers: answered, onNow: follow });

// ---------------------------------------------------------------- marking
async function markRow(row, state, via) {
  const before = row.dataset.state;
  roster.mark(row, state, { unsent: true });
  refresh();
  const who = `${roster.nameOf(row)}（${roster.aboutOf(row)}）`;
  tell(state === "absent" ? "undone" : before === "present" ? "already" : "in", { who });
  await queue.add(session, { entry: row.dataset.entry, state, via });
}

async function markCode(code, via) {
  const row = roster.byCode(code);
  if (row) return markRow(row, "present", via);
  const event = await queue.add(session, { code, state: "present", via });
  const answer = await Promise.race([new Promise((done) => asked.set(event.key, done)), new Promise((done) => setTimeout(done, QUICK))]);
  asked.delete(event.key);
  if (!answer) return tell("later", { who: code });
  await freshen(answer);
  const found = roster.byEntry(answer.entry);
  tell(answer.result, { who: found ? roster.nameOf(found) : code, detail: answer.detail, onAnyway: () => letIn(answer.entry) });
}

async function letIn(entry) {
  const event = await queue.add(session, { entry, state: "present", via: "list", anyway: true });
  const answer = await Promise.race([new Promise((done) => asked.set(event.key, done)), new Promise((done) => setTimeout(done, QUICK))]);
  asked.delete(event.key);
  if (!answer) return tell("later");
  await freshen(answer);
  const row = roster.byEntry(entry);
  tell(answer.result, { who: row ? roster.nameOf(row) : "", detail: answer.detail });
}

// A child who is not on this page's list yet came with the answer.
async function freshen(answer) {
  if (answer.entry && !roster.byEntry(answer.entry) && !REJECTED.includes(answer.result)) await reload();
}

// ---------------------------------------------------------------- the site's answers and news
function answered(of, answers, batch) {
  if (of !== session) return;
  for (const answer of answers) {
    const event = batch.find(({ key }) => key === answer.key);
    const row = roster.byEntry(answer.entry || event.entry);
    if (row) roster.mark(row, row.dataset.state);
    if (asked.has(answer.key)) asked.get(answer.key)(answer);
    else if (REJECTED.includes(answer.result)) attend(answer.result, answer.detail, event.at, event.code);
    else if (!row) reload();
  }
  refresh();
}

async function follow(data) {
  const unsent = new Set((await queue.pending(session)).flatMap(({ entry, code }) => entry ?? roster.byCode(code)?.dataset.entry ?? []));
  for (const [entry, state] of Object.entries(data.states)) {
    const row = roster.byEntry(entry);
    if (row && !unsent.has(entry)) roster.mark(row, state);
  }
  if (data.version !== page.dataset.version) await reload();
  refresh();
}

async function reload() {
  if (reloading) return;
  reloading = true;
  try {
    const answer = await fetch(location.pathname, { redirect: "manual", signal: AbortSignal.timeout(15000) });
    if (answer.ok && roster.take(new DOMParser().parseFromString(await answer.text(), "text/html"))) {
      document.getElementById("door-empty")?.remove();
      await showPending();
    }
  } catch {
    // no connection: the list stays as it is
  }
  reloading = false;
}

// What this tablet has marked and not sent yet shows as it was pressed, also after a reload.
async function showPending() {
  for (const { entry, code, state } of await queue.pending(session)) {
    const row = entry ? roster.byEntry(entry) : roster.byCode(code);
    if (row) roster.mark(row, state, { unsent: true });
  }
  refresh();
}

let saving = 0;
function refresh() {
  roster.count();
  roster.showOnly();
  clearTimeout(saving);
  saving = setTimeout(() => roster.save(session), 300);
}

// ---------------------------------------------------------------- hands
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-mark]")) {
    event.preventDefault();
    const row = form.closest(".door-child");
    markRow(row, event.submitter?.value ?? "present", "list");
    row.querySelector(row.dataset.state === "present" ? ".door-undo" : ".door-in").focus({ preventScroll: true });
  } else if (form.id === "door-typed") {
    event.preventDefault();
    enter(form.elements.q);
  } else if (form.matches("[data-dialog]")) {
    event.preventDefault();
    contact(form, event.submitter);
  }
}, true);

function enter(field) {
  const code = codeOrNull(field.value);
  if (code) {
    field.value = "";
    roster.showOnly({ text: "" });
    markCode(code, "typed");
    return field.focus();
  }
  const found = roster.showOnly({ text: field.value });
  if (field.value.trim() && found.length === 1) found[0].querySelector(found[0].dataset.state === "present" ? ".door-undo" : ".door-in").focus();
  else if (field.value.trim() && !found.length) tell("unclear");
}
const codeOrNull = (text) => roster.codeIn(text);

async function contact(form, button) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "lk-dialog" });
  const close = Object.assign(document.createElement("button"), { className: "lk-button lk-secondary", type: "button", textContent: "閉じる" });
  try {
    const body = new FormData(form);
    if (queue.csrf) body.set("csrf_token", queue.csrf);
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(15000) });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("door-contact");
    if (!answer.ok || !found) throw new Error("none");
    dialog.append(document.adoptNode(found));
  } catch {
    dialog.append("いまは見られません。電波かサインインを確かめて、もう一度押してください。");
  }
  dialog.setAttribute("aria-label", "緊急の連絡先");
  dialog.append(close);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove(); // and with it the numbers
    button?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("input", (event) => event.target.id === "door-q" && roster.showOnly({ text: event.target.value }));
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-show]");
  if (!choice) return;
  for (const one of choice.parentElement.children) one.setAttribute("aria-pressed", String(one === choice));
  roster.showOnly({ state: choice.dataset.show });
});

// ---------------------------------------------------------------- the camera
let stop = null;
const button = document.getElementById("door-camera-button");
const video = document.getElementById("door-video");
const words = document.getElementById("door-camera-words");

function showCamera(on) {
  video.hidden = !on;
  button.setAttribute("aria-pressed", String(on));
  button.querySelector("[data-off]").hidden = on;
  button.querySelector("[data-on]").hidden = !on;
}

button.addEventListener("click", async () => {
  words.textContent = "";
  if (stop) {
    stop();
    stop = null;
    return showCamera(false);
  }
  showCamera(true);
  try {
    stop = await startCamera(video, (text) => {
      const code = codeOrNull(text);
      if (code) markCode(code, "qr");
      else tell("unclear");
    });
  } catch (error) {
    showCamera(false);
    words.textContent = reasonOf(error);
  }
});

// ---------------------------------------------------------------- begin
document.getElementById("door-camera").hidden = !hasCamera();
document.getElementById("door-filter").hidden = false;
if (roster.byEntry("") === undefined && document.getElementById("door-list").children.length) document.getElementById("door-empty")?.remove();
registerWorker();
await showPending();
await queue.send();
if (!page.dataset.session) queue.look();
setInterval(() => document.hidden || queue.look(), LOOK_EVERY);
addEventListener("pagehide", () => roster.save(session));
