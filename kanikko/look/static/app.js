// What script adds; every page works without it.
const words = document.body.dataset;
const make = (tag, more = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), more);
  element.append(...children);
  return element;
};
const say = (text) => (document.getElementById("lk-said").textContent = text);

// What is to be put right is read first.
document.querySelector("[data-focus]")?.focus();

// A question before what cannot be undone: <button data-confirm="…"> or <form data-confirm="…">.
function ask(question) {
  return new Promise((answer) => {
    const choice = (value, text, kind) => make("button", { value, className: `lk-button lk-${kind}` }, text);
    const form = make("form", { method: "dialog" }, make("p", { id: "lk-question" }, question));
    form.append(make("div", { className: "lk-actions" }, choice("no", words.no, "secondary"), choice("yes", words.yes, "primary")));
    const dialog = make("dialog", { className: "lk-dialog" }, form);
    dialog.setAttribute("aria-labelledby", "lk-question");
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// A form is sent once, however often it is pressed; it opens again after a while, and when one comes back to the page.
const agreed = new WeakSet();
const sent = new Set();
function reopen(form) {
  sent.delete(form);
  form.removeAttribute("aria-busy");
}
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method === "dialog") return;
  const question = submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !agreed.delete(form)) {
    event.preventDefault();
    if (await ask(question)) {
      agreed.add(form);
      form.requestSubmit(submitter);
      agreed.delete(form);
    } else submitter?.focus();
    return;
  }
  if (form.method !== "post") return;
  if (sent.has(form)) return event.preventDefault();
  sent.add(form);
  form.setAttribute("aria-busy", "true");
  say(words.sending);
  setTimeout(reopen, 8000, form);
});
addEventListener("pageshow", () => sent.forEach(reopen));

// How many letters are left: <textarea data-limit="400" data-left="あと %n文字" data-over="%n文字 多すぎます">.
for (const area of document.querySelectorAll("textarea[data-limit]")) {
  const count = make("p", { className: "lk-count" });
  area.after(count);
  let waiting;
  const show = (event) => {
    const left = Number(area.dataset.limit) - [...area.value].length;
    count.textContent = (left < 0 ? area.dataset.over : area.dataset.left).replace("%n", Math.abs(left));
    count.classList.toggle("lk-over", left < 0);
    clearTimeout(waiting);
    if (event && left < 20) waiting = setTimeout(say, 1000, count.textContent);
  };
  area.addEventListener("input", show);
  show();
}

// <form method="get" data-auto-filter="#results">: the results follow the choices. [data-said] inside them is read out.
for (const form of document.querySelectorAll("form[data-auto-filter]")) {
  let newest = 0;
  form.addEventListener("change", async () => {
    const mine = ++newest;
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(form.dataset.autoFilter);
      if (mine !== newest) return;
      if (!answer.ok || !fresh) throw new Error("no results");
      document.querySelector(form.dataset.autoFilter).replaceWith(document.adoptNode(fresh));
      history.replaceState(null, "", address);
      say(fresh.querySelector("[data-said]")?.textContent ?? "");
    } catch {
      form.submit();
    }
  });
}
