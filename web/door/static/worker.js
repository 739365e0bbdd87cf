// Answers for the pages below /door/ when there is no connection: with the shell (a list page with nobody in it) and the files it
// needs. Nothing about anybody is ever kept here.
const STORE = "kanikko-door";
const SHELL = "/door/shell";
const SLOW = 8000; // milliseconds until a page that is kept is better than one that comes

const lasting = (url) => /^\/(look|static)\//.test(url.pathname); // their addresses change with their content

async function provide() {
  const store = await caches.open(STORE);
  const shell = await fetch(SHELL, { credentials: "omit", cache: "no-store" });
  if (!shell.ok) return;
  const html = await shell.clone().text();
  const files = [...html.matchAll(/(?:href|src)="(\/(?:look|static)\/[^"#]+)/g)].map((found) => found[1]);
  const wanted = new Set(files.map((file) => new URL(file, location.origin).href));
  for (const kept of await store.keys()) if (lasting(new URL(kept.url)) && !wanted.has(kept.url)) await store.delete(kept);
  for (const file of wanted) if (!(await store.match(file))) await store.add(file);
  await store.put(SHELL, shell);
}

addEventListener("install", (event) => event.waitUntil(provide().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function page(event) {
  try {
    const limit = (await caches.match(SHELL)) ? AbortSignal.timeout(SLOW) : undefined;
    const answer = await fetch(event.request, { signal: limit });
    event.waitUntil(provide().catch(() => {}));
    return answer;
  } catch {
    return (await caches.match(SHELL)) ?? Response.error();
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && /^\/door\/([a-z0-9]+)?$/.test(url.pathname)) event.respondWith(page(event));
  else if (lasting(url)) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
