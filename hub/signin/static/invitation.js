// An invitation's code stands behind "#" in its link: take it out of the address bar and into the form.
"use strict";

const field = document.getElementById("invitation");
const code = window.location.hash.slice(1);
if (/^[\w-]{16,64}$/.test(code)) {
  history.replaceState(null, "", window.location.pathname + window.location.search);
  field.value = code;
}
