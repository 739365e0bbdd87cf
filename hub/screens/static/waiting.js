// Starts one's server, shows how far it is, and goes there. Trouble is tried again before anybody hears of it.
import { events, pause, post } from "./page.js";

const RETRY_SECONDS = [2, 4, 8];
const page = document.getElementById("waiting");
const bar = document.getElementById("bar");
const said = document.getElementById("said");
const trouble = document.getElementById("trouble");
const heading = document.getElementById("heading");
const waiting = heading.textContent;
const { server, target, start, progress, xsrf } = page.dataset;
let failures = 0;

function say(selector) {
  const words = page.querySelector(`#words > ${selector}`);
  if (words && said.innerHTML !== words.innerHTML) said.innerHTML = words.innerHTML; // our own template's words
}

function advance(percent) {
  bar.value = Math.max(bar.value, Math.min(Number(percent) || 0, 100));
  const steps = [...page.querySelectorAll("#words > [data-from]")].filter((step) => Number(step.dataset.from) <= bar.value);
  say(`[data-from="${steps.at(-1).dataset.from}"]`);
}

function arrive() {
  bar.value = 100;
  location.replace(target);
}

async function fail() {
  if (failures < RETRY_SECONDS.length) {
    say("[data-retry]");
    await pause(1000 * RETRY_SECONDS[failures++]);
    return begin();
  }
  page.classList.add("ks-waiting-stopped");
  heading.textContent = heading.dataset.trouble;
  bar.hidden = said.hidden = true;
  trouble.hidden = false;
  document.getElementById("again").focus();
}

async function follow() {
  try {
    for await (const [, told] of events(progress, xsrf)) {
      if (told.ready) return arrive();
      if (told.failed) return fail();
      advance(told.progress);
    }
  } catch {
    // broken off: the start call below knows where we stand
  }
  await pause(1000);
  return begin();
}

async function begin() {
  let answer;
  try {
    answer = await post(start, xsrf, { server });
  } catch {
    return fail();
  }
  if (answer.state === "ready") return arrive();
  if (answer.state === "failed") return fail();
  if (answer.state === "starting") return follow();
  if (answer.state === "busy") say("[data-busy]");
  await pause(answer.state === "busy" ? 1000 * Math.min(answer.seconds, 10) * (0.5 + Math.random()) : 1000);
  return begin();
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
