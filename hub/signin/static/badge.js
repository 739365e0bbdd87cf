// A badge's secret stands behind "#" in the address: take it out of the address bar and post it. Or scan a card here.
"use strict";

const form = document.getElementById("badge");
const status = document.getElementById("badge-status");
const video = document.getElementById("camera");
const scan = document.getElementById("scan");

function say(name) {
  status.innerHTML = document.getElementById(`say-${name}`).innerHTML; // our own words, with furigana
}

function enter(secret) {
  say("reading");
  form.elements.badge.value = secret;
  form.submit();
}

function secretIn(text) {
  try {
    const address = new URL(text);
    const secret = address.hash.slice(1);
    return address.pathname.endsWith("/badge") && /^[\w-]{16,64}$/.test(secret) ? secret : "";
  } catch {
    return "";
  }
}

const given = secretIn(window.location.href);

function stop() {
  (video.srcObject?.getTracks() ?? []).forEach((track) => track.stop());
  video.srcObject = null;
  video.hidden = true;
}

async function look(detector) {
  const found = await detector.detect(video).catch(() => []);
  const secret = found.map((code) => secretIn(code.rawValue)).find(Boolean);
  if (secret) {
    stop();
    enter(secret);
    return;
  }
  if (found.length) say("other");
  if (video.srcObject) window.setTimeout(() => look(detector), 200);
}

async function start() {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    video.hidden = false;
    scan.hidden = true;
    await video.play();
    say("show");
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  } catch {
    stop();
    scan.hidden = false;
    say("no-camera");
  }
}

async function canScan() {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

if (given) {
  history.replaceState(null, "", window.location.pathname + window.location.search);
  enter(given);
} else {
  canScan().then((can) => { scan.hidden = !can; });
  scan.addEventListener("click", start);
  window.addEventListener("pagehide", stop);
}
// The page was open already and the camera app brings it a new "#…".
window.addEventListener("hashchange", () => {
  const secret = secretIn(window.location.href);
  if (secret) {
    history.replaceState(null, "", window.location.pathname + window.location.search);
    enter(secret);
  }
});
