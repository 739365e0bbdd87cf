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

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
