// Keeps the part #lessons of a page fresh: while the server says so, and whenever somebody comes back to the page.
import { refetch } from "./page.js";

const LEAST_SECONDS = 3;
const area = () => document.getElementById("lessons");
const xsrf = area().dataset.xsrf;
let timer = 0;
let last = Date.now();

async function look() {
  clearTimeout(timer);
  last = Date.now();
  await refetch(xsrf, "lessons");
  plan();
}

function plan() {
  const seconds = Number(area().dataset.refreshSeconds);
  if (seconds > 0) timer = setTimeout(look, seconds * 1000 * (0.8 + 0.4 * Math.random())); // forty tablets, not all at once
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && Date.now() - last > LEAST_SECONDS * 1000) look();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) look();
});
plan();
