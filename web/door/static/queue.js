// Check-ins wait here until the site has answered each of them. Kept: keys, ids or codes, and times; never a name. A tablet that is
// reloaded, crashes or loses its sign-in goes on where it was; what was sent twice is counted once, by its key.
const BATCH = 50;
const LONGEST_WAIT = 60; // seconds
const PATIENCE = 15000; // milliseconds for one answer

// ---------------------------------------------------------------- the store
const memory = new Map(); // where the browser keeps nothing (a private window)
let opened;

function open() {
  opened ??= new Promise((answer) => {
    const request = indexedDB.open("kanikko-door", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("queue", { keyPath: "key" });
    request.onsuccess = () => answer(request.result);
    request.onerror = () => answer(null);
  }).catch(() => null);
  return opened;
}

async function transact(mode, work) {
  const db = await open();
  if (!db) return undefined;
  return new Promise((answer, fail) => {
    const transaction = db.transaction("queue", mode, { durability: "strict" });
    const request = work(transaction.objectStore("queue"));
    transaction.oncomplete = () => answer(request?.result);
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
}

async function keep(event) {
  memory.set(event.key, event);
  await transact("readwrite", (store) => store.put(event)).catch(() => {});
}

async function waiting() {
  const stored = (await transact("readonly", (store) => store.getAll()).catch(() => [])) ?? [];
  for (const event of stored) memory.set(event.key, event);
  return [...memory.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function forget(keys) {
  for (const key of keys) memory.delete(key);
  await transact("readwrite", (store) => void keys.forEach((key) => store.delete(key))).catch(() => {});
}

// ---------------------------------------------------------------- the site's clock, as far as this tablet knows it
const CLOCK = "kanikko-door-clock";
export const clock = {
  now: () => Date.now() + Number(localStorage.getItem(CLOCK) ?? 0),
  set: (milliseconds) => localStorage.setItem(CLOCK, String(milliseconds - Date.now())),
};

function newKey(at) {
  const chance = crypto.getRandomValues(new Uint8Array(8));
  return `${String(Math.floor(at)).padStart(13, "0")}-${[...chance].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// ---------------------------------------------------------------- sending
class SignIn extends Error {}
class Refused extends Error {}

export class Queue {
  // onState(state, count): idle | sending | waiting | sign-in | refused; onAnswers(session, answers); onNow(data) of the session shown
  constructor({ session, csrf, onState, onAnswers, onNow }) {
    Object.assign(this, { session, csrf, onState, onAnswers, onNow, fails: 0, busy: false, again: false, timer: 0 });
    addEventListener("online", () => this.look());
    addEventListener("offline", () => this.show("waiting"));
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
  }

  async add(session, what) {
    const at = Math.floor(clock.now());
    const event = { key: newKey(at), at, session, ...what };
    await keep(event);
    this.send();
    return event;
  }

  async pending(session) {
    return (await waiting()).filter((event) => event.session === session);
  }

  async show(state) {
    this.onState(state, (await waiting()).length);
  }

  // Everything that waits, session by session; one that is refused does not keep back the others.
  async send() {
    if (this.busy) return void (this.again = true);
    this.busy = true;
    clearTimeout(this.timer);
    let state = "idle";
    try {
      do {
        this.again = false;
        state = await this.sendAll();
      } while (this.again);
      this.fails = 0;
    } catch (error) {
      this.fails += 1;
      state = error instanceof SignIn ? "sign-in" : "waiting";
    }
    this.busy = false;
    await this.show(state);
    const wait = state === "idle" ? 0 : Math.min(LONGEST_WAIT, 2 ** Math.max(1, this.fails)) * (0.75 + Math.random() / 2);
    if (wait) this.timer = setTimeout(() => this.send(), wait * 1000);
  }

  async sendAll() {
    const refused = new Set();
    for (;;) {
      const events = (await waiting()).filter((event) => !refused.has(event.session));
      if (!events.length) return refused.size ? "refused" : "idle";
      const { session } = events[0];
      const batch = events.filter((event) => event.session === session).slice(0, BATCH);
      await this.show("sending");
      try {
        const answers = await this.post(session, batch);
        const known = answers.filter((answer) => batch.some((event) => event.key === answer.key));
        if (!known.length) throw new Refused();
        await forget(known.map((answer) => answer.key));
        this.onAnswers(session, known, batch);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused.add(session);
      }
    }
  }

  async post(session, batch, again = false) {
    if (!this.csrf) await this.ask(session);
    const answer = await fetch(`/door/${session}/check-in`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf, Accept: "application/json" },
      body: JSON.stringify({ events: batch.map(({ session: _, ...event }) => event) }),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok) return (await answer.json()).answers;
    if (answer.status >= 500 || answer.status === 429) throw new Error("later");
    if (again) throw new Refused();
    this.csrf = ""; // the sign-in, or with it the page's token, may be over: ask anew, and if need be for signing in
    return this.post(session, batch, true);
  }

  // How a session stands now, and a token for sending.
  async ask(session = this.session) {
    const answer = await fetch(`/door/${session}/now`, {
      headers: { Accept: "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.type === "opaqueredirect" || answer.status === 401) throw new SignIn();
    if (answer.status === 403 || answer.status === 404) throw new Refused();
    if (!answer.ok) throw new Error("later");
    const data = await answer.json();
    clock.set(data.now);
    this.csrf = data.csrf;
    if (session === this.session) this.onNow?.(data);
  }

  // Called every few seconds: news from the other tablets, and sending when the connection is back.
  async look() {
    if (this.busy) return;
    if (!this.session) return void this.send();
    try {
      await this.ask();
      await this.send();
    } catch (error) {
      if (!(error instanceof Refused)) await this.show(error instanceof SignIn ? "sign-in" : "waiting");
    }
  }
}

// The line that says it in words.
export function showLink(state, count) {
  const line = document.getElementById("door-link");
  if (!line) return;
  line.hidden = false;
  line.dataset.state = state;
  for (const part of line.querySelectorAll("[data-link]")) part.hidden = part.dataset.link !== state;
  for (const number of line.querySelectorAll("[data-waiting]")) number.textContent = String(count);
  const signIn = line.querySelector("[data-sign-in]");
  if (signIn) signIn.search = `?next=${encodeURIComponent(location.pathname)}`;
}

export function registerWorker() {
  navigator.serviceWorker?.register("/door/worker.js", { scope: "/door/" }).catch(() => {});
}
