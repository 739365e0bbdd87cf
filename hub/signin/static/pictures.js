// The picture pad: four taps fill four dots, "undo" takes the last one back, "enter" posts them.
"use strict";

const form = document.getElementById("pin");
const wanted = Number(form.dataset.length);
const dots = form.querySelectorAll(".kk-dot");
const progress = document.getElementById("progress");
const undo = document.getElementById("undo");
const enter = document.getElementById("enter");
let chosen = [];
let sent = false;

function show() {
  dots.forEach((dot, at) => dot.classList.toggle("kk-dot-full", at < chosen.length));
  const left = wanted - chosen.length;
  progress.textContent = left > 0
    ? `えを ${chosen.length}つ えらびました。あと ${left}つ。`
    : `えを ${wanted}つ えらびました。「はいる」を おしてね。`;
  undo.disabled = chosen.length === 0;
  enter.disabled = left > 0;
}

function choose(button) {
  if (chosen.length >= wanted) return;
  chosen.push(button.dataset.picture);
  show();
  if (chosen.length === wanted) enter.focus();
}

// Asleep until now: a quick child's taps would have been lost.
form.querySelectorAll("[data-picture]").forEach((button) => {
  button.addEventListener("click", () => choose(button));
  button.disabled = false;
});

undo.addEventListener("click", () => {
  chosen.pop();
  show();
  // A disabled button loses the focus; a keyboard user must not be thrown to the top of the page.
  if (chosen.length === 0) form.querySelector("[data-picture]").focus();
});

form.addEventListener("submit", (event) => {
  if (chosen.length !== wanted || sent) {
    event.preventDefault();
    return;
  }
  sent = true;
  form.elements.pictures.value = chosen.join(" ");
});

// Coming back by the browser's "back": nothing chosen, nothing sent.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  chosen = [];
  sent = false;
  form.elements.pictures.value = "";
  show();
});
