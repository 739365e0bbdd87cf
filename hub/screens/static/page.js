// What the screens' scripts share.

/** POST to the hub with its XSRF token. Resolves to the JSON answer; throws on anything but 200. */
export async function post(url, xsrf, fields = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "X-XSRFToken": xsrf, Accept: "application/json" },
    body: new URLSearchParams(fields),
  });
  if (answer.status === 403) location.reload(); // signed out meanwhile: the sign-in page takes over
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.json();
}

/** Load this page again behind the scenes and swap the elements with these ids. False if it could not be loaded. */
export async function refetch(xsrf, ...ids) {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { "X-XSRFToken": xsrf, Accept: "text/html" } });
  } catch {
    return false;
  }
  if (answer.status === 403 || answer.redirected) location.reload();
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) {
    const [here, there] = [document.getElementById(id), fresh.getElementById(id)];
    if (here && there && here.outerHTML !== there.outerHTML) here.replaceWith(document.adoptNode(there));
  }
  return true;
}

/** Server-sent events of the hub as `[kind, value]`, until the stream ends. Throws if it breaks or is refused.
 *  By fetch, not EventSource: the XSRF token travels in a header, where no proxy writes it down. With `fields` it is a POST. */
export async function* events(url, xsrf, fields) {
  const order = fields && { method: "POST", body: new URLSearchParams(fields) };
  const answer = await fetch(url, { ...order, headers: { "X-XSRFToken": xsrf, Accept: "text/event-stream" } });
  if (answer.status === 403 || answer.status === 404) location.reload(); // signed out, or not one's class any more
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const messages = (rest + value).split("\n\n");
    rest = messages.pop();
    for (const message of messages) {
      const data = /^data: ?(.*)$/m.exec(message);
      if (data) yield [/^event: ?(.*)$/m.exec(message)?.[1] ?? "message", JSON.parse(data[1])];
    }
  }
}

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
