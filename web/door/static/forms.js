// Forms at the door: without connection nothing typed is lost, and a form that was sent twice counts once (its key).
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-send]")) return;
  event.preventDefault();
  event.stopPropagation();
  const note = document.getElementById("door-unsent");
  const button = event.submitter;
  if (form.dataset.sending) return;
  form.dataset.sending = "1";
  note.hidden = true;
  button?.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(form.action || location.href, { method: "POST", body: new FormData(form), redirect: "manual", signal: AbortSignal.timeout(20000) });
    if (answer.type === "opaqueredirect") return location.assign(form.dataset.send); // it was taken; the next page says so
    if (answer.status === 403 || answer.status >= 500) throw new Error("later");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("main").replaceWith(document.adoptNode(fresh.getElementById("main")));
    document.querySelector("[data-focus]")?.focus();
  } catch {
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  } finally {
    delete form.dataset.sending;
    button?.removeAttribute("aria-disabled");
  }
}, true);
