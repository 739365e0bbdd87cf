// Ticks the unit whose label is held before the camera. Without camera, the boxes are ticked by hand.
for (const place of document.querySelectorAll(".kits-scan")) {
  const { hasCamera, reasonOf, startCamera } = await import(place.dataset.scan);
  if (!hasCamera()) continue;
  place.hidden = false;
  const [video, button, said] = ["video", "button", "p"].map((name) => place.querySelector(name));
  const boxes = [...place.closest("form").querySelectorAll("input[name=unit]")];
  let stop = null;

  const tick = (text) => {
    const box = boxes.find((one) => text.endsWith(`/${one.value}`) || text === one.dataset.label);
    if (box) box.checked = true;
    said.textContent = box ? `${box.dataset.label} に印をつけました。` : "この予約で選べる機材のラベルではありません。";
    navigator.vibrate?.(box ? 60 : 300);
  };
  button.addEventListener("click", async () => {
    video.hidden = Boolean(stop);
    button.setAttribute("aria-pressed", String(!stop));
    if (stop) {
      stop();
      stop = null;
      return;
    }
    try {
      stop = await startCamera(video, tick);
    } catch (error) {
      video.hidden = true;
      button.setAttribute("aria-pressed", "false");
      said.textContent = reasonOf(error);
    }
  });
}
