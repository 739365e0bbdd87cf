// Starts one's server, shows how far it is, and goes there. Trouble is tried again before anybody hears of it.
import { events, pause } from "./page.js";

const RETRY_SECONDS = [2, 4, 8]; // after a start that failed
const BREAKS = 30; // a connection may break so often before that counts as a failure: about the time a hub takes to come back
const page = document.getElementById("waiting");
const bar = document.getElementById("bar");
const said = document.getElementById("said");
const trouble = document.getElementById("trouble");
const heading = document.getElementById("heading");
const waiting = heading.textContent;
const { server, target, start, xsrf } = page.dataset;
const STARTING_SECONDS = 4; // after so long the bar has gone two thirds of the way that is left
const [TURN, NEARLY, NEAR] = [30, 95, 70]; // percent: its turn has come; as far as guessing goes; "nearly there"
let failures = 0;
let place = 0; // in the queue when we first heard of it
let began = 0;

function say(words, number) {
  const chosen = page.querySelector(`#words > ${words}`);
  if (number !== undefined) chosen.querySelector("[data-number]").textContent = number;
  if (said.innerHTML !== chosen.innerHTML) said.innerHTML = chosen.innerHTML; // our own template's words
}

function advance(percent) {
  bar.value = Math.max(bar.value, percent);
}

const ACTS = {
  waiting({ ahead }) {
    place = Math.max(place, ahead + 1);
    advance(TURN * (1 - (ahead + 1) / (place + 1)));
    if (ahead > 0) say("[data-queue]", ahead);
    else say("[data-next]");
  },
  starting() {
    began ||= Date.now();
    creep();
  },
  ready() {
    bar.value = 100;
    location.replace(target);
  },
};

/** Nobody knows how long a start takes: the bar slows down towards its end and never stands still. */
function creep() {
  if (!began) return;
  const seconds = (Date.now() - began) / 1000;
  advance(NEARLY - (NEARLY - TURN) * Math.exp(-seconds / STARTING_SECONDS));
  say(bar.value < NEAR ? "[data-starting]" : "[data-nearly]");
  setTimeout(creep, 300);
}

async function follow() {
  try {
    for await (const [, told] of events(start, xsrf, { server })) {
      if (told.state === "failed") return "failed";
      ACTS[told.state]?.(told);
      if (told.state === "ready") return "ready";
    }
  } catch {
    // the tablet lost its network, or the hub restarts: the place in the queue is kept, ask again
    return "broken";
  }
  return "broken";
}

async function begin() {
  let breaks = 0;
  for (;;) {
    const end = await follow();
    if (end === "ready") return;
    began = 0;
    if (end === "broken" && ++breaks < BREAKS) {
      await pause(500 + 1000 * Math.random());
    } else if (failures < RETRY_SECONDS.length) {
      say("[data-retry]");
      await pause(1000 * RETRY_SECONDS[failures++]);
    } else {
      return giveUp();
    }
  }
}

function giveUp() {
  page.classList.add("ks-waiting-stopped");
  heading.textContent = heading.dataset.trouble;
  bar.hidden = said.hidden = true;
  trouble.hidden = false;
  document.getElementById("again").focus();
}

document.getElementById("again").addEventListener("click", () => {
  failures = 0;
  page.classList.remove("ks-waiting-stopped");
  heading.textContent = waiting;
  bar.hidden = said.hidden = false;
  trouble.hidden = true;
  begin();
});
// The "back" button must not show a page that waits for what has long arrived.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
begin();
