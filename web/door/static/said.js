// What the page says to a scan or a press: a sign, words, a colour; a short sound and a buzz where the tablet has them.
const TONES = { success: [[880, 0.09]], warning: [[587, 0.09], [587, 0.09]], error: [[196, 0.3]], info: [[440, 0.06]] };
const BUZZ = { success: [60], warning: [60, 60, 60], error: [300], info: [30] };
let audio;

function sound(kind) {
  navigator.vibrate?.(BUZZ[kind]);
  try {
    audio ??= new AudioContext();
    let at = audio.currentTime;
    for (const [pitch, seconds] of TONES[kind]) {
      const [tone, loud] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.2, at);
      loud.gain.linearRampToValueAtTime(0, at + seconds);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds + 0.06;
    }
  } catch {
    // a page that nobody has touched may make no sound
  }
}

export function tell(result, { who = "", detail = "", onAnyway } = {}) {
  const template = document.querySelector(`template[data-result="${result}"]`);
  const said = template.content.cloneNode(true);
  said.querySelector(".door-said-who").textContent = who;
  if (detail) said.querySelector(".door-said-detail").textContent = detail;
  const anyway = said.querySelector("[data-anyway]");
  if (anyway && onAnyway) anyway.addEventListener("click", onAnyway, { once: true });
  else anyway?.remove();
  document.getElementById("door-said").replaceChildren(said);
  sound(template.dataset.kind);
}

// What needs somebody's eye later: answers that came after the child had gone in.
export function attend(result, detail, when, code) {
  const place = document.getElementById("door-attention");
  const words = document.querySelector(`template[data-result="${result}"]`).content.querySelector(".door-said-word").textContent;
  const time = new Date(when).toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Tokyo" });
  const line = document.createElement("li");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "lk-button lk-quiet", textContent: "確かめました" });
  button.addEventListener("click", () => {
    line.remove();
    place.hidden = !place.children.length;
  });
  line.append(`${time} ${words}。${detail}${code ? `（コード ${code}）` : ""}`, button);
  place.append(line);
  place.hidden = false;
}
